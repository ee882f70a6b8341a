"""What a comparison is going to do, and what it would cost, said before anything is generated."""

from __future__ import annotations

import json
from dataclasses import asdict
from math import ceil
from typing import TYPE_CHECKING

import click

from evalsuite.cli.terminal.columns import padded
from evalsuite.cli.terminal.folding import folded
from evalsuite.reporting.clauses import recalled, told
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.asking.compare import Plan
    from evalsuite.asking.estimate import Cost
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.reporting.wording import Words

__all__ = ["announce", "duration", "print_costs"]

_LONG = 90
"""Minutes; from here on hours are told."""


def announce(plan: Plan, lang: str) -> None:
    """Say on stderr what each name stands for and what is left to do."""
    catalogue = words(lang)
    roles = ["base"] * plan.n_bases + ["trained"] * (len(plan.models) - plan.n_bases)
    for role, label, planned in zip(roles, plan.labels, plan.models, strict=True):
        model = planned.model
        pinned = f"@{model.revision[:8]}" if model.revision else ""
        where = "" if model.source == "embedded" else f" {model.location}"
        source = catalogue.text(f"model_source.{model.source}")
        name = told(label, lang)
        said = str(catalogue.say("plan.model", name=name, source=f"{source}{where}{pinned}"))
        _tell(catalogue, role, said, _left_to_do(planned, catalogue))
        if model.source == "adapter" and model.note:
            doubt = catalogue.say("plan.doubt", name=name, note=recalled(model.note, lang))
            click.echo(folded(f"  {doubt}"), err=True)
    for pair in plan.also:
        for role, planned in zip(("base", "trained"), pair, strict=True):
            decoding = planned.spec.decoding
            how = catalogue.say(
                "plan.also",
                temperature=_known(decoding.temperature, catalogue),
                n=_known(decoding.samples, catalogue),
            )
            _tell(catalogue, role, f"{planned.model.name} {how}", _left_to_do(planned, catalogue))
    if all(planned.model.source == "embedded" for planned in plan.models):
        is_own_task = any(planned.spec.task != "embedded" for planned in plan.models)
        key = "plan.embedded_models" if is_own_task else "plan.embedded"
        line = catalogue.say(key, note=catalogue.text("plan.embedded_note"))
        click.echo(folded(f"  {line}"), err=True)


def _tell(catalogue: Words, role: str, said: str, state: str) -> None:
    line = catalogue.say("plan.line", role=padded(catalogue.text(role), 8), said=said, state=state)
    click.echo(folded(f"  {line}"), err=True)


def _known(value: float | None, catalogue: Words) -> str:
    return catalogue.text("unknown") if value is None else f"{value}"


def _left_to_do(planned: PlannedRun, catalogue: Words) -> str:
    if planned.model.source == "log":
        return catalogue.text("plan.as_it_is")
    if planned.missing:
        return str(catalogue.say("plan.to_generate", n=planned.missing))
    return catalogue.text("plan.reused")


def print_costs(plan: Plan, lang: str, *, as_json: bool) -> None:
    """Print questions, tokens, minutes and disk, from a few seconds of real generation."""
    from evalsuite.asking.estimate import estimate, time_in_all

    catalogue, labelled = words(lang), _labelled(plan)
    costs = [
        (label, estimate(planned, plan.spec) if planned.missing else None)
        for label, planned in labelled
    ]
    in_all = time_in_all([run for _, run in labelled], [cost for _, cost in costs], plan.spec)
    if as_json:
        models = [{"name": name, "cost": None if c is None else asdict(c)} for name, c in costs]
        document = {
            "models": models,
            "minutes": in_all.minutes,
            "most_minutes": in_all.most_minutes,
        }
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    for name, cost in costs:
        click.echo(_cost_line(name, cost, catalogue))
    if plan.spec.noise_floor:
        click.echo(catalogue.say("cost.noise_floor", name=plan.models[0].model.name))
    if plan.twins is not None:
        click.echo(catalogue.text("cost.twins"))
    if any(cost is not None for _, cost in costs):
        times = {
            "time": duration(in_all.minutes, catalogue),
            "most": duration(in_all.most_minutes, catalogue),
        }
        key = "cost.in_all_at_once" if in_all.is_at_once else "cost.in_all"
        click.echo(catalogue.say(key, **times))


def _labelled(plan: Plan) -> list[tuple[str, PlannedRun]]:
    """Name every run, those under other decodings after the others."""
    also = [(planned.model.name, planned) for pair in plan.also for planned in pair]
    return [*zip(plan.labels, plan.models, strict=True), *also]


def _cost_line(name: str, cost: Cost | None, catalogue: Words) -> str:
    if cost is None:
        return str(catalogue.say("cost.nothing", name=name))
    memory = ""
    if cost.memory_mb is not None:
        memory = str(catalogue.say("cost.memory", megabytes=cost.memory_mb))
    line = catalogue.say(
        "cost.line",
        name=name,
        answers=cost.answers,
        tokens=cost.tokens,
        most_tokens=cost.most_tokens,
        rate=f"{cost.tokens_per_second:,.0f}",
        time=duration(cost.minutes, catalogue),
        most=duration(cost.most_minutes, catalogue),
        disk=f"{ceil(10 * cost.disk_mb) / 10:.1f}",
    )
    return f"{line}{memory}"


def duration(minutes: float, catalogue: Words) -> str:
    """Say a time in the unit in which it is neither nothing nor hundreds."""
    if minutes < 1:
        return str(catalogue.say("duration.seconds", n=ceil(60 * minutes)))
    if minutes < _LONG:
        return str(catalogue.say("duration.minutes", n=f"{minutes:.1f}"))
    return str(catalogue.say("duration.hours", n=f"{minutes / 60:,.1f}"))
