"""The policy of a gate: rules in a TOML file, written before looking and kept with the code.

A section ``[tasks.NAME]`` replaces single rules for one task, ``[tasks."*"]`` for every task. Of a
suite the rules outside are about all tasks together, and the sections about each of its own. What
is unknown is refused: a mistyped rule would let every checkpoint pass.
"""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING, Any, get_args

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.models.project import nearest, read_toml
from evalsuite.records.verdict import Decision, Qualifier
from evalsuite.verdict.gate import GateRules

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.verdict import Verdict

__all__ = [
    "GOALS",
    "gate_rules",
    "read_policy",
    "read_suite_policy",
    "refuse_other_margin",
    "words",
]

GOALS = (*get_args(Decision), "non_inferior")
_WORDS = {"require": GOALS, "forbid": (*get_args(Qualifier), *get_args(Decision))}
_EVERY = "*"
"""Section of every task."""
_SHARES = ("max_truncation", "max_loss_rate")
_RULES = (*_WORDS, *_SHARES, "margin", "non_inferior")


def read_policy(path: Path, task: str) -> dict[str, Any]:
    """Read the rules for a task, such as ``gsm8k test``: the file's, then those of its sections.

    A section's name is the task's with or without its split, or ``*``; the longer name wins.
    ``margin`` is in points, shares are from 0 to 1. Raises InvalidInputError for a rule that does
    not exist or a value it can't have, in any section.
    """
    settings, sections = _read(path)
    return settings | _of_task(sections, task)


def read_suite_policy(
    path: Path, tasks: Sequence[str]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Read the rules for all tasks together, and those of each task that has a section."""
    settings, sections = _read(path)
    own = {task: _of_task(sections, task) for task in tasks}
    return settings, {task: {"require": ()} | rules for task, rules in own.items() if rules}


def _read(path: Path) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    settings = read_toml(path)
    sections = settings.pop("tasks", {})
    if not isinstance(sections, dict) or not all(isinstance(s, dict) for s in sections.values()):
        raise InvalidInputError("tasks in {path} must be sections such as [tasks.gsm8k]", path=path)
    checked = {
        name: _checked(section, Clause("[{name}] in {origin}", name=f"tasks.{name}", origin=path))
        for name, section in sections.items()
    }
    return _checked(settings, str(path)), checked


def _of_task(sections: Mapping[str, dict[str, Any]], task: str) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    for name in (_EVERY, _without_split(task), task):  # the longer name last, so that it wins
        rules |= sections.get(name, {})
    return rules


def gate_rules(values: Mapping[str, Any]) -> GateRules:
    """Make the rules of a gate; what is absent is not asked for."""
    return GateRules(**{name: value for name, value in values.items() if name != "margin"})


def refuse_other_margin(points: float | None, verdict: Verdict) -> None:
    """Refuse a comparison that was judged with another margin than the policy's, in points.

    Its claims, adjusted for their family, are about its own margin and no other.
    """
    judged = 100 * verdict.policy.margin
    if points is not None and not isclose(points, judged):
        raise InvalidInputError(
            "the policy's margin is {points:g} points, and this was judged with {judged:g}; "
            "compare again with --margin {points:g}, which generates nothing",
            points=points,
            judged=judged,
        )


def words(given: Any, rule: str, place: str | None = None) -> tuple[str, ...]:
    """Read decisions or qualifiers, as a list or with commas; ``rule`` is require or forbid.

    ``place`` names what holds them in a message: an option, where it is left out.
    """
    place = place or f"--{rule}"
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, (list, tuple)) or not all(isinstance(part, str) for part in parts):
        raise InvalidInputError("{place} must be a list of words", place=place)
    known = _WORDS[rule]
    chosen = tuple(part.strip() for part in parts if part.strip())
    for word in chosen:
        if word not in known:
            raise InvalidInputError(
                "{place}: {word!r} is unknown; use {known}",
                place=place,
                word=word,
                known=joined(known),
            )
    return chosen


def _without_split(task: str) -> str:
    return task.rpartition(" ")[0] or task


def _checked(section: dict[str, Any], origin: str) -> dict[str, Any]:
    for name in section:
        if name not in _RULES:
            raise InvalidInputError(
                "{origin} has no rule {name!r}; {hint}",
                origin=origin,
                name=name,
                hint=nearest(name, _RULES),
            )
    return {name: _value(name, value, origin) for name, value in section.items()}


def _value(name: str, value: Any, origin: str) -> Any:
    if name in _WORDS:
        place = Clause("{name} in {origin}", name=name, origin=origin)
        return words(value, name, place)
    if name == "non_inferior":
        if not isinstance(value, bool):
            raise InvalidInputError(
                "{name} in {origin} must be true or false", name=name, origin=origin
            )
        return value
    largest = 1 if name in _SHARES else 100
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not 0 <= value <= largest:  # NaN is refused as well
        raise InvalidInputError(
            "{name} in {origin} must be a number from 0 to {largest}",
            name=name,
            origin=origin,
            largest=largest,
        )
    return float(value)
