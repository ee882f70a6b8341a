"""Logs of other tools, read into runs."""
