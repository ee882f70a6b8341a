"""Records of groups: several comparisons and what they have in common."""
