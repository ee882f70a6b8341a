"""What a newcomer types first: the demo, a project's settings, and what the shell completes."""
