"""Looks at a model while anybody's trainer trains it, and the curve they make."""
