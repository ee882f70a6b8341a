"""Formats that keep one scored answer a row: a reader each, over rows that all of them share."""
