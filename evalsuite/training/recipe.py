"""The recipe behind several trainings: the same settings, and only the seed differs.

Read from the manifests that `evalsuite train` leaves beside the models, before anything is
generated. A training without manifest is taken at its name's word, and the report says so.
"""

from __future__ import annotations

import re
from dataclasses import MISSING, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import read_text
from evalsuite.errors import Clause, NotComparableError, joined
from evalsuite.records.codec import from_json, from_plain
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.replicates import Training
from evalsuite.records.training import TrainSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["differing_settings", "read_training", "shared_settings", "with_defaults"]

# Only what can change a trained weight may tell two recipes apart. What of a spec can't is named
# here, so a setting that is not named counts.
_OF_THE_SEED = {"seed", "grpo.seed", "grpo.data_seed"}
_OF_THE_MACHINE = {
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
_BESIDE_THE_SPEC = ("questions.sha256", "reward_version", "world_size", "grader_versions")
"""Keys of the manifest that change the weights although nobody set them."""
_ABSENT = "not recorded"


@dataclass(frozen=True, slots=True)
class _AskedFor:
    """What is read of a manifest's ``spec`` by name."""

    seed: int | None = None
    model: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is read of a manifest by name; the file is anybody's, so its types are checked."""

    spec: _AskedFor
    weights_sha256: dict[str, str] | None = None
    versions: dict[str, str] | None = None
    steps: int | None = None
    seconds: float | None = None


def read_training(name: str, source: str, *, folder: Path = Path()) -> Training | None:
    """Read the manifest behind an alias and its source; None where there is none of a training.

    ``folder`` is that of the settings file, where relative paths begin. Raises InvalidInputError
    for a manifest that is damaged.
    """
    model = folder / source.removeprefix("path:")
    # A trained model lies below the folder of its run, and an embedded one beside its manifest.
    for candidate in (model, model.parent):
        path = candidate / "manifest.json"
        if path.is_file():
            written = from_json(dict, read_text(path), origin=str(path))
            if isinstance(written.get("spec"), dict):
                manifest = from_plain(Manifest, written, origin=str(path))
                return _training(name, candidate, manifest, written)
    return None


def shared_settings(recipe: str, trainings: Sequence[Training]) -> dict[str, Any]:
    """Return the settings that all trainings of a recipe, at least one, have in common.

    Raises NotComparableError where a setting differs, or two trainings have the same seed or the
    same weights: they are no replicates then.
    """
    _check_replicates(trainings)
    first, *others = trainings
    for other in others:
        differing = differing_settings(first.settings, other.settings)
        if differing:
            differences = [
                Clause("{key} is {value!r} and {other!r}", key=key, value=value, other=other_value)
                for key, (value, other_value) in list(differing.items())[:3]
            ]
            raise NotComparableError(
                "{first} and {other} are not one recipe: {differences}; name the seeds that are, "
                "such as {recipe}@{members}, or compare them as several models: alias:{first} "
                "alias:{other}",
                first=first.name,
                other=other.name,
                differences=joined(differences, "; "),
                recipe=recipe,
                members=_same_as(first, trainings),
            )
    return first.settings


def differing_settings(
    settings: Mapping[str, Any], others: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """List the settings, by dotted name, in which two recipes differ, with both values.

    ``not recorded`` stands where a recipe has none.

    Examples
    --------
    >>> differing_settings({"rewards": "binary", "gate": "none"}, {"rewards": "shaped"})
    {'gate': ['none', 'not recorded'], 'rewards': ['binary', 'shaped']}
    """
    return {
        key: [settings.get(key, _ABSENT), others.get(key, _ABSENT)]
        for key in sorted({*settings, *others})
        if settings.get(key, _ABSENT) != others.get(key, _ABSENT)
    }


def _training(name: str, folder: Path, manifest: Manifest, written: dict[str, Any]) -> Training:
    spec = with_defaults(written["spec"])
    settings = {
        key: value
        for key, value in _flat(spec)
        if key not in _OF_THE_SEED | _OF_THE_MACHINE and not key.startswith(_OF_THE_LOG)
    }
    beside = {key: value for key, value in _flat(written) if key.startswith(_BESIDE_THE_SPEC)}
    if "prompt_sha256" in settings:  # the words count, not where their file lay
        settings.pop("prompt", None)
    # The difficulty filter samples with the seed, so its questions differ within a recipe.
    if spec.get("difficulty") is not None:
        beside.pop("questions.sha256", None)
    model = manifest.spec.model or {}
    return Training(
        name=name,
        folder=folder,
        seed=manifest.spec.seed,
        settings=settings | beside,
        start=model.get("weights") or model.get("revision"),
        weights=tuple(sorted((manifest.weights_sha256 or {}).values())),
        versions=manifest.versions or {},
        steps=manifest.steps,
        seconds=manifest.seconds,
        unfinished=_unfinished(folder),
    )


def with_defaults(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in what an older manifest could not know: settings added since, at their defaults."""
    defaults = {}
    for known in fields(TrainSpec):
        # A setting that no file mentions at its default is none of an older recipe's either.
        if known.metadata.get("left_out_at_default"):
            continue
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
    for i, training in enumerate(trainings):
        for other in trainings[i + 1 :]:
            same_seed = training.seed is not None and training.seed == other.seed
            if same_seed or (training.weights and training.weights == other.weights):
                what = Clause("the same weights")
                if same_seed:
                    what = Clause("the same seed, {seed}", seed=training.seed)
                raise NotComparableError(
                    "{training} and {other} have {what}: they are one run, not two; train with "
                    "another --seed",
                    training=training.name,
                    other=other.name,
                    what=what,
                )


def _same_as(first: Training, trainings: Sequence[Training]) -> str:
    same = (t for t in trainings if t.settings == first.settings)
    return ",".join(t.name.rpartition("@")[2] for t in same)
