"""Typed names: models and runs as a shell offers them while they are typed.

Nothing is loaded or fetched for it: aliases, embedded models, and the folders of the run store.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from evalsuite.errors import EvalsuiteError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ModelName", "RunName"]


class ModelName(click.ParamType[str]):
    """A model, run or log; completed with aliases, embedded models, runs and paths."""

    name = "text"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer what is known here; the shell itself offers files beside it."""
        names = [*_aliases(), *_embedded(), *_runs(ctx)]
        fitting = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        return [*fitting, *_paths(incomplete)]


class RunName(click.ParamType[str]):
    """A stored run; completed with the names in the run store."""

    name = "text"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer every run of the store."""
        return [CompletionItem(run) for run in _runs(ctx) if run.startswith(incomplete)]


def _aliases() -> list[str]:
    from evalsuite.models.project import read_aliases

    try:
        return list(read_aliases())
    except EvalsuiteError:  # nobody is told of a broken file while typing
        return []


def _embedded() -> list[str]:
    from evalsuite.models.names import EMBEDDED

    return [name for name in EMBEDDED if name not in _aliases()]


def _runs(ctx: click.Context) -> list[str]:
    from evalsuite.disk.storage import find_runs

    root = ctx.params.get("runs")
    return [folder.name for folder in find_runs(Path(root) if root else Path("runs"))]


def _paths(incomplete: str) -> Iterator[CompletionItem]:
    """Offer paths once one was begun: a bare name is looked up among the models first."""
    if "/" not in incomplete and not incomplete.startswith("."):
        return
    head, _, tail = incomplete.rpartition("/")
    folder = Path(f"{head}/")
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name.startswith(tail):
            end = "/" if path.is_dir() else ""
            yield CompletionItem(f"{head}/{path.name}{end}")
