r"""Numbers as people write them, read as exact fractions; what every numeric grader shares.

Expressions such as ``9+9`` are not evaluated and are no number. Text is hostile: one linear pass,
bounded numbers, nothing is evaluated. Which number of a response counts, the graders decide.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from evalsuite.records.dataclass import dataclass

__all__ = [
    "NumberInText",
    "format_number",
    "gold_number",
    "parse_gold",
    "parse_number",
]

_LONGEST_NUMBER = 40
"""Characters; a longer number is no answer to a word problem but an attack on the reader."""
_LONGEST_BOX = 300
"""Characters, wrappers and unit included; bounds the passes over hostile text."""
_MOST_GOLDS = 2**17
"""Golds that stay read: every budget, sample and grader asks again for the same questions."""
_MOST_NUMBERS = 2**12
"""Numbers that stay read: most answers to a set of questions are among few thousand."""

CURRENCIES = "$£€\u00a5\uffe5"
"""Signs that may stand before a number; the last two are the yen's and the yuan's."""
_LABEL = re.compile(
    r"\s*\\(?:text|textbf|textit|mathrm|mathbf|mathit)\s*\{[^{}0-9]{0,60}[:=\uff1a]\s*\}"
)
"""What names a number before it, such as ``\\text{Total: }``; without a colon it may change it."""
_DEGREES = re.compile(r"\^\s{0,4}(?:\\circ|\{\s{0,4}\\circ\s{0,4}\})")
_WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|boxed|displaystyle|underline)\s*\{([^{}]*)\}"
)
_LATEX_SPACE = re.compile(r"\\[,;:! ]|\\quad|\\qquad|~|\u00a0|\u202f")
_SIGN = "[-\u2212+]?"
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)"
_NUMBER_IN_BOX = re.compile(
    rf"(?P<sign>{_SIGN})\s*[{CURRENCIES}]?\s*(?P<inner>{_SIGN})(?P<digits>{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)"
    r"\s*%?(?P<unit>.*)",
    re.DOTALL,
)
_MULTIPLIERS = re.compile(
    r"(?i)\b(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?|k|m|bn)\b"
)
_UNIT = re.compile(r"[^0-9+*/=^<>\\{}]*(?:/\s*[A-Za-z]+)?[^0-9+*/=^<>\\{}]*")
_GOLD = re.compile(r"####\s*([-+]?\$?[0-9][0-9,]*(?:\.[0-9]+)?)\s*$")

_EXACT = re.compile(r"(?P<above>[-+]?[0-9]{1,4000})(?:/(?P<below>0{0,9}[1-9][0-9]{0,3000}))?")
"""How a question's file writes an exact number: ``18``, ``7/2``."""


@dataclass(frozen=True, slots=True)
class NumberInText:
    """A number found in a text, and where."""

    value: Fraction
    start: int
    end: int

    @property
    def span(self) -> tuple[int, int]:
        """Characters of the text that hold the number."""
        return self.start, self.end


@lru_cache(maxsize=_MOST_NUMBERS)
def parse_number(written: str) -> Fraction | None:
    r"""Read one plain number with its thousands separators, currency, percent sign and unit.

    None for expressions, several numbers, words of magnitude (``2 million``), digits that are not
    ASCII, and numbers of more than 40 characters.

    Examples
    --------
    >>> parse_number(r"1{,}080\text{ dollars}"), parse_number("36/2"), parse_number("-3.50")
    (Fraction(1080, 1), None, Fraction(-7, 2))
    >>> parse_number(r"\text{Total: }70,\!000"), parse_number(r"45^\circ")
    (Fraction(70000, 1), Fraction(45, 1))
    """
    if len(written) > _LONGEST_BOX:
        return None
    if written.isdecimal() and written.isascii():  # most numbers: no pass below changes them
        return _exact("", written)
    plain = written.replace("{,}", ",").replace("\\$", "$").replace("\\%", "%")
    # A negative space only draws what stands around it together.
    plain = _DEGREES.sub(" ", _LABEL.sub("", plain.replace("\\!", ""), count=1))
    # Wrappers nest, and one pass opens the innermost; three are what models write. A loop until
    # nothing changes would give a hostile text as many passes as it has braces.
    for _ in range(3):
        plain = _WRAPPER.sub(r" \1 ", plain)
    plain = _LATEX_SPACE.sub(" ", plain).replace("\\", " \\ ").strip().strip("$").strip()
    match = _NUMBER_IN_BOX.fullmatch(plain)
    if match is None or (match["sign"] and match["inner"]):
        return None
    # Units are read over, but not a second number, an operator or a word of magnitude: "36/2" and
    # "2 million" are other numbers than the one that stands in front.
    if not _UNIT.fullmatch(match["unit"]) or _MULTIPLIERS.search(match["unit"]):
        return None
    return _exact(match["sign"] or match["inner"], match["digits"])


def _exact(sign: str, digits: str) -> Fraction | None:
    plain = digits.replace(",", "").replace(" ", "").rstrip(".")
    if len(plain) > _LONGEST_NUMBER:
        return None
    number = Fraction(int(plain)) if plain.isdecimal() else Fraction(plain)
    return -number if sign in ("-", "\u2212") else number


@lru_cache(maxsize=_MOST_GOLDS)
def gold_number(gold: str | None) -> Fraction | None:
    r"""Read a question's gold as an exact number, once for equal texts.

    A fraction as question files hold it (``7/2``), the end of a worked solution (``#### 1,080``)
    or a number as people write it; None for a gold that is missing or no number.

    Examples
    --------
    >>> gold_number("7/2"), gold_number("so\n#### 1,080"), gold_number("$5"), gold_number("blue")
    (Fraction(7, 2), Fraction(1080, 1), Fraction(5, 1), None)
    """
    if gold is None:
        return None
    # In this order: "7/2" is a gold of a question file, but an expression to parse_number; after
    # "####" stands the answer, whatever numbers the solution holds before it.
    exact = _EXACT.fullmatch(gold)
    if exact:
        return Fraction(int(exact["above"]), int(exact["below"] or 1))
    after = parse_gold(gold)
    return parse_number(gold) if after is None else after


def parse_gold(answer: str) -> Fraction | None:
    r"""Read the gold number after ``####`` that ends a GSM8K answer; None without such a line.

    Examples
    --------
    >>> parse_gold("48/2 = <<48/2=24>>24\n#### 1,080")
    Fraction(1080, 1)
    """
    match = _GOLD.search(answer)
    return None if match is None else parse_number(match[1])


def format_number(value: Fraction) -> str:
    """Write a number back as text, exactly; as a fraction where no finite decimal exists.

    Examples
    --------
    >>> format_number(Fraction(18)), format_number(Fraction(-7, 2)), format_number(Fraction(1, 3))
    ('18', '-3.5', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    # Decimals end exactly where the denominator has no factor but 2 and 5.
    remainder, twos, fives = value.denominator, 0, 0
    while remainder % 2 == 0:
        remainder, twos = remainder // 2, twos + 1
    while remainder % 5 == 0:
        remainder, fives = remainder // 5, fives + 1
    if remainder != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    scaled = abs(value.numerator) * 10**places // value.denominator
    whole, decimals = divmod(scaled, 10**places)
    return f"{'-' if value < 0 else ''}{whole}.{decimals:0{places}d}"
