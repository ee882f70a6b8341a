"""The gate's answer as a code host shows it: a Markdown summary, and annotations of a log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.records.codec import sha256_of
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.outputs.markdown import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.verdict.gate import GateResult, State

__all__ = ["GateSubject", "annotations", "markdown_of", "marker_of"]

_TITLES: dict[State, str] = {
    "met": "Gate met",
    "not_met": "Gate not met",
    "undecided": "Gate undecided: the data can't tell",
}
_SIGNS: dict[State, str] = {"met": "✅ met", "not_met": "❌ not met", "undecided": "❔ undecided"}
_LEVELS: dict[State, str] = {"met": "notice", "not_met": "error", "undecided": "warning"}
_LONGEST = 600
"""Characters of a cell; a comment holds 65,536, and names of models may be anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSubject:
    """What a gate was asked about."""

    base: str
    trained: str
    task: str
    is_invalid: bool
    """Whether the runs can't be compared; then no rule's answer counts."""
    page: str = ""
    """Address of the job that asked; empty where there is none."""


def marker_of(subject: GateSubject) -> str:
    """Write the first line of a comment, invisible when rendered, by which a later one finds it.

    The same for the same names on the same task, so that each gate of a pull request has one
    comment.
    """
    key = sha256_of([subject.base, subject.trained, subject.task])[:12]
    return f"<!-- evalsuite-gate {key} -->"


def markdown_of(subject: GateSubject, outcome: GateResult) -> str:
    """Write the summary; names and details come from outside and are escaped."""
    return "\n".join(_lines(subject, outcome)) + "\n"


def _lines(subject: GateSubject, outcome: GateResult) -> Iterator[str]:
    yield marker_of(subject)
    yield f"### evalsuite: {_title(subject, outcome)}"
    yield ""
    yield f"{_cell(subject.base)} → {_cell(subject.trained)} on {_cell(subject.task)}"
    yield ""
    yield "| rule | answer | because |"
    yield "|---|---|---|"
    for rule in outcome.rules:
        yield f"| {_cell(rule.rule)} | {_SIGNS[rule.state]} | {_cell(rule.detail)} |"
    if subject.page:
        yield ""
        yield f"[The job and its files]({subject.page})"


def _title(subject: GateSubject, outcome: GateResult) -> str:
    return "Not comparable" if subject.is_invalid else _TITLES[outcome.state]


def _cell(text: str) -> str:
    return escape_markdown(one_line(text, longest=_LONGEST))


def annotation_lines(subject: GateSubject, outcome: GateResult) -> Iterator[str]:
    """Write one workflow command a rule; GitHub shows them at the head of a job."""
    for rule in outcome.rules:
        level = "error" if subject.is_invalid else _LEVELS[rule.state]
        title = _property(f"{_title(subject, outcome)}: {rule.rule}")
        yield f"::{level} title={title}::{_data(rule.detail)}"


def _data(text: str) -> str:
    """Escape what would end a workflow command, as GitHub's own toolkit does."""
    flat = one_line(text, longest=_LONGEST)
    return flat.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
