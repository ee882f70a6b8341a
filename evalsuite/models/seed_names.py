"""From ``trained@*`` to the training seeds behind it: replicates of one recipe, in order of seed.

``NAME@*`` and ``NAME@all`` stand for every alias ``NAME@S``, ``NAME@0,2`` for those listed, and
two or more aliases ``NAME@S`` of one name beside each other mean the same. Models that are several
hypotheses have several names, or say ``alias:NAME@S``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.models.names import read_aliases
from evalsuite.records.replicates import SeedNames

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["expand_seeds"]

_PATTERN = re.compile(r"(?P<name>[\w.-]+)@(?P<seeds>\*|all|\d+(?:,\d+)*)")


def expand_seeds(names: tuple[str, ...], *, folder: Path = Path()) -> SeedNames | None:
    """Find out whether the names ask about a recipe, and which seeds it has.

    Parameters
    ----------
    names
        As typed, base first.
    folder
        Where ``evalsuite.toml`` or ``pyproject.toml`` may be.

    Returns
    -------
    SeedNames or None
        None where each name stands for a model of its own.

    Raises
    ------
    UnknownModelError
        If a seed asked for has no alias.
    InvalidInputError
        If a recipe stands beside other models, or two recipes have different seeds.
    """
    aliases = read_aliases(folder)
    base, *rest = names
    wide = [name for name in names if _is_pattern(name)]
    if not wide and not _are_replicates(rest, aliases):
        return None
    recipe, seeds, left_out = _one_recipe(rest, aliases)
    if not _is_pattern(base):
        return SeedNames(
            base=base, trained=recipe, seeds=seeds, paired_by_seed=False, left_out=left_out
        )
    other, others, also_out = _one_recipe([base], aliases)
    if others != seeds:
        raise InvalidInputError(
            f"{other} has seeds {_listed(others)} and {recipe} has seeds {_listed(seeds)}; train "
            f"the missing ones, or name those that both have: {_common(other, recipe, aliases)}"
        )
    return SeedNames(
        base=other, trained=recipe, seeds=seeds, paired_by_seed=True, left_out=also_out + left_out
    )


def _is_pattern(name: str) -> bool:
    found = _PATTERN.fullmatch(name)
    return found is not None and not found["seeds"].isdigit()


def _are_replicates(names: list[str], aliases: Mapping[str, str]) -> bool:
    """Whether several aliases of one name stand beside each other."""
    found = [_PATTERN.fullmatch(name) for name in names if name in aliases]
    recipes = {match["name"] for match in found if match}
    return len(names) > 1 and len(found) == len(names) and all(found) and len(recipes) == 1


def _one_recipe(
    names: list[str], aliases: Mapping[str, str]
) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Name the recipe, the seeds asked for in order, and the aliases that were left out."""
    found = [_PATTERN.fullmatch(name) for name in names]
    recipes = {match["name"] for match in found if match}
    if not all(found) or len(recipes) != 1:
        raise InvalidInputError(
            f"{' '.join(names)}: the seeds of one recipe stand alone; "
            "compare other models in a command of their own"
        )
    (recipe,) = recipes
    known = _known(recipe, aliases)
    if not known:
        raise UnknownModelError(
            f"no alias {recipe}@SEED in evalsuite.toml; train several seeds first: "
            f"evalsuite train --seeds 5 --alias {recipe}"
        )
    asked: set[int] = set()
    for match in filter(None, found):
        every = match["seeds"] in ("*", "all")
        asked |= set(known) if every else {int(seed) for seed in match["seeds"].split(",")}
    missing = sorted(asked - set(known))
    if missing:
        raise UnknownModelError(
            f"{recipe} has no seed {_listed(missing)}; evalsuite.toml has seeds {_listed(known)}: "
            f"train it with evalsuite train --seed {missing[0]} --alias {recipe}"
        )
    out = tuple(f"{recipe}@{seed}" for seed in known if seed not in asked)
    return recipe, tuple(sorted(asked)), out


def _known(recipe: str, aliases: Mapping[str, str]) -> list[int]:
    found = (_PATTERN.fullmatch(alias) for alias in aliases)
    mine = (match for match in found if match and match["name"] == recipe)
    return sorted(int(match["seeds"]) for match in mine if match["seeds"].isdigit())


def _listed(seeds: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, seeds))


def _common(one: str, other: str, aliases: Mapping[str, str]) -> str:
    both = sorted(set(_known(one, aliases)) & set(_known(other, aliases)))
    if not both:
        return "there is none yet"
    seeds = ",".join(map(str, both))
    return f"evalsuite compare {one}@{seeds} {other}@{seeds}"
