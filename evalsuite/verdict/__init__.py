"""Verdicts on comparisons: rules, checks, qualifiers, headline and gate, in keys and values."""
