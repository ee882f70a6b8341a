"""The embedded pair: its data, its models, and how they are made again from nothing."""
