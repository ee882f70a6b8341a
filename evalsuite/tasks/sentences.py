"""The sentences word problems are put together from: openings, changes and questions.

A problem's *template* is the combination of its sentences. Which combinations belong to training
and which are held out is decided in :mod:`evalsuite.tasks.wordproblems`.
"""

from __future__ import annotations

from evalsuite.records.dataclass import dataclass

__all__ = [
    "CHANGES",
    "OBJECTS",
    "OPENINGS",
    "PEOPLE",
    "QUESTIONS",
    "TWINS",
    "Change",
    "Opening",
    "Person",
]


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

TWINS = {
    "has": "In {name}'s room there are {a} {things}.",
    "buys": "At a shop {name} pays for {a} {things}.",
    "chest": "Under the roof {name} discovers {a} {things}.",
    "bag": "{name} carries {a} {things} in a basket.",
    "owns": "The collection of {name} counts {a} {things}.",
    "birthday": "{name} unwraps {a} {things} at a party.",
    "boxes": "{name} orders {a} crates, and every crate holds {b} {things}.",
    "bags": "{name} packs {b} {things} into each of {a} sacks.",
    "friends": "{a} cousins hand {name} {b} {things} apiece.",
    "more": "Somebody next door adds {n} to them.",
    "another": "After lunch {n} {things} come on top.",
    "uncle": "A visitor leaves {n} {things} for {her}.",
    "mail": "A parcel with {n} further ones is delivered.",
    "brother": "A cousin is given {n} of them.",
    "lost": "{N} of them vanish during a walk.",
    "sells": "{N} {things} go to a buyer.",
    "broken": "{N} of them prove to be useless.",
    "twice": "Before long {she} owns two times that number.",
    "doubles": "{She} works until there are two times as many {things}.",
    "triples": "A season later there are three times as many.",
    "grows": "Twelve months later there are two times as many.",
    "half": "Every second one goes to a cousin.",
    "shares": "{She} lets a classmate take an equal part, one of two.",
    "third": "Two of every three are given away.",
    "good": "Every second one of the {things} has gone bad.",
    "now": "What is the number of {things} that {name} owns at this point?",
    "end": "What is the number of {things} left to {her} at last?",
    "price": "A buyer takes all of them and pays ${n} apiece. How many dollars are paid?",
}
"""Other words for the same sentences, by their id: no training ever had these."""
