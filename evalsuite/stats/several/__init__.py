"""Several answers a question or several training seeds: the question or the seed is the unit."""
