"""The question browser: its data, its controls and the slider it shares with the budget figure."""
