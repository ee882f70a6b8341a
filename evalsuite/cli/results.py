"""Read ``results.json``, whether it holds one comparison, several, or the seeds of a recipe."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison, Family
    from evalsuite.records.recipe import RecipeComparison

__all__ = ["read_judged", "read_results"]


def read_results(results: Path) -> Comparison | Family | RecipeComparison:
    """Read what a comparison of one or several trained models, or of a recipe, found.

    Parameters
    ----------
    results
        ``results.json``.

    Returns
    -------
    Comparison, Family or RecipeComparison

    Raises
    ------
    InvalidInputError
        If there is no such file, or it holds something else.
    """
    from evalsuite.records.codec import from_json
    from evalsuite.records.comparison import Comparison, Family
    from evalsuite.records.recipe import RecipeComparison

    if not results.is_file():
        raise InvalidInputError(f"{results} does not exist; name results.json or its folder")
    keys = _keys(results)
    text, origin = results.read_bytes(), str(results)
    if "recipe" in keys:
        return from_json(RecipeComparison, text, origin=origin)
    if "comparisons" in keys:
        return _judged(from_json(Family, text, origin=origin))
    return from_json(Comparison, text, origin=origin)


def _judged(family: Family) -> Family:
    """Judge a family of schema 1, which has verdicts of its members only."""
    from evalsuite.reporting.telling import in_english
    from evalsuite.verdict.judge import judge

    first = family.comparisons[0].verdict if family.comparisons else None
    if family.verdict is not None or first is None:
        return family
    return in_english(replace(family, verdict=judge(family, first.policy)))


def read_judged(results: Path) -> Comparison | RecipeComparison:
    """Read what has one verdict: a comparison of one trained model, or of a recipe.

    Parameters
    ----------
    results
        ``results.json``.

    Returns
    -------
    Comparison or RecipeComparison

    Raises
    ------
    InvalidInputError
        Also where the file holds several models.
    """
    from evalsuite.cli.report_files import member_folders
    from evalsuite.records.comparison import Family

    found = read_results(results)
    if not isinstance(found, Family):
        return found
    folders = member_folders(found)
    raise InvalidInputError(
        f"{results} holds {len(folders)} models, and this is about one; "
        f"name one, such as {results.parent / folders[0]}"
    )


def _keys(results: Path) -> set[str]:
    try:
        written = json.loads(results.read_bytes())
    except (ValueError, RecursionError):
        return set()  # reading it as one comparison says what is wrong
    return set(written) if isinstance(written, dict) else set()
