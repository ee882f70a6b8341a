"""The words of a LaTeX table as xelatex prints them: other scripts without their code points."""

import re

__all__ = ["words_of"]


def words_of(table: str) -> str:
    """Take of every text in another script the text itself."""
    return re.sub(r"\\evstext\{[^{}]*\}\{([^{}]*)\}", r"\1", table)
