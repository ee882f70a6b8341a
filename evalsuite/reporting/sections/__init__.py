"""The sections of the page: records in, blocks out."""
