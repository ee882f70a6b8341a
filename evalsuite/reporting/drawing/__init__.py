"""Figures: axes, marks and colours, drawn as SVG."""
