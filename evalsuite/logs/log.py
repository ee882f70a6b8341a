"""Log: what another tool recorded of one model on one task, before it is a run.

A log does not know which questions a second log holds. What its file does not tell is None here
and stays None.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, get_args

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import Tally
from evalsuite.records.packed import column

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.run import Finish, FinishSource

_NONE: Mapping[str, Any] = {}
"""One for all that have none: a log has millions of answers."""

__all__ = [
    "FORMATS",
    "UNNAMED_TASK",
    "Columns",
    "Entry",
    "Format",
    "Harness",
    "Log",
    "LogFile",
    "LoggedAnswer",
    "grader_named",
]

Format = Literal[
    "lm-eval",
    "inspect",
    "lighteval",
    "every-eval-ever",
    "trl",
    "verl",
    "nemo-evaluator",
    "nemo-skills",
    "evalscope",
    "helm",
    "olmo-eval",
    "verifiers",
    "eval-arena",
    "rows",
]
FORMATS: tuple[Format, ...] = get_args(Format)
UNNAMED_TASK = "log"
"""The task of a table without a column of tasks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How a log is to be read: its format, and the names of a table's columns.

    None looks for the common ones.
    """

    format: Format | None = None
    tokenizer: str | None = None
    """Of the models, to infer how answers ended; None infers nothing."""
    budget: int | None = None
    """The token limit, of logs that do not record theirs."""
    id: str | None = None
    score: tuple[str, ...] = ()
    """The first one decides; empty looks for a common name."""
    text: str | None = None
    gold: str | None = None
    finish: str | None = None
    sample: str | None = None
    task: str | None = None

    def __post_init__(self) -> None:
        """Refuse names of columns beside a format that has none."""
        if self._named and self.format not in (None, "rows"):
            raise InvalidInputError(
                "{column!r} names a column of a table, and a log of {format} is none; leave the "
                "column or --log-format out",
                column=self._named[0],
                format=self.format,
            )

    @property
    def form(self) -> Format | None:
        """The format to read: whoever names a column means a table, whatever it looks like."""
        return "rows" if self._named else self.format

    @property
    def _named(self) -> list[str]:
        columns = (self.id, *self.score, self.text, self.gold, self.finish, self.sample, self.task)
        return [column for column in columns if column is not None]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """One file of answers, known by its name and its first bytes alone."""

    format: Format
    path: Path
    task: str | None = None
    """None where only reading it tells."""
    model: str | None = None
    """The folder it lies in, where the harness names it after the model."""
    results: Path | None = None
    """The harness's own results of the same run."""
    parts: tuple[Path, ...] = ()
    """Further files of the same log, such as one a seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAnswer:
    """One response, as its harness recorded and scored it."""

    sample: int
    text: str | None
    finish: Finish = "unknown"
    finish_source: FinishSource = "recorded"
    n_tokens: int | None = None
    """Without the end token."""
    scores: Mapping[str, float | None] = field(default_factory=lambda: _NONE)
    readings: Mapping[str, str | None] = field(default_factory=lambda: _NONE)
    """Only of scorers that tell what they read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One question, with every answer to it."""

    native_id: str
    """What the harness calls it: shown, and never paired by alone."""
    document: str
    """Hash of the document as its harness has it, else of text and gold, else of its id."""
    target: str | None
    """Hash of the gold."""
    prompt: str | None
    """Hash of the prompt as sent."""
    text: str | None
    gold: str | None
    answers: tuple[LoggedAnswer, ...]
    scores: Mapping[str, float | None] = field(default_factory=lambda: _NONE)
    """Scores over all answers of the question, such as a majority vote."""
    readings: Mapping[str, str | None] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Harness:
    """What made the log."""

    name: str | None
    version: str | None
    task_version: str | None = None
    """With the number of shots, where there are any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One model's logged answers to one task."""

    format: Format
    harness: Harness
    model: str | None
    revision: str | None
    task: str
    is_choice: bool
    """Whether answers were chosen by likelihood and not written."""
    graders: tuple[str, ...]
    """The harness's own, in the order of the log; empty where it has none."""
    entries: Sequence[Entry]
    files: tuple[Path, ...]
    max_new_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    dtype: str | None = None
    stated: Tally = field(default_factory=Tally)
    """By the harness's own results; only of graders whose results are means."""
    left_out: tuple[str, ...] = ()
    """Scores that are no grades: lower is better, or outside 0 to 1."""

    @property
    def question_graders(self) -> frozenset[str]:
        """Graders that score all answers of a question together."""
        return frozenset().union(*column(self.entries, "scores"))

    @property
    def repeats(self) -> int:
        """Answers to each question.

        Raises
        ------
        InvalidInputError
            Where some questions have more than others.
        """
        counts = set(map(len, column(self.entries, "answers")))
        if len(counts) > 1:
            raise InvalidInputError(
                "{log} answers some questions {fewest} and others {most} times; make the number "
                "of samples equal",
                log=self.files[0].name,
                fewest=min(counts),
                most=max(counts),
            )
        return counts.pop()


def grader_named(name: str, graders: Collection[str]) -> str | None:
    """Find the one grader that a name stands for: by all of it, or by its metric or its filter.

    Examples
    --------
    >>> graders = ["exact_match,strict-match", "exact_match,flexible-extract"]
    >>> grader_named("strict-match", graders)
    'exact_match,strict-match'
    >>> grader_named("exact_match", graders) is None  # it may be either
    True
    """
    if name in graders:
        return name
    named = [grader for grader in graders if name in grader.split(",")]
    return named[0] if len(named) == 1 else None
