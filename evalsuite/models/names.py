"""Names of models: what the user typed, looked up in one fixed order.

Explicit prefix (``alias: embedded: run: path: log: hf: openai:``), then an alias in
``evalsuite.toml`` or ``[tool.evalsuite.models]``, then the embedded models (``base``, ``trained``,
``trained-seed1``), then a run in ``runs/`` by its whole name, then an existing path, then the run
that begins so, then ``org/name`` on the Hub, pinned to a commit.
Nothing is ever swapped: a name that leads nowhere is an error.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from evalsuite.disk.storage import find_runs, is_complete, read_spec
from evalsuite.errors import Clause, UnknownModelError, joined
from evalsuite.models.hub import find_on_hub
from evalsuite.models.identity import merge_advice, sha256_of_folder
from evalsuite.models.local import HUB_NAME, find_on_disk, identified
from evalsuite.models.project import nearest, read_aliases, write_alias
from evalsuite.records.run import ModelSpec

__all__ = ["EMBEDDED", "embedded_folder", "read_aliases", "resolve", "write_alias"]

EMBEDDED = ("base", "trained", "trained-seed1")
_PREFIXES = ("alias", "embedded", "run", "path", "log", "hf", "openai")
_LOGS = (".jsonl", ".json", ".csv", ".parquet", ".eval")


def resolve(name: str, *, folder: Path = Path(), runs: Path = Path("runs")) -> ModelSpec:
    """Find the model, run or log a name stands for.

    ``folder`` may hold ``evalsuite.toml`` or ``pyproject.toml``; ``runs`` is the run store. The
    source of the result is ``run`` or ``log`` where the answers exist already.

    Raises UnknownModelError where the name leads nowhere or to several runs, RunFailedError where
    the Hub can't be reached for an ``org/name``.
    """
    prefix, _, bare_name = name.partition(":")
    if bare_name and prefix in _PREFIXES:
        return _by_prefix(prefix, bare_name, folder, runs)
    # Most deliberate first: what a project names itself wins over what ships, what lies on this
    # machine over what has to be fetched.
    aliases = read_aliases(folder)
    if name in aliases:
        return replace(resolve(aliases[name], folder=folder, runs=runs), name=name)
    if name in EMBEDDED:
        return _embedded(name)
    # a folder that lies here is meant before runs that merely begin with its name
    local = _whole_run(name, runs) or _path(name) or _run(name, runs)
    if local is None and HUB_NAME.fullmatch(name):
        return find_on_hub(name)
    if local is None:
        raise _unknown(name, aliases, runs)
    return local


def embedded_folder() -> Path:
    """Return the folder of the embedded checkpoints."""
    return Path(__file__).parent.parent / "embedded"


def _by_prefix(prefix: str, bare_name: str, folder: Path, runs: Path) -> ModelSpec:
    if prefix == "alias":
        aliases = read_aliases(folder)
        if bare_name not in aliases:
            raise _unknown(bare_name, aliases, runs)
        return replace(resolve(aliases[bare_name], folder=folder, runs=runs), name=bare_name)
    if prefix == "embedded":
        return _embedded(bare_name)
    if prefix == "hf":
        return find_on_hub(bare_name)
    if prefix == "openai":
        from evalsuite.models.servers import find_endpoint

        return find_endpoint(bare_name)
    local = _run(bare_name, runs) if prefix == "run" else _path(bare_name)
    if local is None:
        raise _no_run(bare_name, runs) if prefix == "run" else _no_path(bare_name)
    return local


def _whole_run(name: str, runs: Path) -> ModelSpec | None:
    """Find a run's own folder, or the one of this whole name."""
    is_folder = (Path(name) / "spec.json").is_file()
    is_whole = "/" not in name and any(path.name == name for path in find_runs(runs))
    return _run(name, runs) if is_folder or is_whole else None


def _run(name: str, runs: Path) -> ModelSpec | None:
    folder = Path(name)
    if (folder / "spec.json").is_file() and (folder / "questions.jsonl").is_file():
        matches = [folder]
    elif "/" in name or not name:
        return None
    else:
        matches = _named(name, runs)
    complete = [p for p in matches if is_complete(p)]
    if len(complete) > 1:
        listed = ", ".join(p.name for p in complete)
        raise UnknownModelError(
            "{name!r} could be any of {listed}; give the whole name", name=name, listed=listed
        )
    if not complete:
        return None
    model = read_spec(complete[0]).model
    return replace(model, source="run", location=str(complete[0]))


def _named(name: str, runs: Path) -> list[Path]:
    """List the runs of a name; the whole name before its beginning, for one may begin another."""
    folders = find_runs(runs)
    whole = [p for p in folders if p.name == name]
    return whole or [p for p in folders if p.name.startswith(f"{name}-")]


