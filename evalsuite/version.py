"""The version, in one place: packaging, command line and provenance read it here."""

__version__ = "0.1.0"
