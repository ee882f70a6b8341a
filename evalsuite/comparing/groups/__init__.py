"""Numbers of groups: what several comparisons show together."""
