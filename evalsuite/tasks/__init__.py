"""What is asked: questions, subsets of them, prompts, and how answers are graded."""
