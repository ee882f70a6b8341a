"""One report on several trained models: all verdicts first, then each model's own page.

Nothing is judged here. The page says what was decided for every model, never calls one the best
without saying what picking does, and leads to the reports that have the single questions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import to_json
from evalsuite.records.comparison import SCOPE_ONLY
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.sections.background import methods
from evalsuite.reporting.sections.family_sections import each, family_budgets, family_checks, models
from evalsuite.reporting.sections.noise_floor import noise_grid
from evalsuite.reporting.sections.opening import (
    decision_word,
    decoding,
    headline,
    stamp,
    task_name,
    tone_of,
)
from evalsuite.reporting.sections.provenance import provenance
from evalsuite.reporting.sections.qualifiers import qualifier_sentences
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.view import Member, ReportView
from evalsuite.reporting.wording import Link, Phrase, just, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Family
    from evalsuite.reporting.sections.opening import Tone

__all__ = ["family_view"]


def family_view(family: Family, folders: Sequence[str], *, lang: str = "en") -> ReportView:
    """Turn several comparisons with one base into one finished report.

    Parameters
    ----------
    family
        Judged together.
    folders
        Subfolder of each model's own report, plain file names in the order of the comparisons.
    lang
        ``en`` or ``zh``.

    Returns
    -------
    ReportView
        Every output lays it out as it does the view of one comparison.

    Raises
    ------
    InvalidInputError
        For an unknown language, and for fewer than two comparisons.
    """
    if len(family.comparisons) < 2:
        raise InvalidInputError(
            f"a family of {len(family.comparisons)} comparisons has nothing to set side by side; "
            "name two trained models or more, or the folder of the one report"
        )
    catalogue = words(lang)
    sources = [
        Source(comparison, catalogue, f"comparisons.{i}.")
        for i, comparison in enumerate(family.comparisons)
    ]
    members = tuple(_member(*pair) for pair in zip(sources, folders, strict=True))
    first, task = sources[0], task_name(sources[0])
    base = one_line(first.comparison.base.name, longest=60)
    n = count(len(sources))
    table = models(sources, members)
    return ReportView(
        words=catalogue,
        title=str(catalogue.say("models.title", base=base, n=n, task=task)),
        names=(base, str(n)),
        task=task,
        headline=headline_text(family.verdict, catalogue),
        decision=_decision(sources),
        tone=_tone(sources),
        summary=_summary(sources),
        qualifiers=tuple(_qualifiers(sources)),
        chips=tuple(_chips(sources)),
        doubts=(),
        stamp=stamp(first),
        tests=_tests(first),
        subsets=table.grid,
        budgets=None,
        noise=noise_grid(*sources),
        sections=(
            table.section,
            each(catalogue, members),
            family_budgets(sources, members),
            family_checks(sources, members),
            methods(*sources),
            provenance(*sources),
        ),
        members=members,
        results=to_json(family),
    )


def _member(source: Source, folder: str) -> Member:
    name = one_line(source.comparison.trained.name, longest=60)
    told = [pair for pair in qualifier_sentences(source) if pair[0] != "family"]
    return Member(
        name=just(Link(text=name, href=f"{folder}/report.html")),
        headline=headline(source),
        qualifiers=tuple(told),
    )


def _decided(source: Source) -> str:
    verdict = source.comparison.verdict
    return verdict.decision if verdict else "none"


def _decision(sources: Sequence[Source]) -> str:
    said = {decision_word(source) for source in sources}
    return said.pop() if len(said) == 1 else sources[0].words.text("models.mixed")


def _tone(sources: Sequence[Source]) -> Tone:
    """Take the tone all share; a mix is to be read with care."""
    tones = {tone_of(source.comparison) for source in sources}
    return tones.pop() if len(tones) == 1 else "qualified"


def _summary(sources: Sequence[Source]) -> Phrase:
    first = sources[0]
    ranked = sorted(sources, key=lambda source: source.comparison.trained.accuracy)
    values: dict[str, Any] = {
        "base_rate": first.percent("base.accuracy"),
        "base_interval": first.rates("base.interval"),
        "low": ranked[0].percent("trained.accuracy"),
        "high": ranked[-1].percent("trained.accuracy"),
        "n": first.questions(),
        "task": task_name(first),
        "decoding": decoding(first),
    }
    if first.comparison.headline_budget is None:
        return first.words.say("models.summary_no_budget", **values)
    return first.words.say("models.summary", tokens=first.count("headline_budget"), **values)


def _qualifiers(sources: Sequence[Source]) -> Iterator[tuple[str, Phrase]]:
    say, n = sources[0].words.say, len(sources)
    if any(_decided(source) == "improved" for source in sources):
        yield "picked", say("models.picked")
    verdicts = (source.comparison.verdict for source in sources)
    doubtful = sum(bool(set(v.qualifiers) - SCOPE_ONLY) for v in verdicts if v)
    if doubtful:
        yield "doubtful", say("models.doubtful", k=count(doubtful), n=count(n))
    yield "between", say("models.between")


def _chips(sources: Sequence[Source]) -> Iterator[tuple[str, Phrase]]:
    checks = [check for source in sources for check in source.comparison.checks]
    for level in ("blocking", "warning", "passed"):
        n = sum(check.level == level for check in checks)
        yield level, sources[0].words.say(f"chips.{level}", n=count(n))


def _tests(source: Source) -> Phrase:
    return source.words.say(
        "models.tests",
        test=source.words.text(f"test.{source.comparison.gain.method}"),
        family=count(source.policy.family),
    )
