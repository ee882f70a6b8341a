"""Comparisons of sampled answers, from counts of right samples a question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.records.verdict import Policy
from evalsuite.tasks.grading import grade_response, numeric_task
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Run

SAMPLES = 8


def sampled_run(right: Sequence[int], name: str) -> Run:
    """Build a run of 8 samples a question, the first ``right[i]`` of question i right."""
    plain = run([""] * len(right), name=name)
    responses = tuple(
        replace(response, text=rf"\boxed{{{7 if sample < count else 8}}}", sample=sample)
        for response, count in zip(plain.responses, right, strict=True)
        for sample in range(SAMPLES)
    )
    questions = {question.id: question for question in plain.questions}
    task = numeric_task("test")
    grades = tuple(grade_response(r, questions[r.question_id], task) for r in responses)
    return replace(plain, responses=responses, grades=grades)


def sampled_pair(base: Sequence[int], trained: Sequence[int]) -> Comparison:
    """Compare and judge two models by their right samples of each question."""
    comparison = checked(sampled_run(base, "base"), sampled_run(trained, "trained"), Design())
    return with_verdict(comparison, Policy())


def sharpened() -> Comparison:
    """Build a gain in one try of which less than half is left in eight."""
    return sampled_pair([1] * 80 + [0] * 20 + [8] * 20, [6] * 80 + [5] * 20 + [8] * 20)
