"""The gate's answer as a code host shows it: a Markdown summary, and annotations of a log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.codec import sha256_of
from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.opening.first_lines import task_and_split
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.outputs.markdown import escape_markdown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.gate import GateResult, GateState
    from evalsuite.reporting.wording import Words

__all__ = ["GateSubject", "annotations", "markdown_of", "marker_of"]

_SIGNS: dict[GateState, str] = {"met": "✅", "not_met": "❌", "undecided": "❔"}
_LEVELS: dict[GateState, str] = {"met": "notice", "not_met": "error", "undecided": "warning"}
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
    words: Words
    """Of the language that the answer is told in."""
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
    yield f"### evalsuite{subject.words.text('gate_summary.colon')}{_title(subject, outcome)}"
    yield ""
    words = subject.words
    task = task_and_split(subject.task, words)
    names = {"base": subject.base, "trained": subject.trained, "task": task}
    yield str(words.say("gate_summary.subject", **{n: _cell(t) for n, t in names.items()}))
    yield ""
    heads = (words.text(f"gate_summary.{name}") for name in ("rule", "answer", "because"))
    yield f"| {' | '.join(heads)} |"
    yield "|---|---|---|"
    for rule in outcome.rules:
        state = words.text(f"gate_state.{rule.state}")
        yield f"| {_cell(rule.rule)} | {_SIGNS[rule.state]} {state} | {_cell(rule.detail)} |"
    if subject.page:
        job = words.text("gate_summary.job")
        yield ""
        yield f"[{job}]({subject.page})"


def _title(subject: GateSubject, outcome: GateResult) -> str:
    state = "invalid" if subject.is_invalid else outcome.state
    return subject.words.text(f"gate_title.{state}")


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
