"""Small, explicit nouns for tests: questions, runs and a 20-line engine without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.asking.plan import PlannedRun, select_questions
from evalsuite.comparing.compare import Design, compare_tables
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.disk.storage import run_folder, write_run
from evalsuite.records.run import Decoding, ModelSpec, Question, Response, Run, RunSpec, SubsetSpec
from evalsuite.tasks.grading import grade_response, numeric_task
from evalsuite.tasks.questions import questions_sha256
from evalsuite.verdict.pair_checks import run_checks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction
    from pathlib import Path

    from evalsuite.generation.engine import Request
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.training import TrainingLog
    from evalsuite.tasks.graders.numbers import NumberInText


READINGS = (
    r"first \boxed{7}, no, \boxed{8}, or rather \boxed {7} it is",
    r"\boxed{\frac{14}{2}} and \boxed{7",
    r"\boxed{nothing {\{} } then 7",
    r"#### 7 and more, 12 in all",
    r"#### 70",
    "7",
    "",
    "no number",
    r"数学 \boxed{7} 🧮 8",
    r"<think>\boxed{7} #### 7</think>\boxed{8} #### 8",
    r"\boxed{7} #### 7</think> 8",
    r"<think>\boxed{7} #### 7",
)
"""Texts in which graders read other numbers from budget to budget."""


def question(i: int, gold: int = 7) -> Question:
    return Question(id=f"q-{i}", text=f"What is number {i}?", gold=str(gold))


def text_of(written: Question | Response) -> str:
    """Give the text of a question or response that holds one, as all do but those of logs."""
    assert written.text is not None
    return written.text


def value_of(number: NumberInText | None) -> Fraction:
    """Give the number that a grader must have read."""
    assert number is not None
    return number.value


def response(i: int, text: str, *, finish: str = "stop", sample: int = 0, **more: Any) -> Response:
    """Write one token a character, so that budgets count characters."""
    fields: dict[str, Any] = {"token_ends": tuple(range(1, len(text) + 1)), "n_tokens": len(text)}
    fields |= {"finish": finish} | more
    return Response(question_id=f"q-{i}", sample=sample, text=text, **fields)


def run(
    texts: Sequence[str],
    *,
    name: str = "base",
    finishes: Sequence[str] | None = None,
    budget: int = 64,
    **spec: Any,
) -> Run:
    """Build a complete run; question i has gold 7 and the i-th text."""
    questions = tuple(question(i) for i in range(len(texts)))
    finishes = finishes or ["stop"] * len(texts)
    responses = tuple(
        response(i, text, finish=finish)
        for i, (text, finish) in enumerate(zip(texts, finishes, strict=True))
    )
    asked: dict[str, Any] = {
        "model": ModelSpec(name=name, source="folder", location=name, weights=name),
        "task": "test",
        "split": "test",
        "question_ids": tuple(q.id for q in questions),
        "questions_sha256": questions_sha256(questions),
        "prompt": "plain@1",
        "prompts_sha256": "same",
        "decoding": Decoding(max_new_tokens=budget),
        "dtype": "float32",
        "engine": "hf",
    } | spec
    return Run(
        spec=RunSpec(**asked),
        environment={},
        questions=questions,
        responses=responses,
        grades=tuple(
            grade_response(r, q, numeric_task("test"))
            for r, q in zip(responses, questions, strict=True)
        ),
    )


def stored(root: Path, answers: Run) -> str:
    """Write a run into the store and give the name it is compared by."""
    folder = run_folder(root, answers.spec)
    write_run(folder, answers)
    return f"run:{folder.name}"


def paired(base: Run, trained: Run, budget: int | None = None) -> PairedOutcomes:
    """Grade two runs at one budget and lay them side by side."""
    budgets = () if budget is None else (budget,)
    return pair_tables(tabulate(base, budgets), tabulate(trained, budgets)).at(budget)


def compare_runs(
    base: Run, trained: Run, design: Design, *, training: TrainingLog | None = None
) -> Comparison:
    """Cut, grade and compare two runs."""
    tables = [tabulate(run, design.budgets, design.headline_budget) for run in (base, trained)]
    return compare_tables(tables[0], tables[1], design, training=training)


def checked(
    base: Run, trained: Run, design: Design, *, training: TrainingLog | None = None
) -> Comparison:
    """Compare two runs and check the comparison, as a session does before it judges."""
    found = compare_runs(base, trained, design, training=training)
    return run_checks(found, base, trained, design.policy)


class Job:
    """A run that is still to be made: its questions, prompts and spec, and what a model answers."""

    STABLE = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
    """Files of the finished run that depend on nothing else."""

    def __init__(self, n: int) -> None:
        self.texts = {f"q-{i}": rf"{i} is \boxed{{7}}" if i % 3 else "no idea" for i in range(n)}
        self.questions = tuple(question(i) for i in range(n))
        self.prompts = {q.id: text_of(q) for q in self.questions}
        self.spec = run([""] * n).spec

    def planned(self) -> PlannedRun:
        """Plan it as a session does."""
        nothing = SubsetSpec(seeds=(), size=1)
        return PlannedRun(
            model=self.spec.model,
            selection=select_questions(self.questions, nothing, task="test", split="test"),
            budgets=(64,),
            spec=self.spec,
            prompts=self.prompts,
            prompt_template="{question}",
        )


class ScriptedEngine:
    """Answers every request with the text its script holds; stops when told to."""

    name = "hf"

    def __init__(self, script: dict[str, str], *, stop_after: int | None = None) -> None:
        self.script = script
        self.stop_after = stop_after
        self.asked: list[tuple[str, int]] = []

    def render(self, messages: list[dict[str, str]]) -> str:
        return messages[-1]["content"]

    def describe(self) -> dict[str, Any]:
        return {"engine": self.name}

    def cache_bytes(self, tokens: int, answers: int) -> int:
        return 0

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        for count, request in enumerate(reversed(requests)):
            if self.stop_after is not None and count >= self.stop_after:
                raise KeyboardInterrupt
            self.asked.append((request.question_id, request.sample))
            text = self.script[request.question_id]
            kept = text[: decoding.max_new_tokens]
            yield Response(
                question_id=request.question_id,
                sample=request.sample,
                text=kept,
                token_ends=tuple(range(1, len(kept) + 1)),
                finish="stop" if len(text) < decoding.max_new_tokens else "length",
                n_tokens=len(kept),
            )
