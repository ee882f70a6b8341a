"""Sections of a group: what only several models, seeds or comparisons have."""
