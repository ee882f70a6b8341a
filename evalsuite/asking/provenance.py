"""Provenance of a comparison: weights, prompts, data, decoding, versions, machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.disk.storage import fingerprint
from evalsuite.records.codec import plain
from evalsuite.version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run

__all__ = ["provenance_of"]


def provenance_of(
    base: Run, trained: Run, folders: tuple[Path | None, Path | None]
) -> dict[str, Any]:
    """Collect what a reader needs to repeat a comparison, as JSON types.

    Equal runs give equal bytes. Only the names of the folders are told: a machine's paths help
    nobody else.
    """
    templates = [run.environment.get("prompt_template") for run in (base, trained)]
    return {
        "evalsuite": __version__,
        "base": _side(base, folders[0]),
        "trained": _side(trained, folders[1]),
        "prompts": dict(zip(("base", "trained"), templates, strict=True))
        if all(templates)
        else None,
    }


def _side(run: Run, folder: Path | None) -> dict[str, Any]:
    spec = run.spec
    return {
        "model": plain(spec.model),
        "run": folder.name if folder else None,
        "fingerprint": fingerprint(spec),
        "prompt": spec.prompt,
        "prompts_sha256": spec.prompts_sha256,
        "questions_sha256": spec.questions_sha256,
        "decoding": plain(spec.decoding),
        "dtype": spec.dtype,
        "engine": spec.engine,
        "environment": run.environment,
    }
