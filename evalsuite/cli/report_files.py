"""Report folders: one layout for one comparison or many, named after the models, unique last."""

from __future__ import annotations

from itertools import chain, count
from typing import TYPE_CHECKING, Any

from evalsuite.errors import NotComparableError
from evalsuite.records.codec import sha256_of, to_json, to_line
from evalsuite.records.comparison import Comparison
from evalsuite.records.recipe import RecipeComparison
from evalsuite.storage import safe_name, write_atomically

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.records.judged import Judged
    from evalsuite.reporting.view import ReportView

__all__ = ["member_folders", "report_folder", "view_of", "write_report"]

FILES = ("report.html", "results.json", "summary.md")
"""What stands beside the subfolders, so that none may be called so."""


def report_folder(root: Path, judged: Judged) -> Path:
    """Name the folder of a report: readable first, unique last.

    ``<base>-vs-<trained>-<fingerprint8>``, with the number of models or training seeds where there
    are several: the same runs compared in the same way have the same folder.
    """
    parts = judged.parts
    identities = [_identity(part) for part in parts]
    unique = sha256_of(identities if is_group(judged) else identities[0])[:8]
    return root / f"{_readable(judged)}-{unique}"


def is_group(judged: Judged) -> bool:
    """Whether there are parts with a report of their own."""
    return not isinstance(judged, Comparison)


def _readable(judged: Judged) -> str:
    if isinstance(judged, RecipeComparison):
        recipe = judged.recipe
        names = f"{safe_name(recipe.base)}-vs-{safe_name(recipe.trained)}"
        return f"{names}-{recipe.n_seeds}-seeds"
    first = judged.parts[0]
    base = safe_name(first.base.name)
    if isinstance(judged, Comparison):
        return f"{base}-vs-{safe_name(first.trained.name)}"
    return f"{base}-vs-{len(judged.parts)}-models"


def member_folders(judged: Judged) -> tuple[str, ...]:
    """Name the subfolder of each part's own report: plain file names, all different, in order.

    Names of models may be anything, and equal. A single comparison has no subfolder.
    """
    folders: list[str] = []
    for part in judged.parts if is_group(judged) else ():
        name = safe_name(part.trained.name)
        taken = {*FILES, *(folder.lower() for folder in folders)}
        numbered = (f"{name}-{i}" for i in count(2))
        folders.append(next(n for n in chain([name], numbered) if n.lower() not in taken))
    return tuple(folders)


def write_report(
    folder: Path, judged: Judged, pairs: Sequence[tuple[PlannedRun, PlannedRun]], *, lang: str
) -> None:
    """Write the report, and each part's own in a subfolder where there are several.

    A single comparison brings its questions with both responses (``questions.jsonl``).
    """
    if isinstance(judged, Comparison):
        _write_part(folder, judged, pairs[0], lang=lang)
        return
    for name, part, pair in zip(member_folders(judged), judged.parts, pairs, strict=True):
        _write_part(folder / name, part, pair, lang=lang)
    _write(folder, judged, view_of(judged, lang))


def _write_part(
    folder: Path, comparison: Comparison, pair: tuple[PlannedRun, PlannedRun], *, lang: str
) -> None:
    from evalsuite.comparing.rows import paired_rows
    from evalsuite.reporting.view import report_view

    base, trained = pair
    if base.table is None or trained.table is None:
        raise NotComparableError("a run is not finished; start the same command again")
    rows = paired_rows(base.table, trained.table, base.budgets)
    write_atomically(folder / "questions.jsonl", "".join(map(to_line, rows)))
    _write(folder, comparison, report_view(comparison, rows, lang=lang))


def _write(folder: Path, judged: Judged, view: ReportView) -> None:
    """Write results.json last: whoever finds it finds the rest."""
    from evalsuite.reporting.outputs.html import render_html
    from evalsuite.reporting.outputs.markdown import render_markdown

    write_atomically(folder / "report.html", render_html(view))
    write_atomically(folder / "summary.md", render_markdown(view))
    write_atomically(folder / "results.json", to_json(judged))


def view_of(judged: Judged, lang: str) -> ReportView:
    """Turn a comparison or group into a report without its questions."""
    from evalsuite.reporting.view import report_view

    return report_view(judged, folders=member_folders(judged), lang=lang)


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
