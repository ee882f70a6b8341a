"""The first lines of every output: what they say before any section."""
