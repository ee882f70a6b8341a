"""``evalsuite models``: what a name stands for, and aliases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.options import json_option
from evalsuite.cli.shared.typed_names import ModelName
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.run import ModelSpec

__all__ = ["command"]


@click.group()
def command() -> None:
    """Resolve a model's name, list or set aliases."""


@command.command("list")
@json_option
def list_models(*, as_json: bool) -> None:
    """List the names that are known here."""
    from evalsuite.models.names import EMBEDDED, read_aliases
    from evalsuite.records.codec import to_json

    aliases = read_aliases()
    if as_json:
        embedded = [name for name in EMBEDDED if name not in aliases]
        click.echo(to_json({"aliases": aliases, "embedded": embedded}), nl=False)
        return
    for alias, source in aliases.items():
        click.echo(f"{alias:<16} {source}  (alias)")
    for name in EMBEDDED:
        if name not in aliases:
            click.echo(f"{name:<16} embedded")


@command.command("resolve")
@click.argument("name", type=ModelName())
@click.option("--cost", is_flag=True, help="Measure a few seconds and say what a full run takes.")
@json_option
def resolve_model(name: str, *, cost: bool, as_json: bool) -> None:
    """Say what NAME is, where its weights come from, their hash, template and end tokens.

    Of a server, what it tells of itself.
    """
    from evalsuite.models.names import resolve
    from evalsuite.records.codec import plain, to_json

    spec = resolve(name)
    facts = {**plain(spec), **_told(spec)} | (_cost(name) if cost else {})
    if as_json:
        click.echo(to_json(facts), nl=False)
        return
    for key, value in _lines(facts):
        click.echo(f"{key:<14} {value}")


@command.command("alias")
@click.argument("alias")
@click.argument("source", type=ModelName())
def set_alias(alias: str, source: str) -> None:
    """Let ALIAS stand for SOURCE in evalsuite.toml of this folder."""
    from evalsuite.models.names import resolve, write_alias

    spec = resolve(source)
    path = write_alias(alias, source)
    click.echo(f"{alias} = {source} ({spec.source} {Path(spec.location)}), written to {path}")


def _told(spec: ModelSpec) -> dict[str, Any]:
    """Ask the server, or read the files; a run or log has answers and needs neither."""
    from evalsuite.asking.spec import default_budgets, task_of
    from evalsuite.models.load import describe_tokenizer
    from evalsuite.models.servers import read_address, served

    if spec.source in ("run", "log"):
        return {}
    task = task_of([spec])
    usual = {"task": task, "max_new_tokens": max(default_budgets(task))}
    if spec.source == "endpoint":
        return {"served": served(read_address(spec.location))} | usual
    return describe_tokenizer(spec) | _size(spec) | usual


def _size(spec: ModelSpec) -> dict[str, Any]:
    from evalsuite.models.weights import count_parameters

    parameters = count_parameters(spec)
    if parameters is None:
        return {}
    return {
        "parameters": parameters,
        "megabytes": {"float32": 4 * parameters / 1e6, "bfloat16": 2 * parameters / 1e6},
    }


def _cost(name: str) -> dict[str, Any]:
    """Say what all questions of the usual task take, from a few seconds of generation."""
    from evalsuite.asking.estimate import estimate
    from evalsuite.asking.session import plan_session
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.codec import plain

    spec = CompareSpec()
    (planned,) = plan_session((name,), spec)
    return {"cost": plain(estimate(planned, spec)) if planned.missing else "nothing is missing"}


def _lines(facts: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Write what is known, a line each; groups are indented below their name."""
    for key, value in facts.items():
        if isinstance(value, dict):
            yield key, ""
            yield from ((f"  {name}", text) for name, text in _lines(value))
        elif value is not None:
            yield (
                key,
                f"{value:,.1f}" if isinstance(value, float) else one_line(str(value), longest=2000),
            )
