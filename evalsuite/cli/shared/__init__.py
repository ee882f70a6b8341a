"""What commands share: one door for errors, settings, options, progress, a report's files."""
