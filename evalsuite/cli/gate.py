"""``evalsuite gate``: may this checkpoint ship? The exit code answers."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import click

from evalsuite.cli.shared.options import json_option
from evalsuite.errors import InvalidInputError

__all__ = ["command"]

_EXIT = {"met": 0, "not_met": 1, "undecided": 3}


@click.command()
@click.argument("results", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--require",
    default="improved",
    show_default=True,
    help="Decisions that pass; also non_inferior.",
)
@click.option("--forbid", default="", help="Qualifiers that fail, such as mostly_truncation.")
@click.option("--max-truncation", type=click.FloatRange(0, 1), help="Share of trained's answers.")
@click.option("--max-loss-rate", type=click.FloatRange(0, 1), help="Share of questions lost.")
@json_option
def command(
    results: Path,
    *,
    require: str,
    forbid: str,
    max_truncation: float | None,
    max_loss_rate: float | None,
    as_json: bool,
) -> int:
    """Hold RESULTS (results.json or its folder) against rules.

    Exits 0 if met, 1 if not, 3 if the data can't tell, 4 if the runs are not comparable.
    """
    from evalsuite.cli.shared.report_files import read_judged
    from evalsuite.records.codec import to_json
    from evalsuite.records.verdict import Decision, Qualifier
    from evalsuite.verdict.gate import GateRules, check_gate

    path = results / "results.json" if results.is_dir() else results
    comparison = read_judged(path)
    rules = GateRules(
        require=_words(require, (*get_args(Decision), "non_inferior"), "--require"),
        forbid=_words(forbid, get_args(Qualifier), "--forbid"),
        max_truncation=max_truncation,
        max_loss_rate=max_loss_rate,
    )
    outcome = check_gate(comparison, rules)
    if as_json:
        click.echo(to_json(outcome), nl=False)
    else:
        for rule in outcome.rules:
            click.echo(f"{rule.state.replace('_', ' '):<10} {rule.rule}: {rule.detail}")
    is_invalid = comparison.verdict is not None and comparison.verdict.decision == "invalid"
    return 4 if is_invalid else _EXIT[outcome.state]


def _words(text: str, known: tuple[str, ...], option: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word not in known:
            raise InvalidInputError(f"{option} {word!r} is unknown; use {', '.join(known)}")
    return words
