"""Rules of groups: what may be said of several comparisons together."""
