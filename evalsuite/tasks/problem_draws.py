"""Word problems as they are drawn: which sentences, whose names, which numbers.

Many draws are in vain: of another split's template, or with numbers out of range. It makes no
`Question` and does not know what is done with one.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, TypeVar

from evalsuite.errors import InvalidInputError
from evalsuite.seeds import draws, stream
from evalsuite.tasks.sentences import (
    CHANGES,
    OBJECTS,
    OPENINGS,
    PEOPLE,
    QUESTIONS,
    Change,
    Opening,
    Person,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "SIZES",
    "Calculation",
    "Problem",
    "Split",
    "calculate",
    "draw_problems",
    "pick",
    "sentence_words",
    "template_split",
]

Split = Literal["train", "dev", "test"]

SIZES: dict[Split, int] = {"train": 20_000, "dev": 300, "test": 1_319}
"""How many problems a split has, unless told otherwise."""
_TRAIN: Split = "train"
_SPLITS: tuple[Split, ...] = ("test", "test", "dev", *[_TRAIN] * 7)
"""By the last digit of a template's checksum."""
_LARGEST = 40
_STEP_COUNTS = (1, 1, 2, 2, 2, 3, 3, 3)
"""Shares of the problems with one, two and three calculations."""
_QUESTION_SHARES = (0, 0, 0, 1, 1, 1, 2)
"""How often each question of ``QUESTIONS`` is drawn."""
T = TypeVar("T")
Draws: TypeAlias = "Callable[[int], int]"
"""Draws one whole number below another."""
Calculation: TypeAlias = tuple[int, str, int, int, bool]
"""Left, operator, right, result, and whether an indirect sentence asks for it; a tuple, as many are
drawn in vain."""


class _Template(NamedTuple):
    """The sentences of a problem."""

    opening: Opening
    changes: tuple[Change, ...]
    """The question's own last."""

    @property
    def signature(self) -> str:
        return ".".join([self.opening.id, *[change.id for change in self.changes]])


class Problem(NamedTuple):
    """A problem as it was drawn."""

    identity: str
    text: str
    steps: list[Calculation]
    signature: str
    things: str


def draw_problems(split: Split, n: int | None, seed: int) -> Iterable[Problem]:
    """Draw the problems of a split, all texts different.

    Raises
    ------
    InvalidInputError
        For an unknown split, n outside 1 to 100,000, more than 1,319 test problems, or a seed
        other than 0 for the test split.
    """
    count = _checked_count(split, n, seed)
    below = draws(stream(seed, "word problems", split))
    series = "" if seed == 0 else f"{seed}-"
    problems: dict[str, Problem] = {}
    while len(problems) < count:
        identity = f"wp-{split}-{series}{len(problems) + 1:04d}"
        problem = _draw(below, split, pick(below, _STEP_COUNTS), identity)
        problems.setdefault(problem.text, problem)
    return problems.values()


def template_split(signature: str) -> Split:
    """Say which split a template belongs to, by its signature (sentence ids joined by dots).

    ``test`` for two tenths of all signatures, ``dev`` for one tenth, else ``train``.

    Examples
    --------
    >>> template_split("has.more.now") in ("train", "dev", "test")
    True
    """
    return _SPLITS[zlib.crc32(signature.encode()) % 10]


def _checked_count(split: Split, n: int | None, seed: int) -> int:
    if split not in SIZES:
        raise InvalidInputError("there is no split {split!r}; use train, dev or test.", split=split)
    if split == "test" and seed != 0:
        raise InvalidInputError(
            "the test split is fixed, seed {seed} is not possible; use 0.", seed=seed
        )
    largest = SIZES["test"] if split == "test" else 100_000
    count = SIZES[split] if n is None else n
    if not 1 <= count <= largest:
        raise InvalidInputError(
            "n is {count}; the {split} split has 1 to {largest} problems.",
            count=count,
            split=split,
            largest=largest,
        )
    return count


def _draw(below: Draws, split: Split, n_steps: int, identity: str) -> Problem:
    while True:
        template = _draw_template(below, n_steps)
        signature = "" if template is None else template.signature
        if template is not None and template_split(signature) == split:
            person, things = pick(below, PEOPLE), pick(below, OBJECTS)
            numbers = _draw_numbers(below, template)
            if numbers is not None:
                text = _written(template, numbers, sentence_words(person, things))
                return Problem(identity, text, numbers.steps, signature, things)


def _draw_template(below: Draws, n_steps: int) -> _Template | None:
    opening, question = pick(below, OPENINGS), QUESTIONS[pick(below, _QUESTION_SHARES)]
    n_changes = n_steps - opening.has_groups - bool(question.operator)
    if n_changes < 0:
        return None
    changes = tuple([pick(below, CHANGES) for _ in range(n_changes)])
    if n_changes > 1 and len({change.id for change in changes}) < n_changes:
        return None
    return _Template(opening, (*changes, question))


class _Numbers(NamedTuple):
    """The numbers of one problem: of its opening, of each change, and what they come to."""

    opening: tuple[int, int]
    operands: list[int]
    steps: list[Calculation]


def _draw_numbers(below: Draws, template: _Template) -> _Numbers | None:
    """Draw the numbers; None where they leave the range or a division has a rest."""
    has_groups = template.opening.has_groups
    a, b = (2 + below(5), 2 + below(8)) if has_groups else (5 + below(20), 0)
    amount = a * b if has_groups else a
    if amount > _LARGEST:
        return None
    steps = [(a, "*", b, amount, False)] if has_groups else []
    operands = []
    for change in template.changes:
        operand = change.operand or 2 + below(3 if change.operator == "*" else 8)
        operands.append(operand)
        if change.operator:
            result = calculate(amount, change.operator, operand)
            if result is None:
                return None
            steps.append((amount, change.operator, operand, result, change.is_indirect))
            amount = result
    return _Numbers((a, b), operands, steps)


def _written(template: _Template, numbers: _Numbers, words: dict[str, Any]) -> str:
    a, b = numbers.opening
    sentences = [template.opening.text.format_map(words | {"a": a, "b": b})]
    for change, n in zip(template.changes, numbers.operands, strict=True):
        sentences.append(change.text.format_map(words | {"n": n, "N": n}))
    return " ".join(sentences)


def sentence_words(person: Person, things: str) -> dict[str, Any]:
    """Give the words that sentences leave open."""
    return {
        "name": person.name,
        "things": things,
        "she": person.she,
        "her": person.her,
        "hers": person.hers,
        "She": person.she.capitalize(),
        "Hers": person.hers.capitalize(),
    }


def calculate(left: int, operator: str, right: int) -> int | None:
    """Calculate one step; None where a division has a rest or the result leaves 1 to 40."""
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


def pick(below: Draws, choices: Sequence[T]) -> T:
    """Draw one of the choices."""
    return choices[below(len(choices))]
