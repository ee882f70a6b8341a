"""Tell whether a fine-tuning gain is real, and what it is made of."""

__version__ = "0.1.0"
