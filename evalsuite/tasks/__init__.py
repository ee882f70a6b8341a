"""Tasks: questions, subsets of them, prompts, and how answers are graded."""
