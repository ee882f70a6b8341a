"""Prompts in, finished responses out: every engine and what it is built from."""
