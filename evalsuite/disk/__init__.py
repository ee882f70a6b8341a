"""What lies on disk: files whole or not at all, the journal, the run store, its verification."""
