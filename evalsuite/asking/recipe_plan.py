"""What is known about the trainings of a recipe before any question is asked.

Seeds that are not replicates of one recipe are refused here, before hours of generation.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import UnknownModelError
from evalsuite.models.names import read_aliases
from evalsuite.models.seed_names import expand_seeds
from evalsuite.records.replicates import RecipePlan
from evalsuite.training.recipe import differing_settings, read_training, shared_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalsuite.records.replicates import SeedNames, Training

__all__ = ["plan_recipe"]


def plan_recipe(names: tuple[str, ...], *, folder: Path = Path()) -> RecipePlan | None:
    """Find out whether a recipe is asked about, and whether its seeds are one.

    Parameters
    ----------
    names
        As typed, base first.
    folder
        Where the settings file is.

    Returns
    -------
    RecipePlan or None
        None where each name stands for a model of its own.

    Raises
    ------
    UnknownModelError
        If a seed asked for is not there.
    InvalidInputError
        If the names contradict each other.
    NotComparableError
        If the trainings differ in more than their seed.
    """
    seeds = expand_seeds(names, folder=folder)
    if seeds is None:
        return None
    aliases = read_aliases(folder)
    trainings = _trainings(seeds, seeds.trained, aliases, folder)
    settings = _settings(seeds.trained, trainings)
    if not seeds.paired_by_seed:
        return RecipePlan(
            names=seeds, trainings=trainings, base_trainings=(), settings=settings, differing={}
        )
    base_trainings = _trainings(seeds, seeds.base, aliases, folder)
    base_settings = _settings(seeds.base, base_trainings)
    both = base_settings and settings
    return RecipePlan(
        names=seeds,
        trainings=trainings,
        base_trainings=base_trainings,
        settings=settings,
        differing=differing_settings(base_settings, settings) if both else {},
    )


def _trainings(
    seeds: SeedNames, recipe: str, aliases: Mapping[str, str], folder: Path
) -> tuple[Training | None, ...]:
    sources = {seed: aliases[f"{recipe}@{seed}"] for seed in seeds.seeds}
    lost = [seed for seed, source in sources.items() if _leads_nowhere(source, folder)]
    if lost:
        there = ",".join(str(seed) for seed in sources if seed not in lost)
        others = f", or name the others: {recipe}@{there}" if there else ""
        raise UnknownModelError(
            f"{recipe}@{lost[0]} leads to {sources[lost[0]].removeprefix('path:')}, which does not "
            f"exist; train that seed again (evalsuite train --seed {lost[0]} --alias {recipe})"
            f"{others}"
        )
    return tuple(
        read_training(f"{recipe}@{seed}", source, folder=folder) for seed, source in sources.items()
    )


def _leads_nowhere(source: str, folder: Path) -> bool:
    return source.startswith("path:") and not (folder / source.removeprefix("path:")).exists()


def _settings(recipe: str, trainings: tuple[Training | None, ...]) -> dict[str, Any]:
    known = [training for training in trainings if training is not None]
    return shared_settings(recipe, known) if known else {}
