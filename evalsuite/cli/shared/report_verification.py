"""Verification of report folders: numbers, verdict, questions and pages, held against each other.

Nothing is changed. Pages are made again and compared as words: figures and packed data may differ
in bytes between versions of libraries.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from evalsuite.cli.shared.report_files import (
    member_folders,
    part_view,
    read_results,
    read_rows,
    view_of,
)
from evalsuite.disk.files import leftover_parts, read_text
from evalsuite.disk.verification import Verified, note, problem
from evalsuite.errors import Clause, EvalsuiteError
from evalsuite.records.codec import to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evalsuite.disk.verification import Finding
    from evalsuite.records.judged import Judged
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.view import ReportView

__all__ = ["VerifiedReport", "find_reports", "verify_report", "words_of_page"]

_CHOICES: tuple[Literal["all", "flips", "sample", "none"], ...] = ("all", "flips", "sample", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedReport(Verified):
    """A report's folder."""

    questions: int | None
    """Rows of ``questions.jsonl``, of all parts together; None where there are none."""

    @property
    def amount(self) -> Clause | None:
        """Rows of answers."""
        return None if self.questions is None else Clause("{n:,} rows", n=self.questions)


def find_reports(root: Path) -> tuple[Path, ...]:
    """List the report folders below ``reports/``, without the parts of groups; by name."""
    return tuple(sorted(path.parent for path in root.glob("*/results.json")))


def verify_report(folder: Path) -> VerifiedReport:
    """Read everything a report's folder holds, its parts included, and say what does not agree."""
    try:
        judged = read_results(folder / "results.json")
        rows = read_rows(folder / "results.json") if isinstance(judged, Comparison) else []
        findings = list(_findings(folder, judged, rows))
    except (EvalsuiteError, OSError) as error:
        cause = error.clause if isinstance(error, EvalsuiteError) else str(error)
        return VerifiedReport(
            folder=str(folder),
            state="unreadable",
            questions=None,
            findings=(problem(cause),),
        )
    parts = [verify_report(each) for each in _members(folder, judged)]
    below = [
        replace(finding, sentence=_of_part(part, finding))
        for part in parts
        for finding in part.findings
    ]
    counts = [part.questions or 0 for part in parts] or [len(rows)]
    return VerifiedReport(
        folder=str(folder),
        state="readable",
        questions=sum(counts) or None,
        findings=(*findings, *below),
    )


def _of_part(part: VerifiedReport, finding: Finding) -> Clause:
    return Clause("{folder}: {finding}", folder=part.folder, finding=finding.sentence)


def _members(folder: Path, judged: Judged) -> Iterator[Path]:
    for name in member_folders(judged):
        if (folder / name / "results.json").is_file():
            yield folder / name


def _findings(folder: Path, judged: Judged, rows: Sequence[PairedRow]) -> Iterator[Finding]:
    if isinstance(judged, Comparison):
        yield from _of_rows(judged, rows)
    yield from _of_parts(folder, judged)
    yield from _of_pages(folder, judged, rows)
    for part in leftover_parts(folder):
        yield note(
            "{name} was left by a killed process; the next report removes it", name=part.name
        )


def _of_rows(comparison: Comparison, rows: Sequence[PairedRow]) -> Iterator[Finding]:
    """Hold the questions against the table, where it counts whole answers to all of them."""
    if not rows:
        yield note("no questions.jsonl is there, so the report shows no answers")
        return
    if len({(row.question_id, row.sample) for row in rows}) < len(rows):
        yield problem("questions.jsonl holds a question twice; compare the runs again")
    is_counted = comparison.gain.method == "tango" and comparison.seeds.samples == 1
    if not is_counted or len(rows) != comparison.table.n:
        return
    right = [(row.base.strict, row.trained.strict) for row in rows]
    kinds = {"both": (True, True), "losses": (True, False), "gains": (False, True)}
    for name, kind in kinds.items():
        counted, stored = right.count(kind), getattr(comparison.table, name)
        if counted != stored:
            yield problem(
                "questions.jsonl gives {counted:,} {kind}, and results.json {stored:,}: they are "
                "not of one comparison; compare the runs again",
                counted=counted,
                kind=name,
                stored=stored,
            )


def _of_parts(folder: Path, judged: Judged) -> Iterator[Finding]:
    """Hold each part's own report against the group's."""
    for name, part in zip(member_folders(judged), judged.parts, strict=False):
        results = folder / name / "results.json"
        if not results.is_file():
            yield note("{name}/results.json is not there; its part is in results.json", name=name)
        elif to_json(read_results(results)) != to_json(part):
            yield problem(
                "{name}/results.json is not what results.json holds of it; compare the runs again",
                name=name,
            )


def _of_pages(folder: Path, judged: Judged, rows: Sequence[PairedRow]) -> Iterator[Finding]:
    page = folder / "report.html"
    if not page.is_file():
        yield note("no report.html is there; evalsuite report {folder} makes it", folder=folder)
        return
    text = read_text(page)
    lang = re.search(r'<html lang="(en|zh)"', text)
    views = list(_views(judged, rows, "en" if lang is None else lang[1]))
    from evalsuite.reporting.outputs.html import render_html
    from evalsuite.reporting.outputs.markdown import render_markdown

    words = words_of_page(text)
    if not any(words == words_of_page(render_html(view, is_drawn=False)) for view in views):
        yield _otherwise(folder, "report.html", "html")
    summary = folder / "summary.md"
    if summary.is_file() and all(read_text(summary) != render_markdown(view) for view in views):
        yield _otherwise(folder, "summary.md", "md")


def _views(judged: Judged, rows: Sequence[PairedRow], lang: str) -> Iterator[ReportView]:
    if not isinstance(judged, Comparison):
        yield view_of(judged, lang)
        return
    for choice in _CHOICES:
        yield part_view(judged, rows, lang=lang, responses=choice)


def _otherwise(folder: Path, name: str, form: str) -> Finding:
    return problem(
        "{name} is not what this version writes from results.json: it is of other results or of "
        "another version, or was changed; evalsuite report {folder} --format {form} makes it again",
        name=name,
        folder=folder,
        form=form,
    )


def words_of_page(page: str) -> str:
    """Take the figures and the packed data out of a page."""
    without_figures = re.sub(r"<svg.*?</svg>", "", page, flags=re.DOTALL)
    return re.sub(r'(type="text/plain" id="\w+">)[^<]*', r"\1", without_figures)
