"""What a name is, and how the model behind it is loaded."""
