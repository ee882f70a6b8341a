"""Looking while answers arrive: confidence sequences and the looks they allow."""
