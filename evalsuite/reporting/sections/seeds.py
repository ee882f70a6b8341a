"""Seeds: every seed of the comparison, and how much chance alone moves a result of this size."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Block, Facts, Section, Text
from evalsuite.reporting.sections.expectations import gain_range
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["seeds"]


def seeds(page: Page) -> Section | None:
    """Show every seed, and how much chance alone moves a result of this size."""
    source = page.alone
    if source is None:
        return None
    words, found = source.words, source.comparison
    facts = Facts(label=words.text("seeds.label"), pairs=_seed_pairs(source))
    blocks: list[Block] = [facts]
    if not source.is_sampled:
        blocks.append(Text(phrase=_floor(source)))
    if isinstance(found.diagnostics.get("self_check"), Mapping):
        blocks.append(Text(phrase=_checked(source)))
    blocks.append(Text(phrase=_samples(source), role="note"))
    blocks.append(Text(phrase=words.say(_training_key(found.seeds.training)), role="note"))
    return Section(id="seeds", title=words.text("seeds.section"), blocks=tuple(blocks))


def _floor(source: Source) -> Phrase:
    table = source.comparison.table
    half = table.discordant / table.n / 2
    noise = gain_range(half, half, table.n)
    return source.words.say(
        "seeds.floor",
        low=points(noise.low),
        high=points(noise.high),
        n=count(table.n),
        discordance=share(table.discordant / table.n),
    )


def _checked(source: Source) -> Phrase:
    key = "diagnostics.self_check"
    return source.words.say(
        "seeds.checked",
        coverage=source.percent(f"{key}.coverage"),
        level=source.level(f"{key}.confidence_level"),
        alarm=source.percent(f"{key}.false_alarm"),
    )


def _seed_pairs(source: Source) -> tuple[tuple[str, Phrase], ...]:
    words, found = source.words, source.comparison.seeds
    subsets = ", ".join(map(str, found.subsets)) or words.text("none")
    training = (
        words.say("unknown") if found.training is None else just(source.count("seeds.training"))
    )
    return (
        (words.text("seeds.root"), just(_plain(source, "seeds.root"))),
        (words.text("seeds.subsets"), just(subsets)),
        (words.text("seeds.size"), just(source.count("seeds.subset_size"))),
        (words.text("seeds.training"), training),
        (words.text("seeds.samples"), just(source.count("seeds.samples"))),
    )


def _plain(source: Source, key: str) -> Number:
    return Number(shown=str(source.value(key)), value=source.value(key), key=key)


def _samples(source: Source) -> Phrase:
    found = source.comparison.seeds
    if found.samples == 1:
        return source.words.say("seeds.greedy")
    decisions = ", ".join(
        source.words.text(f"decision.{name}") for name in found.decisions_by_sample
    )
    return source.words.say(
        "seeds.sampled", samples=source.count("seeds.samples"), decisions=decisions
    )


def _training_key(training: int | None) -> str:
    if training is None or training < 2:
        return "seeds.one_run"
    return "seeds.few_runs" if training < 5 else "seeds.many_runs"
