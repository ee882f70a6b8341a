"""``evalsuite models``: what a name stands for, and aliases."""

from __future__ import annotations

from pathlib import Path

import click

from evalsuite.cli.options import json_option

__all__ = ["command"]


@click.group()
def command() -> None:
    """Resolve a model's name, list or set aliases."""


@command.command("list")
def list_models() -> None:
    """List the names that are known here."""
    from evalsuite.core.names import EMBEDDED, read_aliases

    aliases = read_aliases()
    for alias, source in aliases.items():
        click.echo(f"{alias:<16} {source}  (alias)")
    for name in EMBEDDED:
        if name not in aliases:
            click.echo(f"{name:<16} embedded")


@command.command("resolve")
@click.argument("name")
@json_option
def resolve_model(name: str, *, as_json: bool) -> None:
    """Say what NAME is, where its weights come from, their hash, template and end tokens."""
    from evalsuite.core.names import resolve
    from evalsuite.records.codec import plain, to_json

    spec = resolve(name)
    found = {**plain(spec), **_tokenizer(spec)}
    if as_json:
        click.echo(to_json(found), nl=False)
        return
    for key, value in found.items():
        if value is not None:
            click.echo(f"{key:<14} {value}")


@command.command("alias")
@click.argument("alias")
@click.argument("source")
def set_alias(alias: str, source: str) -> None:
    """Let ALIAS stand for SOURCE in evalsuite.toml of this folder."""
    from evalsuite.core.names import resolve, write_alias

    spec = resolve(source)
    path = write_alias(alias, source)
    click.echo(f"{alias} = {source} ({spec.source} {Path(spec.location)}), written to {path}")


def _tokenizer(spec: object) -> dict[str, object]:
    from evalsuite.core.model import describe_tokenizer
    from evalsuite.records.run import ModelSpec

    if not isinstance(spec, ModelSpec) or spec.source in ("run", "log"):
        return {}
    return describe_tokenizer(spec)