def _path(name: str) -> ModelSpec | None:
    path = Path(name)
    if path.is_file() and path.suffix in _LOGS:
        return ModelSpec(name=name, source="log", location=str(path))
    model = find_on_disk(path)
    return None if model is None else identified(model)


def _embedded(name: str) -> ModelSpec:
    path = embedded_folder() / name
    if name not in EMBEDDED:
        raise UnknownModelError(
            "no embedded model is called {name!r}; {hint}", name=name, hint=nearest(name, EMBEDDED)
        )
    if not path.is_dir():
        raise UnknownModelError(
            "the embedded model {name!r} is missing from this installation; install it again",
            name=name,
        )
    manifest = embedded_folder() / "manifest.json"
    note = (
        json.loads(manifest.read_text(encoding="utf-8")).get("note") if manifest.is_file() else None
    )
    return ModelSpec(
        name=name, source="embedded", location=str(path), weights=sha256_of_folder(path), note=note
    )


def _no_run(name: str, runs: Path) -> UnknownModelError:
    if unfinished := _named(name, runs):
        return UnknownModelError(
            "the run {run} is not finished; start the command that began it again, or name "
            "another (see `evalsuite runs list`)",
            run=unfinished[0].name,
        )
    names = [p.name for p in find_runs(runs)]
    hint = _hint(name, [*names, *(p.partition("-")[0] for p in names)])
    return UnknownModelError(
        "no run in {runs}/ is called {name!r}; {hint}see `evalsuite runs list`",
        runs=runs,
        name=name,
        hint=hint,
    )


def _no_path(name: str) -> UnknownModelError:
    path = Path(name)
    if path.is_dir() and (advice := merge_advice(_newest(path))):
        return UnknownModelError("{name!r} is no model yet: {advice}", name=name, advice=advice)
    if path.is_dir():
        return UnknownModelError(
            "{name!r} is a folder without config.json, adapter_config.json or checkpoints, so it "
            "is no model; name the folder that holds them",
            name=name,
        )
    if path.is_file():
        return UnknownModelError(
            "{name!r} is a file of no known kind; name a model's folder, a .gguf file, or a log "
            "({logs})",
            name=name,
            logs=", ".join(_LOGS),
        )
    near = _near_paths(name)
    hint = Clause("did you mean {near}?", near=joined(near, " or ")) if near else Clause("check it")
    return UnknownModelError("the path {name!r} does not exist; {hint}", name=name, hint=hint)


def _near_paths(name: str) -> list[str]:
    """Find the names nearest to a path's last part, beside it; written as the path was."""
    from difflib import get_close_matches

    head, slash, tail = name.rstrip("/").rpartition("/")
    try:
        beside = [path.name for path in Path(f"{head}{slash}").iterdir() if _may_be_model(path)]
    except (OSError, ValueError):  # no such folder, none of ours, or no name of one
        return []
    return [f"{head}{slash}{near}" for near in get_close_matches(tail, beside, n=3, cutoff=0.75)]


def _may_be_model(path: Path) -> bool:
    return path.is_dir() or path.suffix in (".gguf", *_LOGS)


def _newest(path: Path) -> Path:
    """Take the newest step of a trainer's folder, and the folder itself where it has none."""
    steps = [*path.glob("global_step*"), *path.glob("checkpoint-*")]
    # By length first: step 1000 is newer than step 900.
    return max(steps, key=lambda step: (len(step.name), step.name), default=path)


def _slip(name: str) -> str:
    """Tell what is no name of a model, but was typed as if a shell or an option took it."""
    if name.isdecimal():
        return Clause("numbers of one option are joined by commas, 300,512, without spaces; ")
    if name.startswith("~"):
        return Clause("write the home folder out, for ~ within quotes stays as it is; ")
    return Clause("write / between folders; ") if "\\" in name else ""


def _hint(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, sorted(set(known)), n=3)
    return Clause("did you mean {near}? ", near=joined(close, " or ")) if close else ""


def _unknown(name: str, aliases: dict[str, str], runs: Path) -> UnknownModelError:
    if _named(name, runs):
        return _no_run(name, runs)
    if _exists(name):
        return _no_path(name)
    hint = _slip(name) or _hint(name, [*aliases, *EMBEDDED, *(p.name for p in find_runs(runs))])
    near = _near_paths(name) if "/" in name or not hint else []
    if near:
        hint = Clause("did you mean {near}? ", near=joined(near, " or "))
    return UnknownModelError(
        "{name!r} is not a model here: it is no alias in evalsuite.toml, no run in {runs}/, no "
        "existing path and no org/name of the Hub; {hint}known names: {known}",
        name=name,
        runs=runs,
        hint=hint,
        known=joined(sorted({*aliases, *EMBEDDED})),
    )


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except ValueError:  # a NUL or a lone surrogate: no name of a file
        return False
