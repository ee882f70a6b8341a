"""Word problems in the manner of GSM8K, generated from a seed, with gold steps.

A problem is an opening, up to three changes and a question. Its template (the combination of
sentences) decides by a checksum which split it belongs to, so that no combination of a held-out
problem is ever seen in training. The arithmetic stays between 1 and 40 and its facts do occur in
training: the held-out splits measure whether a model combines known sentences in new ways.

A gain on them may come from doing the right operations or from doing them right: of what a response
calculates, ``follows_gold`` looks at operators and operands, ``n_true`` at results only.
"""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Question
from evalsuite.seeds import draws, stream
from evalsuite.tasks.problem_draws import (
    Split,
    calculate,
    draw_problems,
    pick,
    sentence_words,
    template_split,
)
from evalsuite.tasks.sentences import CHANGES, OBJECTS, OPENINGS, PEOPLE, QUESTIONS, TWINS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "GENERATOR_VERSION",
    "Calculations",
    "Split",
    "Step",
    "asked_problems",
    "continue_steps",
    "read_calculations",
    "steps_of",
    "template_split",
    "twins",
    "word_problems",
]

_CALCULATION = re.compile(
    r"(?<![0-9.])([0-9]{1,9}) ?([-+*/]) ?([0-9]{1,9}) ?= ?([0-9]{1,9})(?![0-9.]*[0-9])"
)

GENERATOR_VERSION = "1"
"""Changes whenever a sentence or a number range changes: the fixed test split changes with it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One gold calculation, such as ``12 + 5 = 17``."""

    left: int
    operator: str
    right: int
    result: int
    is_indirect: bool = False

    def __str__(self) -> str:
        """Write the step the way ``Question.gold_steps`` stores it."""
        return f"{self.left}{self.operator}{self.right}={self.result}"


def word_problems(split: Split, *, n: int | None = None, seed: int = 0) -> tuple[Question, ...]:
    """Generate the word problems of one split; no two splits share a template.

    By default there are 20,000, 300 and 1,319 of train, dev and test; a smaller n gives the first
    n. Another seed gives other problems of the same templates; the test split is fixed. All texts
    differ. ``metadata`` holds ``steps`` (how many calculations), ``template`` (its signature) and
    ``indirect`` (positions of the calculations an indirect sentence asks for).

    Raises
    ------
    InvalidInputError
        For an unknown split, n outside 1 to 100,000, more than 1,319 test problems, or a seed
        other than 0 for the test split.

    Examples
    --------
    >>> problem = word_problems("test", n=1)[0]
    >>> problem.id, problem.gold == problem.gold_steps[-1].split("=")[1]
    ('wp-test-0001', True)
    """
    return tuple(
        [
            _question(identity, text, [Step(*step) for step in steps], signature, things)
            for identity, text, steps, signature, things in draw_problems(split, n, seed)
        ]
    )


def asked_problems(split: Split, *, n: int | None = None, seed: int = 0) -> tuple[Question, ...]:
    """Generate the same problems as they are asked: no worked solution, no metadata, less work.

    Examples
    --------
    >>> problem, asked = word_problems("dev", n=1)[0], asked_problems("dev", n=1)[0]
    >>> (problem.id, problem.text, problem.gold) == (asked.id, asked.text, asked.gold)
    True
    """
    return tuple(
        [
            Question(id=identity, text=text, gold=str(result))
            for identity, text, (*_, (_, _, _, result, _)), _, _ in draw_problems(split, n, seed)
        ]
    )


def twins(questions: Sequence[Question]) -> tuple[Question, ...]:
    """Word generated problems afresh: same numbers, same steps, other sentences, person and things.

    Whoever calculates gains on them what it gains on the problems; what was learned by the words of
    the problems is lost. Ids say ``twin`` in place of the split.

    Examples
    --------
    >>> problem = word_problems("test", n=1)[0]
    >>> (twin,) = twins([problem])
    >>> twin.id, twin.gold == problem.gold, twin.text == problem.text
    ('wp-twin-0001', True, False)
    """
    return tuple(map(_twin, questions))


