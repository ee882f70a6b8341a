"""Random command lines: every command and option there is, with values that fit and that do not.

Seeded, so that a line that crashed can be made again: ``random_line(seed)``. Nothing is asked of a
model: names lead to stored runs, files, folders and nowhere.
"""

from __future__ import annotations

import random
from importlib import import_module
from typing import TYPE_CHECKING

import click

from evalsuite.cli.main import _MODULES, COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["random_line"]

_LEFT_OUT = {"doctor", "demo"}
"""The one asks the network, the other generates; both take hardly an argument."""
_SLOW = {"--executor", "--shards", "--figures", "--open", "--from-scratch", "--cost", "--preset"}
_NAMES = (
    *("run:one", "run:two", "one", "two", "run:few", "run:cut", "run:changed", "run:none", "few"),
    *("log.jsonl", "sound.csv", "scores.csv", "prose.txt", "picture.png", "questions.jsonl", "r"),
    *("empty", "nowhere", "model-torn", "model-pickle", "adapter-alone", "r/results.json", "other"),
    *("log:log.jsonl", "x=log.jsonl", "x=", "=x", "path:", "path:empty", "alias:x", "hf:", "hf:/"),
    *("openai:", "openai:x", "openai:x@http://127.0.0.1:9/v1", "openai:x@http://[", "hf:a/b@@c"),
    *("./runs/*", "runs", "runs/*", "*", "/dev/null", "/proc/self/mem", ".", "~"),
)
_NUMBERS = ("0", "1", "-1", "2", "5", "12", "64", "0.05", "0.5", "1.0", "1e-300", "1e300", "1e999")
_ODD_NUMBERS = ("nan", "inf", "-inf", "0x10", "1_000", "1e3", "٣", "99999999999999999999", "--", "")
_WORDS = ("boxed", "plain", "strict", "flexible", "improved", "test", "dev", "en", "zh", "budgets")
_JUNK = (
    *("", " ", "-", "--", "---", "=", "a" * 300, "a/" * 200, "名", "é", "\u202e", "\x1b[2J", "\n"),
    *(
        "a\0b",
        "\ud800",
        "%s%n",
        "{0}",
        "${HOME}",
        "$(id)",
        "';--",
        "<b>",
        "\\",
        "*" * 50,
        "[",
        "😀",
    ),
)


def random_line(seed: int) -> list[str]:
    """Make the command line of a seed."""
    rng = random.Random(seed)  # noqa: S311  not for secrets
    name = rng.choice([c for c in COMMANDS if c not in _LEFT_OUT])
    if rng.random() < 0.02:
        return [_value(rng) for _ in range(rng.randrange(4))]
    command = import_module(f"evalsuite.cli.{_MODULES.get(name, name)}").command
    line = [name]
    if isinstance(command, click.Group):
        inner = rng.choice(sorted(command.commands))
        line.append(inner)
        command = command.commands[inner]
    line += _arguments(rng, command, _NUMBERS if name == "table" else _NAMES)
    for _ in range(rng.choice((0, 1, 1, 2, 3))):
        line += _option(rng, command)
    if name == "train":  # so that it never gets as far as to train
        line += ["--config", "typo.yaml"]
    return line


def _arguments(rng: random.Random, command: click.Command, values: Sequence[str]) -> list[str]:
    wanted = [p for p in command.params if isinstance(p, click.Argument)]
    count = len(wanted) + (wanted[-1].nargs == -1 if wanted else 0)
    if rng.random() < 0.1 and command.name not in ("compare", "run"):
        count += rng.choice((-1, 1))
    return [_value(rng, values) for _ in range(max(count, 0))]


def _option(rng: random.Random, command: click.Command) -> list[str]:
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    options = [p for p in options if not _SLOW & set(p.opts)]
    if not options or rng.random() < 0.03:
        return [f"--{_value(rng)}"]
    option = rng.choice(options)
    flag = rng.choice([*option.opts, *option.secondary_opts])
    if option.is_flag:
        return [flag]
    if isinstance(option.type, click.Choice) and rng.random() < 0.7:
        return [flag, rng.choice([str(choice) for choice in option.type.choices])]
    is_number = option.type.name.split()[0] in ("integer", "float")
    return [flag, _value(rng, _NUMBERS if is_number else (*_NAMES, *_WORDS))]


def _value(rng: random.Random, likely: Sequence[str] = _WORDS) -> str:
    pools = (likely,) * 7 + (_ODD_NUMBERS, _NUMBERS, _JUNK, _NAMES)
    value = rng.choice(rng.choice(pools))
    # none of these may be asked: they are models that answer
    return "nowhere" if value in ("base", "trained") else value
