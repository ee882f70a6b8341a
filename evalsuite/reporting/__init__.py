"""What a person reads: pure functions from a Comparison to HTML, Markdown, terminal and files."""

LANGUAGES = ("en", "zh")
"""What reports and the terminal speak; each has a catalogue in ``locale/``."""
