"""Graders: rules that read a response, one module each; versioned, pure, safe on hostile text."""
