"""Names of training seeds: ``trained@*`` and the replicates behind it, in order of seed.

``NAME@*`` and ``NAME@all`` stand for every alias ``NAME@S``, ``NAME@0,2`` for those listed, and
two or more aliases ``NAME@S`` of one name beside each other mean the same. Models that are several
hypotheses have several names, or say ``alias:NAME@S``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.errors import Clause, InvalidInputError, UnknownModelError
from evalsuite.models.names import read_aliases
from evalsuite.records.groups.replicates import SeedNames

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["expand_seeds"]

_PATTERN = re.compile(r"(?P<name>[\w.-]+)@(?P<seeds>\*|all|\d+(?:,\d+)*)")


def expand_seeds(names: tuple[str, ...], *, folder: Path = Path()) -> SeedNames | None:
    """Find out whether names as typed, base first, stand for a recipe, and which seeds it has.

    None where each name stands for a model of its own. Raises UnknownModelError where a named seed
    has no alias, InvalidInputError where a recipe stands beside other models, or two recipes have
    different seeds.
    """
    aliases = read_aliases(folder)
    base, *trained = names
    if not any(map(_is_pattern, names)) and not _are_replicates(trained, aliases):
        return None
    recipe, seeds, left_out = _single_recipe(trained, aliases)
    if not _is_pattern(base):
        return SeedNames(
            base=base, trained=recipe, seeds=seeds, paired_by_seed=False, left_out=left_out
        )
    # Two recipes are compared seed by seed, so that what a seed does to both cancels.
    base_recipe, base_seeds, base_left_out = _single_recipe([base], aliases)
    if base_seeds != seeds:
        raise InvalidInputError(
            "{base_recipe} has seeds {base_seeds} and {recipe} has seeds {seeds}; train the "
            "missing ones, or name those that both have: {common}",
            base_recipe=base_recipe,
            base_seeds=_listed(base_seeds),
            recipe=recipe,
            seeds=_listed(seeds),
            common=_common(base_recipe, recipe, aliases),
        )
    return SeedNames(
        base=base_recipe,
        trained=recipe,
        seeds=seeds,
        paired_by_seed=True,
        left_out=base_left_out + left_out,
    )


def _is_pattern(name: str) -> bool:
    match = _PATTERN.fullmatch(name)
    return match is not None and not match["seeds"].isdigit()


def _are_replicates(names: list[str], aliases: Mapping[str, str]) -> bool:
    """Whether several aliases of one name stand beside each other."""
    matches = [_PATTERN.fullmatch(name) for name in names if name in aliases]
    recipes = {match["name"] for match in matches if match}
    return len(names) > 1 and len(matches) == len(names) and all(matches) and len(recipes) == 1


def _single_recipe(
    names: list[str], aliases: Mapping[str, str]
) -> tuple[str, tuple[int, ...], tuple[str, ...]]:
    """Name the recipe, the seeds asked for in order, and the aliases that were left out."""
    matches = [_PATTERN.fullmatch(name) for name in names]
    recipes = {match["name"] for match in matches if match}
    if not all(matches) or len(recipes) != 1:
        raise InvalidInputError(
            "{names}: the seeds of one recipe stand alone; compare other models in a command of "
            "their own",
            names=" ".join(names),
        )
    (recipe,) = recipes
    known = _known_seeds(recipe, aliases)
    if not known:
        raise UnknownModelError(
            "no alias {recipe}@SEED in evalsuite.toml; train several seeds first: evalsuite train "
            "--seeds 5 --alias {recipe}",
            recipe=recipe,
        )
    named: set[int] = set()
    for match in filter(None, matches):
        every = match["seeds"] in ("*", "all")
        named |= set(known) if every else {int(seed) for seed in match["seeds"].split(",")}
    missing = sorted(named - set(known))
    if missing:
        raise UnknownModelError(
            "{recipe} has no seed {missing}; evalsuite.toml has seeds {known}: train it with "
            "evalsuite train --seed {example} --alias {recipe}",
            recipe=recipe,
            missing=_listed(missing),
            known=_listed(known),
            example=missing[0],
        )
    left_out = tuple(f"{recipe}@{seed}" for seed in known if seed not in named)
    return recipe, tuple(sorted(named)), left_out


def _known_seeds(recipe: str, aliases: Mapping[str, str]) -> list[int]:
    matches = (_PATTERN.fullmatch(alias) for alias in aliases)
    mine = (match for match in matches if match and match["name"] == recipe)
    return sorted(int(match["seeds"]) for match in mine if match["seeds"].isdigit())


def _listed(seeds: tuple[int, ...] | list[int]) -> str:
    return ", ".join(map(str, seeds))


def _common(base: str, trained: str, aliases: Mapping[str, str]) -> str:
    both = sorted(set(_known_seeds(base, aliases)) & set(_known_seeds(trained, aliases)))
    if not both:
        return Clause("there is none yet")
    seeds = ",".join(map(str, both))
    return f"evalsuite compare {base}@{seeds} {trained}@{seeds}"
