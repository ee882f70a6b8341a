"""Stored runs of any size, made without a model: what growth is measured on.

Responses take nine tenths of the budget and more, one in sixteen all of it. Their text is words of
four letters, one a token; a boxed number stands at the end, right for seven in ten of base and
eight in ten of trained.
"""

from __future__ import annotations

import sys
from pathlib import Path

from evalsuite.disk.imported import store_run
from evalsuite.disk.storage import run_folder
from evalsuite.records.run import Decoding, ModelSpec, Question, Response, Run, RunSpec
from evalsuite.seeds import stream
from evalsuite.tasks.grading import grade_response, task_of_run
from evalsuite.tasks.questions import questions_sha256

__all__ = ["make_runs"]

RIGHT = {"base": 0.7, "trained": 0.8}


def make_runs(
    root: Path, *, questions: int, tokens: int, samples: int = 1, models: int = 1, tasks: int = 1
) -> list[Path]:
    """Write the runs of base and of so many trained models below ``root``, one a task."""
    asked = tuple(
        Question(id=f"made-{i:06d}", text=f"How much is {i} and {i}?", gold=str(2 * i))
        for i in range(questions)
    )
    names = ["base", *(f"trained-{i}" for i in range(models))]
    return [
        _write(root, name, f"made-{i}", asked, tokens=tokens, samples=samples)
        for i in range(tasks)
        for name in names
    ]


def _write(
    root: Path, name: str, task: str, asked: tuple[Question, ...], *, tokens: int, samples: int
) -> Path:
    spec = RunSpec(
        model=ModelSpec(name=name, source="folder", location=name, weights=name),
        task=task,
        split="test",
        question_ids=tuple(question.id for question in asked),
        questions_sha256=questions_sha256(asked),
        prompt="plain@1",
        prompts_sha256="made",
        decoding=Decoding(
            max_new_tokens=tokens, samples=samples, temperature=0.0 if samples == 1 else 1.0
        ),
        dtype="float32",
        engine="hf",
    )
    responses = _responses(name, task, asked, tokens=tokens, samples=samples)
    grader, by_id = task_of_run(spec), {question.id: question for question in asked}
    grades = tuple(grade_response(r, by_id[r.question_id], grader) for r in responses)
    run = Run(spec=spec, environment={}, questions=asked, responses=responses, grades=grades)
    folder = run_folder(root, spec)
    store_run(folder, run)
    return folder


def _responses(
    name: str, task: str, asked: tuple[Question, ...], *, tokens: int, samples: int
) -> tuple[Response, ...]:
    rng = stream(0, task, name)
    rows = [(question, sample) for question in asked for sample in range(samples)]
    shares, right = rng.random(len(rows)), rng.random(len(rows)) < RIGHT[name.partition("-")[0]]
    return tuple(
        _response(question, sample, share=share, is_right=bool(is_right), tokens=tokens)
        for (question, sample), share, is_right in zip(rows, shares, right, strict=True)
    )


def _response(
    question: Question, sample: int, *, share: float, is_right: bool, tokens: int
) -> Response:
    n = tokens if share > 15 / 16 else max(1, int(tokens * (0.9 + share / 10)))
    answer = int(question.gold or 0) + (0 if is_right else 1)
    end = f"\\boxed{{{answer}}}"
    text = "word " * (n - 1) + end
    ends = (*range(5, 5 * n, 5), len(text))
    return Response(
        question_id=question.id,
        sample=sample,
        text=text,
        token_ends=ends,
        finish="length" if n == tokens else "stop",
        n_tokens=n,
    )


if __name__ == "__main__":
    folder, *sizes = sys.argv[1:]
    n_questions, n_tokens, n_samples = map(int, sizes)
    for made in make_runs(Path(folder), questions=n_questions, tokens=n_tokens, samples=n_samples):
        print(made)
