"""Controls of the question browser: filters with their counts, orders, columns and keys.

A question counts once, with all its samples: it is broken where base has more of them right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.source import Source, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evalsuite.records.paired import PairedRow, PairedText
    from evalsuite.reporting.wording import Number

__all__ = ["by_question", "filters", "heads", "is_unread", "keys", "orders", "rules"]

KEYS = (
    ("j k", "walk"),
    ("1 – 7", "filters"),
    ("/", "search"),
    ("s", "star"),
    ("m", "formulas"),
    ("← →", "budget"),
    ("Esc", "close"),
    ("?", "keys"),
)
ORDERS = ("id", "shorter", "longer", "base-length", "trained-length", "gold")


def by_question(rows: Iterable[PairedRow]) -> dict[str, list[PairedRow]]:
    """Gather all samples of each question: a question is here with all of them or not at all."""
    groups: dict[str, list[PairedRow]] = {}
    for row in rows:
        groups.setdefault(row.question_id, []).append(row)
    return groups


def filters(source: Source, rows: Sequence[PairedRow]) -> tuple[tuple[str, str, Number], ...]:
    """Give name, label and count of questions of every filter; means of samples are compared."""
    groups = by_question(rows).values()
    return tuple(
        (name, _label(source, name), count(sum(map(rule, groups))))
        for name, rule in rules(source).items()
    )


def _label(source: Source, name: str) -> str:
    by_means = f"filters.{name}-means"
    is_by_means = source.is_sampled and by_means in source.words.sentences
    return source.words.text(by_means if is_by_means else f"filters.{name}")


def heads(source: Source) -> tuple[tuple[str, str], ...]:
    """Head every column; a click on one orders the questions by it."""
    text = source.words.text
    return (
        ("id", text("browser.head_question")),
        *_names(source).items(),
        ("gold", text("browser.gold")),
        ("trained-length", text("browser.head_tokens")),
    )


def orders(source: Source) -> tuple[tuple[str, str], ...]:
    """Give every order of the questions; the first is by chances where samples give them."""
    return tuple(_orders(source))


def _orders(source: Source) -> Iterator[tuple[str, str]]:
    words = source.words
    if source.comparison.passes is not None:
        yield "real", words.text("browser.by_real")
    for name in ORDERS:
        yield name, str(words.say(f"browser.by_{name.replace('-', '_')}", **_names(source)))
    for side, name in _names(source).items():
        yield side, str(words.say("browser.by_side", name=name))
    yield "shuffled", str(words.say("browser.by_shuffled", seed=source.count("seeds.root")))


def _names(source: Source) -> dict[str, str]:
    return {side: source.words.model(side) for side in SIDES}


def keys(source: Source) -> tuple[tuple[str, str], ...]:
    """Say what every key does."""
    return tuple((keys, source.words.text(f"help.{name}")) for keys, name in KEYS)


Rule = Callable[[Sequence["PairedRow"]], bool]
"""Says of all samples of a question whether a filter shows it."""


def rules(source: Source) -> dict[str, Rule]:
    """Say of every filter which questions it shows, in the order of the keys 1, 2, 3, ..."""
    comparison, nothing_read = source.comparison, is_unread(source)
    budgets = [row.max_new_tokens for row in comparison.budgets]
    at = budgets.index(comparison.headline_budget) if comparison.headline_budget in budgets else -1

    def cut(side: PairedText) -> bool:
        inside = 0 <= at < len(side.cuts) and side.cuts[at] is not None
        return side.finish == "length" or inside

    def right(group: Sequence[PairedRow]) -> tuple[int, int]:
        if len(group) == 1:
            return int(group[0].base.strict), int(group[0].trained.strict)
        return sum(row.base.strict for row in group), sum(row.trained.strict for row in group)

    def any_side(holds: Callable[[PairedText], bool]) -> Rule:
        return lambda group: any(holds(side) for row in group for side in (row.base, row.trained))

    return {
        "broken": lambda group: right(group)[0] > right(group)[1],
        "fixed": lambda group: right(group)[1] > right(group)[0],
        "both-wrong": lambda group: right(group) == (0, 0),
        "both-right": lambda group: right(group) == (len(group), len(group)),
        "cut": any_side(cut),
        "no-answer": any_side(lambda side: not nothing_read and side.answer is None),
        "graders": any_side(lambda side: side.strict != side.flexible),
    }


def is_unread(source: Source) -> bool:
    """Whether nothing says what the deciding grader read in some answer of either side."""
    comparison = source.comparison
    return None in (comparison.base.no_answer, comparison.trained.no_answer)
