"""Rewards of the user's own, beside ours: named, loaded, and tried before they train anything."""
