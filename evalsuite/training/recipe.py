"""Whether several trainings are one recipe: the same settings, and only the seed differs.

Read from the manifests that `evalsuite train` leaves beside the models, before anything is
generated. A training without manifest is taken at its name's word, and the report says so.
"""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import NotComparableError
from evalsuite.records.replicates import Training
from evalsuite.records.training import TrainSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["differing_settings", "read_training", "shared_settings"]

_OF_THE_SEED = {"seed", "grpo.seed", "grpo.data_seed"}
_OF_THE_PLACE = {
    "schema",
    "threads",
    "data_file",
    "model.name",
    "model.location",
    "model.source",
    "model.note",
    "grpo.output_dir",
    "grpo.run_name",
}
"""Where and under which name it ran; the questions' own hash stands for the data file."""
_OF_THE_LOG = ("grpo.save_", "grpo.logging_", "grpo.report_to")
"""What is kept of a training, not what it does."""
_BESIDE = ("questions.sha256", "reward_version", "world_size", "grader_versions")
_ABSENT = "not recorded"


def read_training(name: str, source: str, *, folder: Path = Path()) -> Training | None:
    """Read the manifest behind an alias.

    Parameters
    ----------
    name
        The alias.
    source
        What it stands for.
    folder
        Of the settings file, where relative paths begin.

    Returns
    -------
    Training or None
        None where there is no manifest of a training.
    """
    place = folder / source.removeprefix("path:")
    for candidate in (place, place.parent):
        manifest = candidate / "manifest.json"
        if manifest.is_file():
            written = json.loads(manifest.read_text(encoding="utf-8"))
            if isinstance(written, dict) and isinstance(written.get("spec"), dict):
                return _training(name, candidate, written)
    return None


def shared_settings(recipe: str, trainings: Sequence[Training]) -> dict[str, Any]:
    """Give the settings of a recipe, or refuse to call the trainings one.

    Parameters
    ----------
    recipe
        Its name.
    trainings
        At least one.

    Returns
    -------
    dict
        Setting to value, equal in all trainings.

    Raises
    ------
    NotComparableError
        If a setting differs, or two trainings have the same seed or the same weights.
    """
    _check_replicates(trainings)
    first, *others = trainings
    for other in others:
        differing = differing_settings(first.settings, other.settings)
        if differing:
            listed = "; ".join(
                f"{key} is {one!r} and {two!r}" for key, (one, two) in list(differing.items())[:3]
            )
            raise NotComparableError(
                f"{first.name} and {other.name} are not one recipe: {listed}; name the seeds that "
                f"are, such as {recipe}@{_same_as(first, trainings)}, or compare them as several "
                f"models: alias:{first.name} alias:{other.name}"
            )
    return first.settings


def differing_settings(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, list[Any]]:
    """List the settings in which two recipes differ.

    Parameters
    ----------
    one, other
        Settings by dotted name.

    Returns
    -------
    dict
        Setting to both values; ``not recorded`` where one has none.

    Examples
    --------
    >>> differing_settings({"rewards": "binary", "gate": "none"}, {"rewards": "shaped"})
    {'gate': ['none', 'not recorded'], 'rewards': ['binary', 'shaped']}
    """
    return {
        key: [one.get(key, _ABSENT), other.get(key, _ABSENT)]
        for key in sorted({*one, *other})
        if one.get(key, _ABSENT) != other.get(key, _ABSENT)
    }


def _training(name: str, folder: Path, manifest: dict[str, Any]) -> Training:
    spec = _with_defaults(manifest["spec"])
    settings = {
        key: value
        for key, value in _flat(spec)
        if key not in _OF_THE_SEED | _OF_THE_PLACE and not key.startswith(_OF_THE_LOG)
    }
    beside = {key: value for key, value in _flat(manifest) if key.startswith(_BESIDE)}
    if spec.get("difficulty") is not None:
        beside.pop("questions.sha256", None)  # the filter samples with the seed
    model = spec.get("model") or {}
    return Training(
        name=name,
        folder=folder,
        seed=spec.get("seed"),
        settings=settings | beside,
        start=model.get("weights") or model.get("revision"),
        weights=tuple(sorted((manifest.get("weights_sha256") or {}).values())),
        versions=dict(manifest.get("versions") or {}),
        steps=manifest.get("steps"),
        seconds=manifest.get("seconds"),
        unfinished=_unfinished(folder),
    )


def _with_defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what an older manifest could not know: settings added since, at their defaults."""
    defaults = {}
    for known in fields(TrainSpec):
        if known.default is not MISSING:
            defaults[known.name] = known.default
        elif known.default_factory is not MISSING:
            defaults[known.name] = known.default_factory()
    return defaults | dict(spec)


def _flat(value: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, inner in sorted(value.items()):
        if isinstance(inner, dict):
            yield from _flat(inner, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", inner


def _unfinished(folder: Path) -> tuple[str, ...]:
    if not re.fullmatch(r"seed-\d+", folder.name):
        return ()
    return tuple(
        sibling.name
        for sibling in sorted(folder.parent.glob("seed-*"))
        if (sibling / "train_spec.json").is_file() and not (sibling / "manifest.json").is_file()
    )


def _check_replicates(trainings: Sequence[Training]) -> None:
    for i, one in enumerate(trainings):
        for other in trainings[i + 1 :]:
            same_seed = one.seed is not None and one.seed == other.seed
            if same_seed or (one.weights and one.weights == other.weights):
                what = f"the same seed, {one.seed}" if same_seed else "the same weights"
                raise NotComparableError(
                    f"{one.name} and {other.name} have {what}: they are one run, not two; "
                    "train with another --seed"
                )


def _same_as(first: Training, trainings: Sequence[Training]) -> str:
    same = (t for t in trainings if t.settings == first.settings)
    return ",".join(t.name.rpartition("@")[2] for t in same)
