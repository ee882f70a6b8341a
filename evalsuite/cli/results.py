"""Read ``results.json``, whether it holds one comparison or several."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison, Family

__all__ = ["read_comparison", "read_results"]


def read_results(results: Path) -> Comparison | Family:
    """Read what a comparison of one or several trained models found.

    Parameters
    ----------
    results
        ``results.json``.

    Returns
    -------
    Comparison or Family

    Raises
    ------
    InvalidInputError
        If there is no such file, or it holds something else.
    """
    from evalsuite.records.codec import from_json
    from evalsuite.records.comparison import Comparison, Family

    if not results.is_file():
        raise InvalidInputError(f"{results} does not exist; name results.json or its folder")
    if _holds_several(results):
        return from_json(Family, results.read_bytes(), origin=str(results))
    return from_json(Comparison, results.read_bytes(), origin=str(results))


def read_comparison(results: Path) -> Comparison:
    """Read one comparison, for what is said about one trained model only.

    Parameters
    ----------
    results
        ``results.json``.

    Returns
    -------
    Comparison

    Raises
    ------
    InvalidInputError
        Also where the file holds several comparisons.
    """
    from evalsuite.cli.folders import member_folders
    from evalsuite.records.comparison import Comparison

    found = read_results(results)
    if isinstance(found, Comparison):
        return found
    folders = member_folders(found)
    raise InvalidInputError(
        f"{results} holds {len(folders)} models, and this is about one; "
        f"name one, such as {results.parent / folders[0]}"
    )


def _holds_several(results: Path) -> bool:
    try:
        written = json.loads(results.read_bytes())
    except (ValueError, RecursionError):
        return False  # reading it as one comparison says what is wrong
    return isinstance(written, dict) and "comparisons" in written
