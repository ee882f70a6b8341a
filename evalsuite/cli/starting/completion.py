"""``evalsuite completion``: what makes a shell complete commands, options, models and runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import click
from click.shell_completion import get_completion_class

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

__all__ = ["VARIABLE", "command"]

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_EVALSUITE_COMPLETE"
"""Set by the script when it asks; click reads it."""


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script of SHELL.

    \b
    bash: evalsuite completion bash >> ~/.bashrc
    zsh:  evalsuite completion zsh >> ~/.zshrc
    fish: evalsuite completion fish > ~/.config/fish/completions/evalsuite.fish
    """  # noqa: D301  click reads the escape
    completion = cast("type[ShellComplete]", get_completion_class(shell))
    click.echo(completion(ctx.find_root().command, {}, "evalsuite", VARIABLE).source())
