"""Before a run: exact power, required questions, and what subsets and draws show."""
