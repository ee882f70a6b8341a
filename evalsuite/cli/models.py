"""``evalsuite models``: what a name stands for, and aliases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.shared.typed_names import ModelName
from evalsuite.cli.terminal.columns import padded
from evalsuite.cli.terminal.grouped import CommandList
from evalsuite.errors import Clause
from evalsuite.reporting.clauses import told
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.run import ModelSpec
    from evalsuite.reporting.wording import Words

__all__ = ["command"]

_NOTHING_MISSING = "nothing is missing"
"""In JSON, where a run is complete."""


@click.group(cls=CommandList)
def command() -> None:
    """Resolve a model's name, list or set aliases."""


@command.command("list")
@lang_option
@json_option
def list_models(*, lang: str, as_json: bool) -> None:
    """List the names that are known here."""
    from evalsuite.models.names import EMBEDDED, read_aliases
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words

    catalogue, aliases = words(lang), read_aliases()
    if as_json:
        embedded = [name for name in EMBEDDED if name not in aliases]
        click.echo(to_json({"aliases": aliases, "embedded": embedded}), nl=False)
        return
    for alias, source in aliases.items():
        meaning = str(catalogue.say("known.alias", source=source))
        click.echo(f"{alias:<16} {meaning}")
    for name in EMBEDDED:
        if name not in aliases:
            meaning = catalogue.text("known.embedded")
            click.echo(f"{name:<16} {meaning}")


@command.command("resolve")
@click.argument("name", type=ModelName())
@click.option("--cost", is_flag=True, help="Measure a few seconds and say what a full run takes.")
@lang_option
@json_option
def resolve_model(name: str, *, cost: bool, lang: str, as_json: bool) -> None:
    """Say what NAME is, where its weights come from, their hash, template and end tokens.

    Of a server, what it tells of itself.
    """
    from evalsuite.models.names import resolve
    from evalsuite.records.codec import plain, to_json
    from evalsuite.reporting.wording import words

    spec = resolve(name)
    facts = {**plain(spec), **_told(spec)} | (_cost(name) if cost else {})
    if as_json:
        click.echo(to_json(facts), nl=False)
        return
    catalogue = words(lang)
    if spec.source == "embedded":
        facts["note"] = catalogue.text("plan.embedded_note")
    facts["source"] = catalogue.text(f"model_source.{spec.source}")
    for label, value in _lines(facts, catalogue):
        click.echo(f"{padded(label, 14)} {value}".rstrip())


@command.command("alias")
@click.argument("alias")
@click.argument("source", type=ModelName())
@lang_option
def set_alias(alias: str, source: str, lang: str) -> None:
    """Let ALIAS stand for SOURCE in evalsuite.toml of this folder."""
    from evalsuite.models.names import resolve, write_alias
    from evalsuite.reporting.wording import words

    spec = resolve(source)
    path = write_alias(alias, source)
    meant = f"{alias} = {source} ({spec.source} {Path(spec.location)})"
    click.echo(words(lang).say("known.written", alias=meant, file=str(path)))


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
    return describe_tokenizer(spec) | _size(spec) | _trained_on(spec) | usual


def _trained_on(spec: ModelSpec) -> dict[str, Any]:
    """Say of an adapter what its training tells of the weights below it."""
    from evalsuite.training.log import packing_below

    packing = packing_below(Path(spec.location)) if spec.source == "adapter" else None
    if packing is None:
        return {}
    return {
        "trained_on": Clause(
            "weights packed in {bits} bits; it is judged merged into whole ones: not the very "
            "model that was rewarded",
            bits=packing.bits,
        )
    }


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
    return {"cost": plain(estimate(planned, spec)) if planned.missing else _NOTHING_MISSING}


def _lines(facts: dict[str, Any], catalogue: Words) -> Iterator[tuple[str, str]]:
    """Write what is known, a line each; groups are indented below their name."""
    for key, value in facts.items():
        label = catalogue.find(f"fact.{key}") or key
        if isinstance(value, dict):
            yield label, ""
            yield from ((f"  {name}", text) for name, text in _lines(value, catalogue))
        elif key == "cost" and value == _NOTHING_MISSING:
            yield label, catalogue.text("known.nothing_missing")
        elif isinstance(value, float):
            yield label, f"{value:,.1f}"
        elif value is not None:
            text = told(value, catalogue.lang) if isinstance(value, str) else str(value)
            yield label, one_line(text, longest=2000)
