"""The plan of one run: what a model must be asked, known before anything is generated.

Beside it stands the finished run, graded, which is what every comparison takes.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import TYPE_CHECKING

from evalsuite.comparing.tabulate import tabulate
from evalsuite.disk.storage import find_runs, is_complete, read_spec
from evalsuite.records.codec import sha256_of
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import column
from evalsuite.records.run import RunSpec
from evalsuite.tasks.prompts import messages
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.subsets import subset_indices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.comparison import HeadlineSet
    from evalsuite.records.run import Decoding, LoggedDecoding, ModelSpec, Question, Run, SubsetSpec
    from evalsuite.records.training import PromptRecord, TrainingLog
    from evalsuite.tasks.prompts import Prompt

__all__ = [
    "Conditions",
    "FinishedRun",
    "PlannedRun",
    "Selection",
    "finished",
    "finished_before",
    "plan_run",
    "select_questions",
    "training_behind",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The questions both models are asked, and the subsets over them."""

    task: str
    split: str
    questions: Sequence[Question]
    subsets: tuple[tuple[int, tuple[str, ...]], ...]
    """Seed and question ids of each."""
    headline_set: HeadlineSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How a run's answers are made, whatever is asked of whom."""

    decoding: Decoding | LoggedDecoding
    dtype: str
    engine: str

    @classmethod
    def of(cls, spec: RunSpec) -> Conditions:
        """Take those of a run."""
        return cls(decoding=spec.decoding, dtype=spec.dtype, engine=spec.engine)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One model's share of the work."""

    model: ModelSpec
    selection: Selection
    budgets: tuple[int, ...]
    spec: RunSpec
    run: Run | None = None
    """Where nothing is left to generate."""
    folder: Path | None = None
    """Where ``run`` is stored; None for a log."""
    prompts: dict[str, str] = field(default_factory=dict)
    prompt_template: str = ""
    """The prompt as sent, with ``{question}`` for the question."""
    prompt_record: PromptRecord | None = None
    chat_template: str | None = None
    """In the place of the model's own; its text, for a worker elsewhere may not see the file."""

    @property
    def missing(self) -> int:
        """Answers still to be generated, at most."""
        return 0 if self.run else len(self.spec.question_ids) * self.spec.decoding.samples

    @property
    def is_stored(self) -> bool:
        """Whether it was named as a stored run or a log, which can't be asked anything else."""
        return self.model.source in ("run", "log")


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedRun(PlannedRun):
    """A run with all its answers, graded once at every budget for all that it is compared in."""

    run: Run
    table: GradedTable


def finished(
    planned: PlannedRun, run: Run, asked: CompareSpec, *, table: GradedTable | None = None
) -> FinishedRun:
    """Grade the run that a plan led to; ``table`` holds it where it is graded already."""
    known = {each.name: getattr(planned, each.name) for each in fields(PlannedRun)}
    known |= {"run": run, "spec": run.spec}
    is_graded = planned.model.source == "log"  # as it was read, just now
    table = table or tabulate(run, planned.budgets, asked.headline_budget, is_graded=is_graded)
    return FinishedRun(**known, table=table)


def training_behind(trained: FinishedRun, asked: CompareSpec) -> TrainingLog | None:
    """Find the log of the training that made a model, where one was named or lies beside it."""
    if asked.train_log is None and trained.model.source == "log":
        return None  # beside a harness's log lies no training
    from evalsuite.training.log import find_training_log

    return find_training_log(trained.model, asked.train_log, asked=trained.run.questions)


def select_questions(
    questions: Sequence[Question],
    subsets: SubsetSpec,
    *,
    task: str,
    split: str,
    full: bool = True,
    first: int | None = None,
) -> Selection:
    """Choose the headline set and draw the subsets, always over the whole split.

    A split no larger than a subset has none: every one would be the split again. Without ``full``
    only the questions of some subset are asked, in the order of the split; ``first`` asks so many
    from its start, and draws none.
    """
    n = len(questions)
    if first is not None and first < n:
        return Selection(
            task=task, split=split, questions=questions[:first], subsets=(), headline_set="first"
        )
    ids = [*column(questions, "id")]
    drawn = tuple(
        (seed, tuple(ids[i] for i in subset_indices(seed, subsets.size, n)))
        for seed in subsets.seeds
        if subsets.size < n
    )
    wanted = {question_id for _, ids in drawn for question_id in ids}
    full = full or not drawn
    chosen = questions if full else tuple(q for q in questions if q.id in wanted)
    return Selection(
        task=task,
        split=split,
        questions=chosen,
        subsets=drawn,
        headline_set="full" if full else "subset" if len(drawn) == 1 else "union",
    )


def plan_run(
    model: ModelSpec,
    selection: Selection,
    render: Callable[[list[dict[str, str]]], str],
    *,
    prompt: Prompt,
    conditions: Conditions,
) -> tuple[RunSpec, dict[str, str]]:
    """Render every prompt and fix what the run is; prompts are by question id, as sent."""
    prompts = {q.id: render(messages(prompt, q.text)) for q in selection.questions}
    spec = RunSpec(
        model=model,
        task=selection.task,
        split=selection.split,
        question_ids=tuple(prompts),
        questions_sha256=questions_sha256(selection.questions),
        prompt=prompt.name,
        prompts_sha256=sha256_of(sorted(prompts.items())),
        decoding=conditions.decoding,
        dtype=conditions.dtype,
        engine=conditions.engine,
    )
    return spec, prompts


def finished_before(
    model: ModelSpec,
    questions: Sequence[Question],
    prompt: str,
    conditions: Conditions,
    runs: Path,
) -> Path | None:
    """Find a complete run that asked the same, without rendering prompts again.

    The rendered prompts follow from the weights' identity (tokenizer files included), the named
    prompt and the questions, so they need not be compared.
    """
    if model.weights is None and model.revision is None:
        return None
    questions_hash = questions_sha256(questions)
    for folder in find_runs(runs):
        spec = read_spec(folder) if is_complete(folder) else None
        if (
            spec is not None
            and (spec.model.weights, spec.model.revision) == (model.weights, model.revision)
            and spec.questions_sha256 == questions_hash
            and spec.prompt == prompt
            and Conditions.of(spec) == conditions
        ):
            return folder
    return None
