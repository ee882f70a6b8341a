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
import zlib
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Literal, TypeAlias, TypeVar

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Question
from evalsuite.seeds import draws, stream
from evalsuite.tasks.sentences import (
    CHANGES,
    OBJECTS,
    OPENINGS,
    PEOPLE,
    QUESTIONS,
    TWINS,
    Change,
    Opening,
    Person,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "GENERATOR_VERSION",
    "Calculations",
    "Split",
    "Step",
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

Split = Literal["train", "dev", "test"]

_SIZES: dict[Split, int] = {"train": 20_000, "dev": 300, "test": 1_319}
_LARGEST = 40
_STEP_COUNTS = (1, 1, 2, 2, 2, 3, 3, 3)
"""Shares of the problems with one, two and three calculations."""
_QUESTION_SHARES = (0, 0, 0, 1, 1, 1, 2)
"""How often each question of ``QUESTIONS`` is drawn."""
_T = TypeVar("_T")
_Draws: TypeAlias = "Callable[[int], int]"
"""Draws one whole number below another."""


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


@dataclass(frozen=True, slots=True)
class _Template:
    opening: Opening
    changes: tuple[Change, ...]
    """The question's own last."""

    @property
    def signature(self) -> str:
        return ".".join([self.opening.id, *[change.id for change in self.changes]])


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
    count = _checked_count(split, n, seed)
    below = draws(stream(seed, "word problems", split))
    series = "" if seed == 0 else f"{seed}-"
    problems: dict[str, Question] = {}
    while len(problems) < count:
        identity = f"wp-{split}-{series}{len(problems) + 1:04d}"
        question = _draw(below, split, _pick(below, _STEP_COUNTS), identity)
        problems.setdefault(question.text or "", question)
    return tuple(problems.values())


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
    person = _pick(below, [each for each in PEOPLE if each.name not in text])
    things = _pick(below, [each for each in OBJECTS if each not in text])
    words = _words(person, things)
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


def template_split(signature: str) -> Split:
    """Say which split a template belongs to, by its signature (sentence ids joined by dots).

    ``test`` for two tenths of all signatures, ``dev`` for one tenth, else ``train``.

    Examples
    --------
    >>> template_split("has.more.now") in ("train", "dev", "test")
    True
    """
    bucket = zlib.crc32(signature.encode()) % 10
    return "test" if bucket < 2 else "dev" if bucket == 2 else "train"


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
        result = _calculate(start, step.operator, step.right)
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


def _checked_count(split: Split, n: int | None, seed: int) -> int:
    if split not in _SIZES:
        raise InvalidInputError("there is no split {split!r}; use train, dev or test.", split=split)
    if split == "test" and seed != 0:
        raise InvalidInputError(
            "the test split is fixed, seed {seed} is not possible; use 0.", seed=seed
        )
    largest = _SIZES["test"] if split == "test" else 100_000
    count = _SIZES[split] if n is None else n
    if not 1 <= count <= largest:
        raise InvalidInputError(
            "n is {count}; the {split} split has 1 to {largest} problems.",
            count=count,
            split=split,
            largest=largest,
        )
    return count


def _draw(below: _Draws, split: Split, n_steps: int, identity: str) -> Question:
    while True:
        template = _draw_template(below, n_steps)
        signature = "" if template is None else template.signature
        if template is not None and template_split(signature) == split:
            person, things = _pick(below, PEOPLE), _pick(below, OBJECTS)
            numbers = _draw_numbers(below, template)
            if numbers is not None:
                text = _written(template, numbers, _words(person, things))
                return _question(identity, text, numbers.steps, signature, things)


def _draw_template(below: _Draws, n_steps: int) -> _Template | None:
    opening, question = _pick(below, OPENINGS), QUESTIONS[_pick(below, _QUESTION_SHARES)]
    n_changes = n_steps - opening.has_groups - bool(question.operator)
    if n_changes < 0:
        return None
    changes = tuple([_pick(below, CHANGES) for _ in range(n_changes)])
    if n_changes > 1 and len({change.id for change in changes}) < n_changes:
        return None
    return _Template(opening, (*changes, question))


@dataclass(frozen=True, slots=True)
class _Numbers:
    """The numbers of one problem: of its opening, of each change, and what they come to."""

    opening: tuple[int, int]
    operands: list[int]
    steps: list[Step]


def _draw_numbers(below: _Draws, template: _Template) -> _Numbers | None:
    """Draw the numbers; None where they leave the range or a division has a rest."""
    has_groups = template.opening.has_groups
    a, b = (2 + below(5), 2 + below(8)) if has_groups else (5 + below(20), 0)
    amount = a * b if has_groups else a
    if amount > _LARGEST:
        return None
    steps = [Step(a, "*", b, amount)] if has_groups else []
    operands = []
    for change in template.changes:
        operand = change.operand or 2 + below(3 if change.operator == "*" else 8)
        operands.append(operand)
        if change.operator:
            result = _calculate(amount, change.operator, operand)
            if result is None:
                return None
            steps.append(Step(amount, change.operator, operand, result, change.is_indirect))
            amount = result
    return _Numbers((a, b), operands, steps)


def _written(template: _Template, numbers: _Numbers, words: dict[str, str]) -> str:
    a, b = numbers.opening
    sentences = [template.opening.text.format(a=a, b=b, **words)]
    for change, n in zip(template.changes, numbers.operands, strict=True):
        sentences.append(change.text.format(n=n, N=n, **words))
    return " ".join(sentences)


def _words(person: Person, things: str) -> dict[str, str]:
    return {
        "name": person.name,
        "things": things,
        "she": person.she,
        "her": person.her,
        "hers": person.hers,
        "She": person.she.capitalize(),
        "Hers": person.hers.capitalize(),
    }


def _calculate(left: int, operator: str, right: int) -> int | None:
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    else:
        result, rest = divmod(left, right)
        if rest:
            return None
    return result if 1 <= result <= _LARGEST else None


def _question(identity: str, text: str, steps: list[Step], signature: str, things: str) -> Question:
    unit = "dollars" if signature.endswith(".price") else things
    lines = [
        f"{step.left} {step.operator} {step.right} = <<{step}>>{step.result}"
        f" {unit if step is steps[-1] else things}."
        for step in steps
    ]
    return Question(
        id=identity,
        text=text,
        gold=str(steps[-1].result),
        gold_text="\n".join([*lines, f"#### {steps[-1].result}"]),
        gold_steps=tuple(str(step) for step in steps),
        metadata={
            "steps": len(steps),
            "template": signature,
            "indirect": [i for i, step in enumerate(steps) if step.is_indirect],
        },
    )


def _pick(below: _Draws, choices: Sequence[_T]) -> _T:
    return choices[below(len(choices))]


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
