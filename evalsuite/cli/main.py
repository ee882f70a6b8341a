"""The ``evalsuite`` command: finds the command asked for and ends with its exit code.

Exit codes: 0 done, 1 gate not met, 2 usage, 3 inconclusive under a gate, 4 not comparable,
5 run failed, 70 a fault of ours, 130 interrupted and resumable (143 by SIGTERM, 129 by SIGHUP), 141
nobody reads the output.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from evalsuite.cli.shared.config import name_variables, read_defaults, refuse_unknown_variables
from evalsuite.cli.shared.exits import close_with, wants_traceback
from evalsuite.cli.shared.language import chosen_for_all, language_for_all_option, language_of
from evalsuite.cli.shared.process import defer_unused_parts
from evalsuite.cli.shared.signals import watch_signals
from evalsuite.cli.terminal.grouped import write_examples
from evalsuite.cli.terminal.harmless import make_output_harmless
from evalsuite.cli.terminal.help_page import (
    HelpContext,
    remember,
    speak,
    texts_for,
    told_for_shell,
)
from evalsuite.version import __version__

__all__ = ["cli", "main"]

GROUPS: dict[str, dict[str, str]] = {
    "Start": {
        "demo": "Compare the embedded pair and say what to read next: no download.",
        "init": "Write settings with comments and two example questions.",
        "doctor": "Check this machine: versions, devices, Hub, disk.",
    },
    "Compare": {
        "compare": "Compare two models: run what is missing, judge, write the report.",
        "report": "Rebuild a report, or write it in another format or language.",
        "export": "Write a report, run or log in the files of other tools.",
        "reports": "List or verify the reports that were written.",
        "gate": "Judge a finished comparison against a policy; the exit code answers.",
        "show": "Show a run or one question as text.",
    },
    "Plan and compute": {
        "power": "How many questions show a gain, or what gain so many questions show.",
        "table": "All statistics from four counts.",
    },
    "Models and answers": {
        "run": "Generate and grade one model's answers (resumable).",
        "train": "Train with GRPO and set the aliases base and trained.",
        "models": "Resolve a model's name, list or set aliases.",
        "runs": "List the runs in the store.",
        "regrade": "Grade a run's stored answers again, without generating.",
    },
    "Logs of other tools": {
        "logs": "Tell what another tool's log holds, and what it does not tell.",
        "import": "Read another tool's log into a run.",
    },
    "Settings": {
        "config": "Show what is set here and where it comes from.",
        "completion": "Print the completion script of bash, zsh or fish.",
    },
}
"""Every command with its one-line help, by what one wants; its module is loaded when it is used."""
COMMANDS = {name: meaning for group in GROUPS.values() for name, meaning in group.items()}
EXAMPLES = (
    ("evalsuite demo", "one verdict, without a download"),
    (
        "evalsuite compare ./my-base ./my-grpo --task questions.jsonl --prompt plain",
        "your models on your questions",
    ),
    ("evalsuite power --base 0.2 --gain 0.05", "how many questions would it take"),
)
PREFIX = "EVALSUITE"
"""Of the variables that set options."""

_STARTING = ("demo", "init", "doctor", "config", "completion")
_MODULES = {"import": "import_log"} | {name: f"starting.{name}" for name in _STARTING}


class _Broken(Exception):  # noqa: N818  no error of its own: it carries one past click
    """An error that click would answer with exit code 1, which is a gate's."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    context_class = HelpContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what was typed for the pages of help."""
        remember(ctx, args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands in order of use."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"evalsuite.cli.{_MODULES.get(cmd_name, cmd_name)}")
        command: click.Command = module.command
        name_variables(command, f"{PREFIX}_{cmd_name}")
        speak(command)
        return told_for_shell(command, texts_for(ctx)) if ctx.resilient_parsing else command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        del ctx
        for heading, commands in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(list(commands.items()), col_max=12)
        write_examples(formatter, EXAMPLES)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the commands without importing any of them."""
        texts = texts_for(ctx)
        return [
            CompletionItem(name, help=texts.get(meaning, meaning))
            for name, meaning in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a closed pipe and an end of file are for `exits`, not for click."""
        try:
            return super().invoke(ctx)
        except EOFError as error:
            raise _Broken from error
        except OSError as error:
            if error.errno != errno.EPIPE:
                raise
            raise _Broken from error
        except click.UsageError as error:
            # click's parser knows no context, and the door's hint names the command
            error.ctx = error.ctx or self._context_of_command(ctx)
            raise

    def _context_of_command(self, ctx: click.Context) -> click.Context:
        name = ctx.invoked_subcommand
        command = self.get_command(ctx, name) if name else None
        return ctx if command is None else click.Context(command, parent=ctx, info_name=name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Suggest the nearest command for a misspelt one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            close = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
        "auto_envvar_prefix": PREFIX,
    },
)
@click.version_option(__version__, prog_name="evalsuite")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; for any command.")
@language_for_all_option
@click.pass_context
def cli(ctx: click.Context, *, debug: bool, lang_before: str | None) -> None:  # noqa: ARG001  read elsewhere
    """Tell whether a fine-tuning gain is real, and what it is a gain in."""
    ctx.default_map = read_defaults(ctx)
    refuse_unknown_variables(ctx)
    chosen_for_all()  # a language that is none is told by every command


def main(argv: list[str] | None = None) -> Any:
    """Run the command line and end the process with a documented exit code."""
    os.environ.setdefault("TQDM_DISABLE", "1")  # stderr is ours
    arguments = sys.argv[1:] if argv is None else argv
    debug = wants_traceback(arguments)
    defer_unused_parts()
    watch_signals()
    _write_anything()
    make_output_harmless()
    try:
        # Anywhere in the command, for it is added to one that has just failed.
        given = [argument for argument in arguments if argument != "--debug"]
        code = cli.main(args=given, prog_name="evalsuite", standalone_mode=False)
        sys.stdout.flush()  # here, where a full disk still has a line and a code
    except _Broken as broken:
        sys.exit(close_with(broken.__cause__ or broken, debug=debug, lang=language_of(arguments)))
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001  the one place that may; panics of Rust too
        sys.exit(close_with(error, debug=debug, lang=language_of(arguments)))
    sys.exit(code if isinstance(code, int) else 0)


def _write_anything() -> None:
    """Let a terminal of another encoding show what it can, instead of ending the command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
