"""What may be said of a comparison: rules, checks, qualifiers, headline and gate."""
