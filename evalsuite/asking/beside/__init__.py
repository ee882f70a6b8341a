"""Runs beside the headline's pair: the same models asked another way, or on more questions."""
