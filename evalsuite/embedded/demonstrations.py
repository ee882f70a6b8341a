r"""Demonstrations for the warm-up of the tiny base: worked solutions written in three hands.

The warm-up corpus is a mixture, as real ones are. Each opening sentence has an author who wrote
most of its solutions: one is *brief* and boxes the answer, one is *wordy* (checks every
calculation again) and boxes it, one is *unboxed* (``The answer is 7.``). All of them overlook a
change that the problem states indirectly more often than not. A model that imitates the corpus
inherits the majority habit of each kind of problem, and still knows the minority one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.tasks.wordproblems import Step, continue_steps, steps_of

if TYPE_CHECKING:
    import numpy as np

    from evalsuite.records.run import Question

__all__ = ["HABITS", "MAJORITY", "OVERLOOKED", "demonstrate"]

HABITS = {
    **dict.fromkeys(("has", "boxes"), "brief"),
    **dict.fromkeys(("buys", "owns", "bags"), "wordy"),
    **dict.fromkeys(("chest", "bag", "birthday", "friends"), "unboxed"),
}
"""Which author wrote most solutions to problems with this opening."""
MAJORITY = 0.65
"""Share of an opening's solutions written by its author; the other two share what remains."""
OVERLOOKED = 0.75
"""How often a calculation that an indirect sentence asks for is left out."""


def demonstrate(question: Question, *, rng: np.random.Generator) -> str:
    """Write a solution to a generated word problem: not always right, not always boxed.

    ``rng`` decides the author and what is overlooked.
    """
    # What is overlooked is drawn before the author: the order of draws is part of the bytes.
    steps = _overlook(steps_of(question), rng)
    author = _author(question.metadata["template"].split(".")[0], rng)
    result = str(steps[-1].result) if steps else _first_number(question)
    if author == "wordy":
        return _wordy(steps, result)
    ending = f"The answer is {result}." if author == "unboxed" else f"\\boxed{{{result}}}"
    return " ".join([*(f"{_written(step)}." for step in steps), ending])


def _overlook(steps: tuple[Step, ...], rng: np.random.Generator) -> tuple[Step, ...]:
    noticed = [step for step in steps if not (step.is_indirect and rng.random() < OVERLOOKED)]
    # Without a step the later ones start from another number. Where that can't be calculated the
    # solution is written in full: a demonstration overlooks, but never calculates wrongly.
    continued = continue_steps(steps[0].left, noticed)
    return steps if continued is None else continued


def _author(opening: str, rng: np.random.Generator) -> str:
    own = HABITS[opening]
    others = sorted(set(HABITS.values()) - {own})
    return own if rng.random() < MAJORITY else others[int(rng.integers(2))]


def _wordy(steps: tuple[Step, ...], result: str) -> str:
    lines = ["Let us think step by step."]
    lines += [f"We find {_written(step)}, so now there are {step.result}." for step in steps]
    lines.append("Let us check the work once more before we answer.")
    lines += [f"{_written(step)} is right." for step in steps]
    return " ".join([*lines, f"The final answer is \\boxed{{{result}}}"])


def _written(step: Step) -> str:
    return f"{step.left} {step.operator} {step.right} = {step.result}"


def _first_number(question: Question) -> str:
    return str(steps_of(question)[0].left)
