r"""Read the answer out of a response, and say whether it is right.

Two graders, both versioned. *strict* reads the last balanced ``\boxed{}`` and nothing else.
*flexible* takes the last number of a finished response where strict finds none, so every answer
that is right for strict is right for flexible. Numbers are compared exactly, as fractions;
expressions such as ``9+9`` are not evaluated and are no answer. The rewards of training call the
same functions. Text is hostile: one linear pass, bounded numbers, nothing is evaluated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

__all__ = [
    "GRADER_VERSIONS",
    "Answer",
    "GradedText",
    "boxes",
    "format_number",
    "grade_text",
    "parse_gold",
    "parse_number",
    "read_flexible",
    "read_strict",
]

GRADER_VERSIONS = {"strict": "1", "flexible": "1"}
"""Changes whenever a rule changes; stored with every grade."""

_LONGEST_NUMBER = 40
"""Characters; a longer number is no answer to a word problem but an attack on the reader."""
_LONGEST_BOX = 300

_BRACES = re.compile(r"\\boxed\s{0,4}\{|\\[{}]|[{}]")
_WRAPPER = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|boxed|displaystyle|underline)\s*\{([^{}]*)\}"
)
_LATEX_SPACE = re.compile(r"\\[,;:! ]|\\quad|\\qquad|~|\u00a0|\u202f")
_SIGN = "[-\u2212+]?"
_DIGITS = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+(?![0-9])|[0-9]+)"
_NUMBER_IN_BOX = re.compile(
    rf"(?P<sign>{_SIGN})\s*[$£€]?\s*(?P<inner>{_SIGN})(?P<digits>{_DIGITS}(?:\.[0-9]*)?|\.[0-9]+)"
    r"\s*%?(?P<unit>.*)",
    re.DOTALL,
)
_MULTIPLIERS = re.compile(
    r"(?i)\b(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?|k|m|bn)\b"
)
_UNIT = re.compile(r"[^0-9+*/=^<>\\{}]*(?:/\s*[A-Za-z]+)?[^0-9+*/=^<>\\{}]*")
_NUMBER_IN_TEXT = re.compile(
    r"(?:(?<![\w)\]}.,])[-\u2212])?[$£€]?(?:(?<=[$£€])-)?"
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?"
)
_GOLD = re.compile(r"####\s*([-+]?\$?[0-9][0-9,]*(?:\.[0-9]+)?)\s*$")


@dataclass(frozen=True, slots=True)
class Answer:
    """A number found in a response, and where."""

    value: Fraction
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedText:
    """One response as both graders read it."""

    strict: bool
    flexible: bool
    answer: str | None
    flexible_answer: str | None
    span: tuple[int, int] | None


def grade_text(text: str, gold: Fraction, *, finished: bool) -> GradedText:
    r"""Grade one response against its gold answer with both graders.

    Parameters
    ----------
    text
        The response, cut at the budget where it was cut.
    gold
        The exact right answer.
    finished
        Whether the response ended by itself. The last number of a cut text is noise, so the
        flexible grader then accepts boxed answers only.

    Returns
    -------
    GradedText
        ``strict`` implies ``flexible``.

    Examples
    --------
    >>> grade_text(r"so \boxed{1,080}", Fraction(1080), finished=True).strict
    True
    >>> graded = grade_text("The answer is $18.00.", Fraction(18), finished=True)
    >>> graded.strict, graded.flexible
    (False, True)
    """
    strict = read_strict(text)
    flexible = strict or read_flexible(text, finished=finished)
    return GradedText(
        strict=strict is not None and strict.value == gold,
        flexible=flexible is not None and flexible.value == gold,
        answer=format_number(strict.value) if strict else None,
        flexible_answer=format_number(flexible.value) if flexible else None,
        span=(flexible.start, flexible.end) if flexible else None,
    )


def read_strict(text: str) -> Answer | None:
    r"""Read the last balanced ``\boxed{}`` as a number.

    Parameters
    ----------
    text
        The response.

    Returns
    -------
    Answer or None
        None where there is no balanced box or the last one does not hold one plain number.

    Examples
    --------
    >>> read_strict(r"\boxed{71} no, \boxed{\$72 \text{ dollars}}").value
    Fraction(72, 1)
    >>> read_strict(r"\boxed{9+9}") is None
    True
    """
    found = boxes(text)
    if not found:
        return None
    start, end = found[-1]
    value = parse_number(text[start:end])
    return None if value is None else Answer(value, start, end)


def read_flexible(text: str, *, finished: bool) -> Answer | None:
    """Read the boxed number or, in a finished response, the last number anywhere.

    Parameters
    ----------
    text
        The response.
    finished
        Whether the response ended by itself.

    Returns
    -------
    Answer or None

    Examples
    --------
    >>> read_flexible("5 apples cost $1,250.", finished=True).value
    Fraction(1250, 1)
    >>> read_flexible("5 apples cost $1,250.", finished=False) is None
    True
    """
    strict = read_strict(text)
    if strict or not finished:
        return strict
    last = None
    for match in _NUMBER_IN_TEXT.finditer(text):
        last = match
    if last is None:
        return None
    value = parse_number(last.group())
    return None if value is None else Answer(value, last.start(), last.end())


def boxes(text: str) -> list[tuple[int, int]]:
    r"""Find every balanced ``\boxed{}``, in order of its closing brace.

    Parameters
    ----------
    text
        Any text; one pass, however deep or unbalanced its braces are.

    Returns
    -------
    list of (int, int)
        Start and end of each box's content.
    """
    found = []
    opened: list[int | None] = []
    for match in _BRACES.finditer(text):
        brace = match.group()
        if brace.startswith("\\boxed"):
            opened.append(match.end())
        elif brace == "{":
            opened.append(None)
        elif brace == "}" and opened:
            start = opened.pop()
            if start is not None:
                found.append((start, match.start()))
    return found


def parse_number(written: str) -> Fraction | None:
    r"""Read one plain number with its thousands separators, currency, percent sign and unit.

    Parameters
    ----------
    written
        The content of a box, or a number cut out of a text.

    Returns
    -------
    Fraction or None
        None for expressions, several numbers, words of magnitude (``2 million``), digits that
        are not ASCII, and numbers of more than 40 characters.

    Examples
    --------
    >>> parse_number(r"1{,}080\text{ dollars}"), parse_number("36/2"), parse_number("-3.50")
    (Fraction(1080, 1), None, Fraction(-7, 2))
    """
    if len(written) > _LONGEST_BOX:
        return None
    plain = written.replace("{,}", ",").replace("\\$", "$").replace("\\%", "%")
    for _ in range(3):
        plain = _WRAPPER.sub(r" \1 ", plain)
    plain = _LATEX_SPACE.sub(" ", plain).replace("\\", " \\ ").strip().strip("$").strip()
    match = _NUMBER_IN_BOX.fullmatch(plain)
    if match is None or (match["sign"] and match["inner"]):
        return None
    if not _UNIT.fullmatch(match["unit"]) or _MULTIPLIERS.search(match["unit"]):
        return None
    return _exact(match["sign"] or match["inner"], match["digits"])


def _exact(sign: str, digits: str) -> Fraction | None:
    plain = digits.replace(",", "").replace(" ", "").rstrip(".")
    if len(plain) > _LONGEST_NUMBER:
        return None
    return Fraction(plain) * (-1 if sign in ("-", "\u2212") else 1)


def parse_gold(answer: str) -> Fraction | None:
    r"""Read the gold number after ``####`` in a GSM8K answer.

    Parameters
    ----------
    answer
        The worked solution, ending in ``#### number``.

    Returns
    -------
    Fraction or None
        Thousands separators and a minus sign are read; None where there is no such line.

    Examples
    --------
    >>> parse_gold("48/2 = <<48/2=24>>24\n#### 1,080")
    Fraction(1080, 1)
    """
    match = _GOLD.search(answer)
    return None if match is None else parse_number(match[1])


def format_number(value: Fraction) -> str:
    """Write a number back as text, exactly.

    Parameters
    ----------
    value
        Any fraction.

    Returns
    -------
    str
        ``"18"``, ``"-3.5"``, or ``"1/3"`` where no finite decimal exists.

    Examples
    --------
    >>> format_number(Fraction(18)), format_number(Fraction(-7, 2)), format_number(Fraction(1, 3))
    ('18', '-3.5', '1/3')
    """
    if value.denominator == 1:
        return str(value.numerator)
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    scaled = abs(value.numerator) * 10**places // value.denominator
    whole, decimals = divmod(scaled, 10**places)
    return f"{'-' if value < 0 else ''}{whole}.{decimals:0{places}d}"
