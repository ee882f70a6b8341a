"""Numbers as people read them, in every output: points, percentages, p-values and counts.

One rule runs through it: rounding never claims more than is true. "0%" means none, "100%" means
all, a p-value is never 0, and a gain that is not 0 never reads as 0.0.
"""

from __future__ import annotations

import re

from evalsuite.errors import InvalidInputError

__all__ = ["count_text", "percent_text", "points_text", "pvalue_text", "true_minus"]

SMALLEST_PVALUE = 0.0001
_MINUS = re.compile(r"(?<![\w.-])-(?=[0-9])")


def points_text(fraction: float, *, signed: bool = False, digits: int = 1) -> str:
    """Write a fraction as points.

    Parameters
    ----------
    fraction
        -1 .. 1, a difference of two accuracies.
    signed
        Whether a plus sign precedes a positive number.
    digits
        After the decimal point; more are added until a number that is not 0 shows one.

    Returns
    -------
    str

    Examples
    --------
    >>> points_text(0.1736), points_text(0.08, signed=True), points_text(-0.02, signed=True)
    ('17.4', '+8.0', '-2.0')
    >>> points_text(0.0003), points_text(0.0)
    ('0.03', '0.0')
    """
    points = 100 * fraction
    text = f"{points:.{digits}f}"
    while fraction and not float(text) and digits < 6:
        digits += 1
        text = f"{points:.{digits}f}"
    if not float(text):
        return f"{0:.{digits}f}"
    return f"+{text}" if signed and points > 0 else text


def percent_text(fraction: float) -> str:
    """Write a share as a percentage; 0% and 100% only where they are exact.

    Parameters
    ----------
    fraction
        0 .. 1.

    Returns
    -------
    str

    Raises
    ------
    InvalidInputError
        Outside 0 to 1.

    Examples
    --------
    >>> percent_text(0.2168), percent_text(0.0), percent_text(1.0)
    ('21.7%', '0%', '100%')
    >>> percent_text(1 / 5000), percent_text(4999 / 5000)
    ('<0.1%', '>99.9%')
    """
    if not 0 <= fraction <= 1:
        raise InvalidInputError(
            "{fraction!r} is no share; pass a fraction from 0 to 1", fraction=fraction
        )
    if fraction in (0, 1):
        return f"{100 * fraction:.0f}%"
    text = f"{100 * fraction:.1f}%"
    return {"0.0%": "<0.1%", "100.0%": ">99.9%"}.get(text, text)


def pvalue_text(pvalue: float) -> str:
    """Write a p-value with its sign of equality, never as 0.

    Parameters
    ----------
    pvalue
        0 .. 1.

    Returns
    -------
    str
        Four decimals below 0.1, two above.

    Examples
    --------
    >>> pvalue_text(0.05248), pvalue_text(4e-36), pvalue_text(0.625), pvalue_text(1.0)
    ('p = 0.0525', 'p < 0.0001', 'p = 0.62', 'p = 1')
    """
    if pvalue < SMALLEST_PVALUE:
        return f"p < {SMALLEST_PVALUE}"
    if pvalue >= 0.995:
        return "p = 1" if pvalue == 1 else "p > 0.99"
    return f"p = {pvalue:.4f}" if pvalue < 0.1 else f"p = {pvalue:.2f}"


def count_text(count: int) -> str:
    """Write a count with thousands separators.

    Parameters
    ----------
    count
        Any whole number.

    Returns
    -------
    str

    Examples
    --------
    >>> count_text(1319)
    '1,319'
    """
    return f"{count:,}"


def true_minus(text: str) -> str:
    """Set a minus sign before numbers, where what is read or printed has one.

    Parameters
    ----------
    text
        Hyphens within words and before options stay.

    Returns
    -------
    str

    Examples
    --------
    >>> true_minus("gpt-2 --seeds 3: -6.0 (-9.1 to 0.2)")
    'gpt-2 --seeds 3: −6.0 (−9.1 to 0.2)'
    """
    return _MINUS.sub("\u2212", text)
