"""Names of models and tasks: short enough for a sentence or a heading, never mistaken for others.

Nothing here knows what the models did, or which words surround their names.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from evalsuite.records.judged import Judged

__all__ = ["LONGEST", "SPLITS", "model_names", "names_of", "task_label"]

LONGEST = 28
"""Characters of a name: what a column's heading has room for. The page's title has them whole."""
SPLITS = ("test", "train", "dev")
_READ = 400
_NAMELESS = "model"
"""What training calls the folder that it saves: a sentence with it would name nothing."""


def model_names(base: str, trained: str) -> dict[str, str]:
    """Name each model where its name is more than its role.

    Neither is named where both have one name, or where one would be called what the other is: a
    training may well start from a model that is called ``trained``.

    Examples
    --------
    >>> model_names("base", "org/Qwen2.5-Coder-0.5B-Instruct-grpo")
    {'trained': '….5-Coder-0.5B-Instruct-grpo'}
    >>> model_names("trained", "org/model")
    {}
    """
    sides = ("base", "trained")
    short = _told_apart(one_line(base, longest=_READ), one_line(trained, longest=_READ))
    names = {s: n for s, n in zip(sides, short, strict=True) if n not in (s, _NAMELESS)}
    first, second = (names.get(side, side).casefold() for side in sides)
    is_mistaken = first in (second, "trained") or second == "base"
    return {} if is_mistaken else names


def names_of(judged: Judged) -> dict[str, str]:
    """Name the models that a whole record speaks of: of several trained ones none is *the* one."""
    if isinstance(judged, RecipeComparison):
        return model_names(judged.recipe.base, judged.recipe.trained)
    first = judged.parts[0]
    names = model_names(first.base.name, first.trained.name)
    is_one = len({part.trained.name for part in judged.parts}) == 1
    return {side: name for side, name in names.items() if is_one or side == "base"}


def task_label(task: str) -> str:
    """Name a task without the split that a file of questions does not have.

    Examples
    --------
    >>> task_label("gsm8k test"), task_label("algebra.jsonl test")
    ('gsm8k test', 'algebra.jsonl')
    """
    name, _, split = task.rpartition(" ")
    return name if "." in name and split in SPLITS else task


def _told_apart(first: str, second: str) -> tuple[str, str]:
    """Shorten both by their folders, then from the left; where that makes them one, in the middle.

    Ends differ more often than beginnings: a trained model is mostly its base with something added.
    """
    (folder, _, one), (other_folder, _, two) = first.rpartition("/"), second.rpartition("/")
    if folder == other_folder and max(len(first), len(second)) > LONGEST and one and two:
        first, second = one, two  # of neighbours, never one alone loses its folder
    short = _shortened(first), _shortened(second)
    if short[0] != short[1]:
        return short
    pairs = zip(first, second, strict=False)
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return _around(first, shared), _around(second, shared)


def _shortened(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    own = name.rstrip("/").rpartition("/")[2]
    return own if 0 < len(own) <= LONGEST else "…" + name[1 - LONGEST :]


def _around(name: str, place: int) -> str:
    """Show what lies around a place."""
    start = max(0, place - LONGEST // 2)
    window = name[start : start + LONGEST - 2]
    return "…" * (start > 0) + window + "…" * (start + len(window) < len(name))
