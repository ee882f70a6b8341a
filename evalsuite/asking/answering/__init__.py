"""The answering of planned runs: alone, several at once, or in shares by many processes."""
