"""What a person reads: pure functions from a Comparison to HTML, Markdown, terminal and files."""