def _twin(question: Question) -> Question:
    below = draws(stream(0, "twins", question.id))
    text, steps = question.text or "", steps_of(question)
    person = pick(below, [each for each in PEOPLE if each.name not in text])
    things = pick(below, [each for each in OBJECTS if each not in text])
    words = sentence_words(person, things)
    signature = question.metadata["template"]
    opening, *changes = signature.split(".")
    has_groups = any(each.id == opening and each.has_groups for each in OPENINGS)
    first, waiting = steps[0], iter(steps[1:] if has_groups else steps)
    sentences = [TWINS[opening].format(a=first.left, b=first.right, **words)]
    operators = {change.id: change.operator for change in (*CHANGES, *QUESTIONS)}
    for change in changes:
        n = next(waiting).right if operators[change] else 0
        sentences.append(TWINS[change].format(n=n, N=n, **words))
    _, _, number = question.id.rpartition("-")
    identity = f"wp-twin-{number}"
    return _question(identity, " ".join(sentences), list(steps), signature, things)


def steps_of(question: Question) -> tuple[Step, ...]:
    """Read the gold steps of a generated problem back as numbers, in order of calculation.

    Examples
    --------
    >>> first = word_problems("test", n=1)[0]
    >>> [str(step) for step in steps_of(first)] == list(first.gold_steps)
    True
    """
    indirect = question.metadata["indirect"]
    return tuple(_parse_step(text, i in indirect) for i, text in enumerate(question.gold_steps))


def continue_steps(start: int, steps: Sequence[Step]) -> tuple[Step, ...] | None:
    """Carry a number through the operators and right sides of some steps.

    None where a division leaves a rest or a result leaves 1 to 40.

    Examples
    --------
    >>> [str(step) for step in continue_steps(9, [Step(1, "+", 3, 4), Step(4, "/", 2, 2)])]
    ['9+3=12', '12/2=6']
    """
    followed = []
    for step in steps:
        result = calculate(start, step.operator, step.right)
        if result is None:
            return None
        followed.append(replace(step, left=start, result=result))
        start = result
    return tuple(followed)


def _parse_step(text: str, is_indirect: bool) -> Step:
    expression, result = text.split("=")
    operator = next(sign for sign in "+-*/" if sign in expression)
    left, right = expression.split(operator)
    return Step(int(left), operator, int(right), int(result), is_indirect)


def _question(identity: str, text: str, steps: list[Step], signature: str, things: str) -> Question:
    written = [str(step) for step in steps]
    lines = [
        f"{step.left} {step.operator} {step.right} = <<{calculation}>>{step.result} {things}."
        for step, calculation in zip(steps, written, strict=True)
    ]
    if signature.endswith(".price"):
        lines[-1] = f"{lines[-1].removesuffix(f'{things}.')}dollars."
    return Question(
        id=identity,
        text=text,
        gold=str(steps[-1].result),
        gold_text="\n".join([*lines, f"#### {steps[-1].result}"]),
        gold_steps=tuple(written),
        metadata={
            "steps": len(steps),
            "template": signature,
            "indirect": [i for i, step in enumerate(steps) if step.is_indirect],
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculations:
    """The calculations of one response to one generated problem."""

    n_written: int
    """Distinct calculations, repeats by a check of the work not counted."""
    n_true: int
    """Those whose result is right."""
    follows_gold: bool
    """Same operators and right sides as the gold steps, in order; results may be wrong."""


def read_calculations(text: str, question: Question) -> Calculations:
    """Read the calculations a response to a generated word problem writes out.

    Examples
    --------
    >>> from evalsuite.tasks.wordproblems import word_problems
    >>> question = word_problems("train", n=1)[0]
    >>> read_calculations(question.gold_text, question).follows_gold
    True
    """
    written = list(dict.fromkeys(match.groups() for match in _CALCULATION.finditer(text)))
    gold = [(step.operator, str(step.right)) for step in steps_of(question)]
    return Calculations(
        n_written=len(written),
        n_true=sum(_is_true(*calculation) for calculation in written),
        follows_gold=[(operator, right) for _, operator, right, _ in written] == gold,
    )


def _is_true(left: str, operator: str, right: str, result: str) -> bool:
    a, b, written = Fraction(left), Fraction(right), Fraction(result)
    if operator == "/":
        return b != 0 and a / b == written
    return {"+": a + b, "-": a - b, "*": a * b}[operator] == written
