"""Whether what a command prints in Chinese holds a sentence of another language.

Two English words in a row are one, outside what is typed (quoted or after ``evalsuite``), options,
paths and names.
"""

from __future__ import annotations

import re

__all__ = ["NAMES", "english_words"]

NAMES = ("test test", "embedded test", "pull request", "require improved")
_NOT_WORDS = re.compile(
    r"`[^`]*`|'[^']*'"  # what is typed or quoted
    r"|\b(?:evalsuite|pip install|apt-get install)\b[ -~]*"  # a command to its end
    r"|--?[a-z][\w-]*(?:=[^\s，；]*)?"  # options
    r"|[^\s，；：（）]*[/@=_][^\s，；：（）]*"  # paths, sources, keys
)
_WORDS = re.compile(r"\b[A-Za-z][a-z']+(?: [a-z][a-z']+)+\b")


def english_words(text: str) -> list[str]:
    """List what reads as English, line by line.

    Examples
    --------
    >>> english_words("可选：pip install 'evalsuite[vllm]'，见 --engine vllm")
    []
    >>> english_words("状态  nothing is lost")
    ['nothing is lost']
    """
    left = _NOT_WORDS.sub("·", text)
    for name in NAMES:
        left = left.replace(name, "·")
    return [found for line in left.splitlines() for found in _WORDS.findall(line)]
