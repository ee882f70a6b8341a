"""Typed names: models and runs as a shell offers them while they are typed.

Nothing is loaded or fetched for it: aliases, embedded models, and the folders of the run store.
"""

from __future__ import annotations

from pathlib import Path

import click
from click.shell_completion import CompletionItem

from evalsuite.errors import EvalsuiteError

__all__ = ["ModelName", "RunName"]


class RunName(click.ParamType[str]):
    """A stored run; completed with the names in the run store."""

    name = "text"

    def known(self, ctx: click.Context, incomplete: str) -> list[str]:  # noqa: ARG002  of models
        """List what may be meant."""
        return _runs(ctx)

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002  click's signature
        incomplete: str,
    ) -> list[CompletionItem]:
        """Offer what begins as typed; the shell itself offers files beside it."""
        names = self.known(ctx, incomplete)
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


class ModelName(RunName):
    """A model, run or log; completed with aliases, embedded models, runs and paths."""

    def known(self, ctx: click.Context, incomplete: str) -> list[str]:
        """List what may be meant."""
        return [*_aliases(), *_embedded(), *_runs(ctx), *_paths(incomplete)]


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


def _paths(incomplete: str) -> list[str]:
    """List paths once one was begun: a bare name is looked up among the models first."""
    head, slash, _ = incomplete.rpartition("/")
    folder = Path(f"{head}/")
    if not (slash or incomplete.startswith(".")) or not folder.is_dir():
        return []
    return [f"{head}/{p.name}{'/' if p.is_dir() else ''}" for p in sorted(folder.iterdir())]
