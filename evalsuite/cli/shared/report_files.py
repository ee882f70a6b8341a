"""Report folders: named after the models, unique last; written and read back.

One layout holds one comparison, several models, the training seeds of a recipe, checkpoints, or
several tasks.
"""

from __future__ import annotations

import json
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import safe_name, write_atomically
from evalsuite.errors import InvalidInputError, at_line
from evalsuite.records.codec import from_json, sha256_of, to_json, to_line
from evalsuite.records.comparison import SIDES, Comparison
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.family import Family, Group
from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.records.groups.suite import SuiteComparison

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evalsuite.asking.plan import FinishedRun
    from evalsuite.records.judged import Judged, JudgedAsOne
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.browser.selection import Which
    from evalsuite.reporting.view import ReportView

__all__ = [
    "member_folders",
    "part_view",
    "read_judged",
    "read_results",
    "read_rows",
    "report_folder",
    "view_of",
    "write_report",
]

FILES = ("report.html", "results.json", "summary.md", "brief.html")
"""What stands beside the subfolders, so that none may be called so."""


def report_folder(root: Path, judged: Judged) -> Path:
    """Name the folder of a report: readable first, unique last.

    ``<base>-vs-<trained>-<fingerprint8>``, with the number of models or training seeds where there
    are several: the same runs compared in the same way have the same folder.
    """
    parts = judged.parts
    identities = [_identity(part) for part in parts]
    unique = sha256_of(identities if isinstance(judged, Group) else identities[0])[:8]
    return root / f"{_readable(judged)}-{unique}"


def _readable(judged: Judged) -> str:
    """Name base, what was trained where that is one, and how many parts a group has."""
    names = [safe_name(judged.base_name), "vs"]
    if judged.trained_name is not None:
        names.append(safe_name(judged.trained_name))
    if isinstance(judged, Group):
        # "training seeds" are seeds in a folder's name
        names += [str(len(judged.parts)), judged.parts_name.split()[-1]]
    return "-".join(names)


def member_folders(judged: Judged) -> tuple[str, ...]:
    """Name the subfolder of each part's own report: plain file names, all different, in order.

    Names of models and tasks may be anything, and equal. A single comparison has no subfolder.
    """
    folders: list[str] = []
    for part in judged.parts if isinstance(judged, Group) else ():
        name = safe_name(part.task if isinstance(judged, SuiteComparison) else part.trained.name)
        taken = {*FILES, *(folder.lower() for folder in folders)}
        numbered = (f"{name}-{i}" for i in count(2))
        folders.append(next(n for n in chain([name], numbered) if n.lower() not in taken))
    return tuple(folders)


def write_report(
    folder: Path,
    judged: Judged,
    pairs: Sequence[tuple[FinishedRun, FinishedRun]],
    *,
    lang: str,
    brief: bool = False,
) -> None:
    """Write the report, and each part's own in a subfolder where there are several.

    ``brief`` writes the page to forward beside the whole report, first.

    A single comparison brings its questions with both responses (``questions.jsonl``).
    """
    if brief:
        from evalsuite.reporting.outputs.brief import render_brief

        write_atomically(folder / "brief.html", render_brief(view_of(judged, lang)))
    if isinstance(judged, Comparison):
        _write_part(folder, judged, pairs[0], lang=lang)
        return
    for name, part, pair in zip(member_folders(judged), judged.parts, pairs, strict=True):
        _write_part(folder / name, part, pair, lang=lang)
    _write(folder, judged, view_of(judged, lang))


def _write_part(
    folder: Path, comparison: Comparison, pair: tuple[FinishedRun, FinishedRun], *, lang: str
) -> None:
    from evalsuite.comparing.tables import PairedRows
    from evalsuite.reporting.view import report_view

    base, trained = pair
    rows = PairedRows(base.table, trained.table, base.budgets)
    write_atomically(folder / "questions.jsonl", map(to_line, rows))
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


