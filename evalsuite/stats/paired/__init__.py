"""One answer a question: tests and intervals of the paired 2x2 table."""
