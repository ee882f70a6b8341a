"""The sentences word problems are put together from: openings, changes and questions.

A problem's *template* is the combination of its sentences. Which combinations belong to training
and which are held out is decided in :mod:`evalsuite.tasks.wordproblems`.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CHANGES", "OBJECTS", "OPENINGS", "PEOPLE", "QUESTIONS", "Change", "Opening", "Person"]


@dataclass(frozen=True, slots=True)
class Person:
    """Someone a problem is about."""

    name: str
    she: str
    her: str
    """Object form: gives *her* five."""
    hers: str
    """Possessive form: *her* brother."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first sentence: a number of things, or groups of things that must be multiplied."""

    id: str
    text: str
    has_groups: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One sentence that changes the number of things."""

    id: str
    text: str
    operator: str
    """``+``, ``-``, ``*`` or ``/``."""
    operand: int | None = None
    """The number the words stand for ("half"); None where the number is drawn."""
    is_indirect: bool = False
    """Nobody in the sentence does anything to the number: easy to read past."""


PEOPLE = (
    *(
        Person(name, "she", "her", "her")
        for name in ("Emma", "Mia", "Sofia", "Lena", "Nora", "Ava", "Ruth", "Ines", "Yara", "Clara")
    ),
    *(
        Person(name, "he", "him", "his")
        for name in ("Tom", "Leo", "Ben", "Noah", "Max", "Omar", "Paul", "Ivan", "Hugo", "Sami")
    ),
)

OBJECTS = (
    "apples", "marbles", "stickers", "pencils", "coins", "cards", "shells", "stamps", "beads",
    "cookies", "balloons", "buttons", "pears", "candles", "ribbons", "books", "roses", "lemons",
    "puzzles", "badges",
)  # fmt: skip

OPENINGS = (
    Opening("has", "{name} has {a} {things}."),
    Opening("buys", "{name} buys {a} {things} at the market."),
    Opening("chest", "{name} finds {a} {things} in an old chest."),
    Opening("bag", "There are {a} {things} in {name}'s bag."),
    Opening("owns", "{name} collects {things} and owns {a} of them."),
    Opening("birthday", "For {hers} birthday {name} gets {a} {things}."),
    Opening("boxes", "{name} buys {a} boxes with {b} {things} in each box.", has_groups=True),
    Opening("bags", "{name} fills {a} bags with {b} {things} each.", has_groups=True),
    Opening("friends", "Each of {a} friends gives {name} {b} {things}.", has_groups=True),
)

CHANGES = (
    Change("more", "A neighbor gives {her} {n} more.", "+"),
    Change("another", "Later {she} gets another {n} {things}.", "+"),
    Change("uncle", "{Hers} uncle brings {n} more {things}.", "+"),
    Change("mail", "{N} more arrive in the mail.", "+", is_indirect=True),
    Change("brother", "{She} gives {n} of them to {hers} brother.", "-"),
    Change("lost", "{N} of them get lost on the way home.", "-", is_indirect=True),
    Change("sells", "Then {she} sells {n} {things}.", "-"),
    Change("broken", "{N} of them turn out to be broken.", "-", is_indirect=True),
    Change("twice", "Soon {she} has twice as many.", "*", 2),
    Change("doubles", "{She} saves up and doubles the number of {things}.", "*", 2),
    Change("triples", "By summer the number has tripled.", "*", 3, is_indirect=True),
    Change("grows", "Over the year the number doubles.", "*", 2, is_indirect=True),
    Change("half", "{She} gives half of them to {hers} sister.", "/", 2),
    Change("shares", "{She} splits them equally with a friend and keeps {hers} half.", "/", 2),
    Change("third", "{She} keeps only a third of them.", "/", 3),
    Change("good", "Only half of the {things} are still good.", "/", 2, is_indirect=True),
)

QUESTIONS = (
    Change("now", "How many {things} does {name} have now?", ""),
    Change("end", "How many {things} does {she} have in the end?", ""),
    Change("price", "{She} sells all of them for ${n} each. How many dollars does {she} get?", "*"),
)
