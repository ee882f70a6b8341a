"""Failures of a training that have names: what a log shows over time, and answers behind it."""
