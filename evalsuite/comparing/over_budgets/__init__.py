"""Every budget: what is read of an answer, and both models' counts, at each token."""
