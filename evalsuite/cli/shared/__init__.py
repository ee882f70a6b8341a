"""What commands share: errors and exit codes, settings, options, progress, a report's files."""
