"""Stored runs by the names people type: a folder, the start of its name, or a model that was asked.

Every command that takes a run finds it here, so that a name that one of them prints is understood
by all.
"""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.disk.storage import find_runs, is_complete, read_spec
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, joined
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["find_run", "run_line"]

_MOST_LISTED = 8


def find_run(name: str, runs: Path, *, complete: bool = False) -> Path:
    """Find the one run that a name stands for, with or without ``run:`` before it.

    The whole name or path of a run wins over a model's name, that over the start of a run's name.
    ``complete`` leaves out runs that were not finished where others fit.

    Raises
    ------
    InvalidInputError
        Where no run fits, with near names, or several do, with what each of them holds.
    """
    bare = name.removeprefix("run:")
    stored = find_runs(runs) if bare else ()
    if bare and (Path(bare) / "spec.json").is_file():
        return Path(bare)
    matches = _first_matches(bare, stored)
    if complete and len(matches) > 1:
        matches = [folder for folder in matches if is_complete(folder)] or matches
    if len(matches) == 1:
        return matches[0]
    raise _several(name, matches) if matches else _none(name, stored, runs)


def _first_matches(bare: str, stored: Sequence[Path]) -> list[Path]:
    model = Path(bare).name
    rules: tuple[Callable[[Path], bool], ...] = (
        lambda folder: folder.name == bare or str(folder) == bare,
        lambda folder: _model_of(folder) in (bare, model),
        lambda folder: folder.name.startswith(f"{bare}-"),
        lambda folder: folder.name.startswith(bare),
    )
    for rule in rules:
        matches = [folder for folder in stored if rule(folder)]
        if matches:
            return matches
    return []


def _model_of(folder: Path) -> str | None:
    try:
        return read_spec(folder).model.name
    except (EvalsuiteError, OSError):  # a damaged run is found by its folder's name
        return None


def run_line(folder: Path) -> Clause:
    """Say in short what a run holds, as far as it can be read."""
    try:
        spec = read_spec(folder)
    except (EvalsuiteError, OSError):
        return Clause("{name} (can't be read)", name=folder.name)
    model, budget = spec.model.name, spec.decoding.max_new_tokens
    return Clause(
        "{name} ({model}{task}, {n:,} questions{tokens}{state})",
        name=folder.name,
        # of other names the folder's own has nothing
        model="" if model.isascii() else Clause("{model}, ", model=one_line(model)),
        task=spec.task,
        n=len(spec.question_ids),
        tokens="" if budget is None else Clause(", up to {budget:,} tokens", budget=budget),
        state="" if is_complete(folder) else Clause(", unfinished"),
    )


def _several(name: str, matches: Sequence[Path]) -> InvalidInputError:
    listed = joined(map(run_line, matches[:_MOST_LISTED]))
    further = len(matches) - _MOST_LISTED
    more = Clause(" and {further:,} more", further=further) if further > 0 else ""
    return InvalidInputError(
        "{name!r} fits {n_runs} runs: {listed}{more}; give a whole name, such as {match}",
        name=name,
        n_runs=len(matches),
        listed=listed,
        more=more,
        match=matches[0].name,
    )


def _none(name: str, stored: Sequence[Path], runs: Path) -> InvalidInputError:
    known = {label for folder in stored for label in (folder.name, _model_of(folder)) if label}
    close = get_close_matches(name.removeprefix("run:"), sorted(known), n=3)
    hint = Clause("see `evalsuite runs list`")
    if close:
        hint = Clause("did you mean {near}?", near=joined(close, " or "))
    if not stored:
        hint = Clause(
            "`evalsuite compare` and `evalsuite run` make runs, --runs names another store"
        )
    return InvalidInputError(
        "{name!r} is no run in {runs}/; {hint}", name=name, runs=runs, hint=hint
    )
