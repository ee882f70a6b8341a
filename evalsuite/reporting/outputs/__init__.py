"""A finished report view as HTML, Markdown, terminal text, LaTeX and exports."""
