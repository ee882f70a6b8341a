"""Questions of a training, split before anything is trained: trained on, watched, tested later.

What is held out by hash is written beside the model in the form any task file has. It does not know
what a model answers.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.disk.files import object_or_empty, write_atomically
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError
from evalsuite.records.codec import to_line
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Statement
from evalsuite.tasks.contamination import by_hash, find_contamination
from evalsuite.tasks.grading import TEXT, kind_of
from evalsuite.tasks.problem_draws import SIZES
from evalsuite.tasks.questions import load_questions, questions_sha256
from evalsuite.tasks.wordproblems import GENERATOR_VERSION, asked_problems, word_problems
from evalsuite.training.judging.heldout import hold_out
from evalsuite.training.log import CONTAMINATION

if TYPE_CHECKING:
    from evalsuite.records.run import Question
    from evalsuite.records.training import Contamination, TrainSpec

__all__ = [
    "GENERATED",
    "ContaminationCheck",
    "Splits",
    "held_out_task",
    "load_training_questions",
    "split_questions",
    "warmed_on",
    "warmup_questions",
]

HELD_OUT = "heldout.jsonl"
GENERATED = "embedded"
"""The task whose splits are made from the same sentences by other templates."""
_NAMES = {
    "embedded": Clause("embedded test, generated from the same sentences by other templates"),
    "gsm8k": "gsm8k test",
}
_MOST_MADE = 20_000
"""Demonstrations of the embedded base; more would be nobody's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContaminationCheck:
    """What a look for test questions among those trained on found."""

    found: Contamination | None
    """None where there is no test to hold them against."""
    notice: Statement
    """For the user, with why nothing was checked."""
    lines: str = ""
    """Every test question as JSON lines, those found first."""

    def write(self, folder: Path) -> None:
        """List every test question in ``contamination.jsonl``; nothing where none is known."""
        if self.lines:
            write_atomically(folder / CONTAMINATION, self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """The questions of one training."""

    candidates: tuple[Question, ...]
    """Trained on, before the difficulty filter; in their order before shuffling."""
    watched: tuple[Question, ...] = ()
    """Asked while training runs."""
    tested: tuple[Question, ...] = ()
    """Held out by hash for the evaluation."""

    @property
    def evaluated(self) -> tuple[Question, ...]:
        """What TRL's own evaluation asks."""
        return self.watched or self.tested

    def write_tested(self, folder: Path) -> None:
        """Write what is held out by hash as a task file; nothing where nothing is."""
        if self.tested:
            rows = ({"id": q.id, "question": q.text, "answer": q.gold} for q in self.tested)
            write_atomically(folder / HELD_OUT, "".join(map(to_line, rows)))

    def contamination(self, spec: TrainSpec) -> ContaminationCheck:
        """Hold the questions trained on, in a warm-up too, against the test.

        Raises an EvalsuiteError where the spec names a test that can't be read.
        """
        test, name = self._test(spec)
        if isinstance(name, Statement):
            return ContaminationCheck(found=None, notice=name)
        warmed = warmed_on(Path(spec.model.location), spec)
        if warmed is None:
            notice = Statement(
                key="training_notice.unchecked_warm_up", values={"model": spec.model.name}
            )
            return ContaminationCheck(found=None, notice=notice)
        trained_on = {q.id: q for q in (*self.candidates, *warmed)}
        found, every = find_contamination(
            tuple(trained_on.values()),
            test,
            name=name,
            generated=spec.data_file is None and {spec.task, spec.test or spec.task} == {GENERATED},
        )
        lines = "".join(map(to_line, every))
        return ContaminationCheck(found=found, notice=_notice(found), lines=lines)

    def _test(self, spec: TrainSpec) -> tuple[tuple[Question, ...], str | Statement]:
        """Find the test questions and their name; none, and why, where there are none."""
        if self.tested:
            return self.tested, Clause("held out by hash, {file}", file=HELD_OUT)
        task = spec.test or (spec.task if spec.task in ("embedded", "gsm8k") else None)
        if task is None:
            return (), Statement(key="training_notice.unchecked")
        try:
            return load_questions(task, "test", columns=spec.columns), _NAMES.get(task, task)
        except EvalsuiteError as error:
            if spec.test is not None:
                raise
            reason = {"reason": error.clause}
            return (), Statement(key="training_notice.unchecked_split", values=reason)


def _notice(found: Contamination) -> Statement:
    """State what was found among the questions trained on, and what can't be found so."""
    counts = ("n_test", "exact", "n_train", "overlapping", "words", "short")
    return Statement(
        key=f"training_notice.contamination{'_generated' * found.generated}",
        values={name: getattr(found, name) for name in counts} | {"test": found.test},
    )


def split_questions(spec: TrainSpec) -> Splits:
    """Load the questions of a training and split them, by hash first.

    Raises InvalidInputError where the task has fewer questions than the spec wants, or the spec
    names two tests.
    """
    if spec.test is not None and spec.test_share is not None:
        raise InvalidInputError(
            "--test {test} and --hold-out {test_share:g} name two tests, and one is held against "
            "what is trained on; leave one of them out",
            test=spec.test,
            test_share=spec.test_share,
        )
    every = _whole_split(spec)
    tested: tuple[Question, ...] = ()
    if spec.test_share is not None:
        every, tested = by_hash(every, spec.test_share)
        if not (every and tested):
            raise InvalidInputError(
                "a share of {test_share:g} leaves {n_questions} questions to train on and "
                "{n_tested} held out; choose another --hold-out, or bring more questions",
                test_share=spec.test_share,
                n_questions=len(every),
                n_tested=len(tested),
            )
    if spec.heldout is not None:
        kept, watched = hold_out(every, n_questions=spec.n_questions, watch=spec.heldout)
        return Splits(candidates=kept, watched=watched, tested=tested)
    if spec.n_questions is not None and spec.n_questions > len(every):
        raise InvalidInputError(
            "{n_wanted} questions were asked for, {task} has {n_questions}; ask for fewer.",
            n_wanted=spec.n_questions,
            task=spec.task,
            n_questions=len(every),
        )
    return Splits(candidates=every[: spec.n_questions], tested=tested)


def load_training_questions(spec: TrainSpec) -> tuple[Question, ...]:
    """Load the questions a run trains on, in their order before shuffling.

    Raises InvalidInputError where the task has fewer questions than the spec wants.
    """
    return split_questions(spec).candidates


def warmup_questions(spec: TrainSpec, n: int) -> tuple[Question, ...]:
    """Load the first n questions for a warm-up before a training: of the whole split, in its order.

    Fewer where there are not so many. None is among those watched, or held out by hash.
    """
    watched = {question.id for question in split_questions(spec).watched} if spec.heldout else set()
    whole = replace(spec, n_questions=None, heldout=None)
    if _is_made(spec):
        whole = replace(whole, n_questions=min(n + len(watched), SIZES["train"]))
    every = split_questions(whole).candidates
    return tuple(question for question in every if question.id not in watched)[:n]


def held_out_task(spec: TrainSpec, output: Path) -> str | None:
    """Name the task of what was held out by hash, as it is typed; None where nothing was."""
    if spec.test_share is None:
        return None
    return f"{TEXT if kind_of(spec.task) == 'text' else ''}{output / HELD_OUT}"


def warmed_on(start: Path, spec: TrainSpec | None = None) -> tuple[Question, ...] | None:
    """Find what a start model was warmed up on: nothing without a warm-up, None if unknown.

    ``start`` is its folder; ``spec`` that of the training, which may have made the warm-up.
    """
    manifest = object_or_empty(start / "manifest.json")
    if manifest.get("kind") != "warmup":
        return ()
    noted = manifest.get("questions")
    if not isinstance(noted, dict) or not isinstance(noted.get("n"), int):
        return None
    n = max(0, noted["n"])
    # The embedded base was warmed up on problems of its own, whatever is trained on after it.
    is_embedded = manifest.get("generator_version") == GENERATOR_VERSION and 0 < n <= _MOST_MADE
    if is_embedded:
        questions, sha256 = _embedded_warm_up(n)
    elif spec is not None:
        questions = warmup_questions(spec, n)
        sha256 = questions_sha256(questions)
    else:
        return None
    # It may have been made for a training with another split: then these are not its questions.
    return questions if sha256 == noted.get("sha256") else None


@lru_cache(maxsize=1)
def _embedded_warm_up(n: int) -> tuple[tuple[Question, ...], str]:
    """Draw the problems once for all seeds of a training; with their hash."""
    questions = asked_problems("train", n=n)
    return questions, questions_sha256(questions)


def _whole_split(spec: TrainSpec) -> tuple[Question, ...]:
    if spec.task == "embedded" and spec.data_file is None:
        n, n_held_out = spec.n_questions, spec.heldout.questions if spec.heldout else 0
        total = None if n is None or not _is_made(spec) else n + n_held_out
        return word_problems("train", n=total, seed=spec.question_seed)
    data_file = None if spec.data_file is None else Path(spec.data_file)
    return load_questions(spec.task, "train", data_file=data_file, columns=spec.columns)


def _is_made(spec: TrainSpec) -> bool:
    """Tell whether only as many problems are made as are wanted: a share is one of all."""
    return spec.task == "embedded" and spec.data_file is None and spec.test_share is None