def part_view(
    comparison: Comparison, rows: Sequence[PairedRow], *, lang: str, responses: Which
) -> ReportView:
    """Turn a stored comparison into a report with all of its questions, or some."""
    from evalsuite.reporting.browser.selection import select_rows
    from evalsuite.reporting.view import report_view

    shown = select_rows(rows, responses, seed=comparison.seeds.root)
    return report_view(comparison, shown, lang=lang, complete=len(rows) or None)


def read_rows(results: Path) -> list[PairedRow]:
    """Read ``questions.jsonl`` beside ``results.json``; empty where there is none."""
    from evalsuite.records.paired import PairedRow

    questions = results.with_name("questions.jsonl")
    if not questions.is_file():
        return []
    return [
        from_json(PairedRow, line, origin=at_line(questions, number))
        for number, line in enumerate(questions.read_bytes().splitlines(), start=1)
    ]


def _identity(comparison: Comparison) -> list[Any]:
    """List what makes one comparison another: its runs and its design."""
    runs = [comparison.provenance.get(side, {}).get("fingerprint") for side in SIDES]
    design = [
        comparison.headline_budget,
        [row.max_new_tokens for row in comparison.budgets],
        comparison.seeds,
        comparison.verdict.policy if comparison.verdict else None,
    ]
    return [runs, design, *_beside(comparison)]


def _beside(comparison: Comparison) -> list[Any]:
    """List what stands beside the pair, so that its report replaces none without it."""
    also = comparison.provenance.get("also", ())
    prints = [pair[side]["fingerprint"] for pair in also for side in SIDES]
    whole = comparison.whole_base
    twins = [] if comparison.twins is None else ["twins"]
    return [*prints, *([] if whole is None else [whole.n_whole]), *twins]


def read_results(results: Path) -> Judged:
    """Read ``results.json`` of a comparison, several models, a recipe's seeds, a curve or a suite.

    Raises `InvalidInputError` if there is no such file, it holds something else, or its verdict is
    not what its numbers give.
    """
    from evalsuite.reporting.telling import in_english
    from evalsuite.verdict.agreement import refuse_contradictions
    from evalsuite.verdict.judge import restated

    if not results.is_file():
        raise InvalidInputError(
            "{results} does not exist; name results.json or its folder", results=results
        )
    stored = _stored(results)
    if not stored.parts:
        raise InvalidInputError(
            "{results} holds no comparison; compare the runs again", results=results
        )
    judged = restated(stored)
    # Before anybody acts on it, or shows it: the verdict is only as good as the numbers beside it.
    refuse_contradictions(judged, origin=str(results))
    # Sentences are this version's, whatever version stored them.
    return in_english(judged)


def _stored(results: Path) -> Judged:
    """Read the kind of record that the file's own key names; a family has none of its own."""
    text, origin = results.read_bytes(), str(results)
    keys = _keys(text)
    if keys is not None and not keys & _TELLING:
        raise InvalidInputError(
            "{results} is no result of evalsuite: it holds neither a gain nor comparisons; "
            "`evalsuite compare BASE TRAINED` writes one, also from two logs of another tool",
            results=results,
        )
    groups = {"recipe": RecipeComparison, "curve": CurveComparison, "suite": SuiteComparison}
    kinds: dict[str, type[Judged]] = {**groups, "comparisons": Family}
    kind = next((kinds[key] for key in kinds if key in (keys or ())), Comparison)
    return from_json(kind, text, origin=origin)


def read_judged(results: Path) -> JudgedAsOne:
    """Read what has one verdict: of one trained model, of a recipe, of a curve or of a suite.

    Raises `InvalidInputError` also where the file holds several models.
    """
    judged = read_results(results)
    if not isinstance(judged, Family):
        return judged
    folders = member_folders(judged)
    raise InvalidInputError(
        "{results} holds {n_models} models, and this is about one; name one, such as {example}",
        results=results,
        n_models=len(folders),
        example=results.parent / folders[0],
    )


_TELLING = frozenset(("schema", "recipe", "curve", "suite", "comparisons", "gain"))
"""Keys by which a file of ours is known from another tool's."""


def _keys(text: bytes) -> set[str] | None:
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return None  # reading it as one comparison says what is wrong
    return set(written) if isinstance(written, dict) else set()
