"""Seeds: every seed of the comparison, and how much chance alone moves a result of this size."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.reporting.blocks import Block, Facts, Section, Text
from evalsuite.reporting.source import Source, count, has_figures, share
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.page import Page

__all__ = ["seeds"]


def seeds(page: Page) -> Section | None:
    """Show every seed, and how much chance alone moves a result of this size."""
    source = page.alone
    if source is None:
        return None
    words, comparison = source.words, source.comparison
    facts = Facts(label=words.text("seeds.label"), pairs=_seed_pairs(source))
    blocks: list[Block] = [facts]
    blocks += [Text(phrase=phrase) for phrase in _floor(source)]
    if has_figures(comparison.diagnostics.get("self_check"), *_CHECKED):
        blocks.append(Text(phrase=_checked(source)))
    blocks.append(Text(phrase=_samples(source), role="note"))
    blocks.append(Text(phrase=words.say(_training_key(comparison.seeds.training)), role="note"))
    return Section(id="seeds", title=words.text("seeds.section"), blocks=tuple(blocks))


def _floor(source: Source) -> Iterator[Phrase]:
    """Say how far chance alone moves two equal models; nothing where it was not recorded."""
    if source.has_means:
        return
    table = source.comparison.table
    for i, expectation in enumerate(source.comparison.power.expectations):
        if expectation.n == table.n:
            yield source.words.say(
                "seeds.floor",
                low=source.points(f"power.expectations.{i}.chance_low"),
                high=source.points(f"power.expectations.{i}.chance_high"),
                n=count(table.n),
                discordance=share(table.discordant / table.n),
            )


_CHECKED = ("coverage", "confidence_level", "false_alarm")


def _checked(source: Source) -> Phrase:
    key = "diagnostics.self_check"
    return source.words.say(
        "seeds.checked",
        coverage=source.percent(f"{key}.coverage"),
        level=source.level(f"{key}.confidence_level"),
        alarm=source.percent(f"{key}.false_alarm"),
    )


def _seed_pairs(source: Source) -> tuple[tuple[str, Phrase], ...]:
    words, numbers = source.words, source.comparison.seeds
    subsets = words.text("list").join(map(str, numbers.subsets)) or words.text("none")
    training = (
        words.say("unknown") if numbers.training is None else just(source.count("seeds.training"))
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
    numbers = source.comparison.seeds
    if numbers.samples == 1:
        is_measured = source.comparison.noise_floor is not None
        return source.words.say(_alone_key(source.temperature, is_measured=is_measured))
    alone = Counter(numbers.decisions_by_sample)
    told = source.words.say(
        "seeds.sampled",
        samples=source.count("seeds.samples"),
        alpha=f"{source.policy.alpha:g}",
        gains=count(alone["improved"]),
        losses=count(alone["regressed"]),
        neither=count(alone.total() - alone["improved"] - alone["regressed"]),
    )
    verdict = source.comparison.verdict
    if not numbers.differences or verdict is None or verdict.decision == "invalid":
        return told
    is_shown = "seed_sensitive" in verdict.qualifiers
    return source.words.say(
        "seeds.samples_differ" if is_shown else "seeds.samples_alike", decisions=told
    )


def _alone_key(temperature: float | None, *, is_measured: bool) -> str:
    """Choose what one answer a question shows of what asking again would give."""
    if temperature is None:
        return "seeds.unrecorded"
    if temperature > 0:
        return "seeds.sampled_once"
    return "seeds.greedy_measured" if is_measured else "seeds.greedy"


def _training_key(training: int | None) -> str:
    if training is None or training < 2:
        return "seeds.one_run"
    return "seeds.few_runs" if training < SEEDS_TO_JUDGE else "seeds.many_runs"
