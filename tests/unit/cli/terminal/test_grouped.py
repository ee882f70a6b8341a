from __future__ import annotations

import re
from collections import Counter

import click
import pytest
from click.testing import CliRunner

from evalsuite.cli.main import COMMANDS, GROUPS, cli
from evalsuite.cli.terminal.grouped import HEADINGS, GroupedCommand


def grouped() -> list[tuple[str, GroupedCommand]]:
    context = click.Context(cli)
    commands = ((name, cli.get_command(context, name)) for name in COMMANDS)
    return [(name, each) for name, each in commands if isinstance(each, GroupedCommand)]


def test_an_option_has_one_heading() -> None:
    counted = Counter(name for names in HEADINGS.values() for name in names)

    assert [name for name, n in counted.items() if n > 1] == []


@pytest.mark.parametrize(("name", "command"), grouped(), ids=lambda value: str(value)[:10])
def test_help_shows_every_option_under_a_heading(name: str, command: GroupedCommand) -> None:
    shown = CliRunner().invoke(command, ["--help"]).output
    options = [p for p in command.params if isinstance(p, click.Option)]

    for option in options:
        longest = max(option.opts, key=len)
        assert (
            len(re.findall(rf"^  .*{longest}\b", shown.partition("Examples:")[0], re.MULTILINE))
            >= 1
        )
    others = shown.partition("Other options:")[2].partition("\n\n")[0]
    assert others.split()[-6:] == ["--help", "Show", "this", "message", "and", "exit."]
    assert others.split()[:-6] in ([], ["-h,"])


def test_compare_run_and_train_are_grouped_and_their_examples_are_commands() -> None:
    found = grouped()

    assert {name for name, _ in found} == {"compare", "run", "train"}
    for _, command in found:
        for line, _ in command.examples:
            program, name, *words = line.split()
            known = {o for p in cli.get_command(click.Context(cli), name).params for o in p.opts}  # type: ignore[union-attr]
            assert program == "evalsuite"
            assert {word for word in words if word.startswith("-")} <= known


def test_the_help_of_the_program_lists_every_command_in_its_group() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output

    for heading, commands in GROUPS.items():
        block = shown.partition(f"{heading}:\n")[2].partition("\n\n")[0]
        assert re.findall(r"^  ([a-z]+) ", block, re.MULTILINE) == list(commands)
