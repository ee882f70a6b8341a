"""The maker of the embedded pair: from the ``tiny`` preset, and beside what ships."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import object_or_empty, sha256_of_file, write_atomically
from evalsuite.embedded.base_maker import BaseSpec, make_tiny_base
from evalsuite.errors import Clause, InvalidInputError, RunFailedError
from evalsuite.models.names import embedded_folder
from evalsuite.records.codec import to_json
from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.wordproblems import GENERATOR_VERSION, word_problems
from evalsuite.training.folder import own_folder
from evalsuite.training.grpo import train
from evalsuite.training.log import CONTAMINATION
from evalsuite.training.manifest import versions
from evalsuite.training.rewards import REWARD_VERSION
from evalsuite.training.settings import spec_of_training

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.training.diagnosis import OnLog
    from evalsuite.training.grpo import OnNotice
    from evalsuite.training.settings import TrainSettings

__all__ = ["Reproduction", "compare_with_shipped", "make_pair", "ship_pair"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """How a model made again compares with the one that ships."""

    name: str
    made: str
    """sha256 of the new weights."""
    shipped: str | None
    """sha256 in the shipped manifest; None where it has no such model."""
    differing: tuple[str, ...]
    """Libraries in other versions than in the shipped manifest, and another number of threads."""

    @property
    def sentence(self) -> Clause:
        """Say it in words."""
        if self.shipped is None:
            return Clause(
                "{name}: no model of this name ships; nothing to compare with.", name=self.name
            )
        if self.made == self.shipped:
            return Clause("{name}: the same bytes as the shipped weights.", name=self.name)
        if self.differing:
            return Clause(
                "{name}: other bytes than the shipped weights, made with {differing}; another "
                "processor, too, rounds differently, so compare the accuracies.",
                name=self.name,
                differing=", ".join(self.differing),
            )
        return Clause(
            "{name}: other bytes than the shipped weights, with the same library versions: "
            "another processor rounds differently, so compare the accuracies.",
            name=self.name,
        )


def make_pair(
    base: BaseSpec,
    settings: TrainSettings,
    *,
    output: Path,
    seeds: Sequence[int] = (0, 1),
    resume: bool = False,
    on_log: OnLog | None = None,
    on_notice: OnNotice | None = None,
) -> tuple[Reproduction, ...]:
    """Train the tiny base from random weights and GRPO on top of it, once per seed.

    ``output`` gets ``base`` (a model) and one training run per seed, all from the same base:
    ``trained`` for the first, ``trained-seed<S>`` for the others. Reproductions come in the order
    made. ``resume`` goes on with what an interruption left: an unfinished base is made anew, each
    training goes on from its newest checkpoint. ``on_log`` and ``on_notice`` are as in `train`.

    Raises InvalidInputError where the folder is in use or has other settings, RunFailedError where
    there is nothing to resume.
    """
    _check_folder(output, resume=resume)
    with own_folder(output, is_first=True):
        make_tiny_base(base, output=output / "base", on_log=on_log)
        folders = {"base": output / "base"}
        for position, seed in enumerate(seeds):
            name = "trained" if position == 0 else f"trained-seed{seed}"
            spec = spec_of_training(settings, model=f"path:{output / 'base'}", seed=seed)
            # A training that has not begun has nothing to go on from.
            has_begun = (output / name / "train_spec.json").is_file()
            train(
                spec,
                output=output / name,
                resume=resume and has_begun,
                on_log=on_log,
                on_notice=on_notice,
            )
            folders[name] = output / name / "model"
    return tuple(compare_with_shipped(name, folder) for name, folder in folders.items())


def _check_folder(output: Path, *, resume: bool) -> None:
    """Refuse to write over anything, and to go on with what is no pair."""
    is_empty = not (output.is_dir() and any(p.name[:1] != "." for p in output.iterdir()))
    if not resume and not is_empty:
        raise InvalidInputError(
            "{output} is not empty; choose another --output, or add --resume to go on with it",
            output=output,
        )
    if resume and not (output / "base").is_dir():
        raise RunFailedError(
            "{output} holds no pair to resume; start without --resume", output=output
        )


def ship_pair(source: Path, *, preset: Mapping[str, Any], destination: Path) -> None:
    """Copy a pair from the output folder of `make_pair`, with one manifest over all of it.

    ``destination`` is ``evalsuite/embedded``; models of the same names are replaced there.
    """
    weights = {}
    for run in sorted(path for path in source.iterdir() if (path / "manifest.json").is_file()):
        model = run / "model" if (run / "model").is_dir() else run
        target = destination / run.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(model, target)
        for name in ("train_log.jsonl", CONTAMINATION):
            if (run / name).is_file():
                shutil.copyfile(run / name, target / name)
        manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        # A path of the machine it was made on means nothing where it ships.
        if "model" in manifest["spec"]:
            manifest["spec"]["model"] |= {"name": "base", "location": "base", "source": "embedded"}
        write_atomically(target / "manifest.json", to_json(manifest))
        weights[run.name] = sha256_of_file(target / "model.safetensors")
    test = word_problems("test")
    manifest = {
        "schema": 1,
        "note": preset["note"],
        "recipe": {key: preset[key] for key in ("warmup", "train")},
        "weights_sha256": weights,
        "test": {"n": len(test), "sha256": questions_sha256(test)},
        "generator_version": GENERATOR_VERSION,
        "reward_version": REWARD_VERSION,
        "versions": versions(),
    }
    write_atomically(destination / "manifest.json", to_json(manifest))


def compare_with_shipped(name: str, folder: Path) -> Reproduction:
    """Compare the weights of a model in a folder with the shipped manifest of its name."""
    manifest = object_or_empty(embedded_folder() / "manifest.json")
    then, now = _makings(manifest, embedded_folder() / name), versions()
    # The weights lie in the folder of their training, or below it.
    now |= _threads(folder) or _threads(folder.parent)
    return Reproduction(
        name=name,
        made=sha256_of_file(folder / "model.safetensors"),
        shipped=manifest.get("weights_sha256", {}).get(name),
        differing=tuple(
            f"{each} {now.get(each)} (shipped: {then[each]})"
            for each in sorted(then)
            if then[each] != now.get(each)
        ),
    )


def _makings(manifest: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """List what decided the bytes of a shipped model, as far as it is recorded."""
    return {**manifest.get("versions", {}), **_threads(folder)}


def _threads(folder: Path) -> dict[str, str]:
    threads = object_or_empty(folder / "manifest.json").get("threads")
    return {} if threads is None else {"threads": str(threads)}
