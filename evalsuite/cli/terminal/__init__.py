"""What commands write on the terminal: help, plans, progress, and nothing that controls it."""
