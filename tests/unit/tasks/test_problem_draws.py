"""Problems as they are drawn, and the same ones with and without what is solved in them."""

from __future__ import annotations

import hashlib

import pytest

from evalsuite.records.codec import to_line
from evalsuite.tasks.problem_draws import draw_problems, template_split
from evalsuite.tasks.wordproblems import Split, asked_problems, word_problems


@pytest.mark.parametrize(
    ("split", "n", "seed", "digest"),
    [
        ("train", 4000, 7, "7ee0844bd2faefeb"),
        ("dev", None, 0, "310a737642dc6847"),
        ("test", None, 0, "51e16a2abe55d0ac"),
    ],
)
def test_every_field_of_a_problem_stays_as_it_was(
    split: Split, n: int | None, seed: int, digest: str
) -> None:
    """Solutions and metadata are trained on, too: then raise GENERATOR_VERSION and these hashes."""
    lines = "".join(map(to_line, word_problems(split, n=n, seed=seed)))
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize("split", ["train", "dev"])
def test_problems_as_they_are_asked_are_the_same_problems(split: Split) -> None:
    whole, asked = (make(split, n=300, seed=3) for make in (word_problems, asked_problems))
    assert [(q.id, q.text, q.gold) for q in whole] == [(q.id, q.text, q.gold) for q in asked]
    assert not any(q.gold_text or q.gold_steps or q.metadata for q in asked)


def test_no_problem_is_drawn_of_another_splits_template_or_twice() -> None:
    problems = list(draw_problems("dev", 300, 1))
    assert {template_split(problem.signature) for problem in problems} == {"dev"}
    assert len({problem.text for problem in problems}) == len(problems)
    assert all(1 <= result <= 40 for p in problems for *_, result, _ in p.steps)
