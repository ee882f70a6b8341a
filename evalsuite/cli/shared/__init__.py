"""What commands share: errors and exit codes, settings, options, a report's files."""
