"""Where reports go: folders named after the models, readable first, unique last."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING, Any

from evalsuite.records.codec import sha256_of
from evalsuite.storage import safe_name

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison, Family
    from evalsuite.records.recipe import RecipeComparison

__all__ = ["family_folder", "member_folders", "recipe_folder", "report_folder"]

FILES = ("report.html", "results.json", "summary.md")
"""What stands beside the subfolders, so that none may be called so."""


def report_folder(root: Path, comparison: Comparison) -> Path:
    """Name the folder of a report: readable first, unique last.

    Parameters
    ----------
    root
        ``reports/``.
    comparison
        With provenance.

    Returns
    -------
    pathlib.Path
        ``<base>-vs-<trained>-<fingerprint8>``: the same runs compared in the same way.
    """
    names = f"{safe_name(comparison.base.name)}-vs-{safe_name(comparison.trained.name)}"
    return root / f"{names}-{sha256_of(_identity(comparison))[:8]}"


def family_folder(root: Path, family: Family) -> Path:
    """Name the folder of one report on several trained models.

    Parameters
    ----------
    root
        ``reports/``.
    family
        With provenance.

    Returns
    -------
    pathlib.Path
        ``<base>-vs-<n>-models-<fingerprint8>``.
    """
    found = family.comparisons
    unique = sha256_of([_identity(comparison) for comparison in found])[:8]
    return root / f"{safe_name(found[0].base.name)}-vs-{len(found)}-models-{unique}"


def recipe_folder(root: Path, found: RecipeComparison) -> Path:
    """Name the folder of one report on several training seeds.

    Parameters
    ----------
    root
        ``reports/``.
    found
        With provenance.

    Returns
    -------
    pathlib.Path
        ``<base>-vs-<recipe>-<n>-seeds-<fingerprint8>``.
    """
    recipe = found.recipe
    unique = sha256_of([_identity(comparison) for comparison in found.comparisons])[:8]
    names = f"{safe_name(recipe.base)}-vs-{safe_name(recipe.trained)}"
    return root / f"{names}-{recipe.n_seeds}-seeds-{unique}"


def member_folders(family: Family | RecipeComparison) -> tuple[str, ...]:
    """Name the subfolder of each model's own report.

    Parameters
    ----------
    family
        Several models or several seeds; their names may be anything, and equal.

    Returns
    -------
    tuple of str
        Plain file names, all different, in the order of the comparisons.
    """
    folders: list[str] = []
    for comparison in family.comparisons:
        name = safe_name(comparison.trained.name)
        taken = {*FILES, *(folder.lower() for folder in folders)}
        numbered = (f"{name}-{i}" for i in count(2))
        folders.append(next(n for n in chain([name], numbered) if n.lower() not in taken))
    return tuple(folders)


def _identity(comparison: Comparison) -> list[Any]:
    """List what makes one comparison another: its runs and its design."""
    runs = [comparison.provenance.get(side, {}).get("fingerprint") for side in ("base", "trained")]
    design = [
        comparison.headline_budget,
        [row.max_new_tokens for row in comparison.budgets],
        comparison.seeds,
        comparison.verdict.policy if comparison.verdict else None,
    ]
    return [runs, design]
