"""Headlines: the sentence every output begins with, and the checks that do not hold."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.records.numbers import points_text
from evalsuite.reporting.check_words import told_check
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.source import Source, count
from evalsuite.verdict.headline import headline_keys, headline_values
from evalsuite.verdict.recipe_headline import recipe_headline_key, recipe_headline_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Check
    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.wording import Phrase

__all__ = ["doubts", "headline", "page_headline"]

LONGEST_NAME = 40
_REST = {
    "suggestive": "suggestive",
    "equivalent": "equivalent",
    "inconclusive": "undecided",
    "powerless": "undecided",
    "invalid": "invalid",
    "none": "none",
}
"""Decisions that are neither a gain nor a loss, and the word each is counted under."""


def page_headline(page: Page) -> str:
    """Write the page's headline; a group without a verdict of its own counts those of its parts."""
    if page.alone is not None:
        return headline(page.alone)
    if page.recipe is not None:
        return told_headline(page.recipe)
    verdict = page.judged.verdict
    return _headline(page.parts) if verdict is None else visible(verdict.headline)


def headline(source: Source) -> str:
    """Write the headline: the verdict's own in English, the same from the catalogue elsewhere."""
    found = source.comparison
    if found.verdict is None:
        return source.words.text("no_verdict")
    if source.words.lang == "en":
        return visible(found.verdict.headline)
    values = headline_values(found) | _reason(source)
    sentences = (source.words.say(f"headline.{key}", **values) for key in headline_keys(found))
    return visible("".join(map(str, sentences)))


def told_headline(source: RecipeSource) -> str:
    """Write the headline: the verdict's own in English, the same from the catalogue elsewhere."""
    verdict = source.comparison.verdict
    if verdict is None:
        return source.words.text("no_verdict")
    if source.words.lang == "en":
        return visible(verdict.headline)
    values = recipe_headline_values(source.comparison) | _reason(source)
    return visible(
        str(source.words.say(f"recipe_headline.{recipe_headline_key(source.comparison)}", **values))
    )


def _reason(source: Source | RecipeSource) -> dict[str, str]:
    """Say in the reader's language what makes a comparison invalid."""
    blocking = (check for check in source.comparison.checks if check.level == "blocking")
    first = next(blocking, None)
    return {} if first is None else {"reason": _clause(first, source)}


def _clause(check: Check, source: Source | RecipeSource) -> str:
    return told_check(check, source.words).detail.rstrip(".。")


def doubts(page: Page) -> Iterator[str]:
    """List every check that does not hold: code, title and detail, blocking ones first."""
    for level in ("blocking", "warning"):
        for check in page.judged.checks:
            if check.level == level:
                told = told_check(check, page.words)
                yield one_line(f"{told.code} {told.title}: {told.detail}", longest=400)


def _headline(sources: Sequence[Source]) -> str:
    gap = " " if sources[0].words.lang == "en" else ""
    return gap.join(map(str, _headline_sentences(sources)))


def _headline_sentences(sources: Sequence[Source]) -> Iterator[Phrase]:
    """Count gains and losses, then the rest, then name the largest gain with its warning."""
    first, n = sources[0], count(len(sources))
    counts = Counter(source.decision for source in sources)
    higher, lower = counts["improved"], counts["regressed"]
    key = "both" if higher and lower else "higher" if higher else "lower" if lower else "neither"
    yield first.words.say(
        f"models.{key}",
        higher=count(higher),
        lower=count(lower),
        n=n,
        family=count(max(first.policy.family, len(sources))),
    )
    if higher + lower < len(sources):
        yield first.words.say("models.rest", rest=_rest(first, counts))
    if higher:
        yield _best(sources, n=str(n))


def _rest(source: Source, counts: Counter[str]) -> str:
    rest: Counter[str] = Counter()
    for decision, word in _REST.items():
        rest[word] += counts[decision]
    margin = f"{100 * source.policy.margin:g}"
    told = (
        source.words.say(f"models.rest_{word}", k=count(k), margin=margin)
        for word, k in rest.items()
        if k
    )
    return source.words.text("and").join(map(str, told))


def _best(sources: Sequence[Source], *, n: str) -> Phrase:
    best = max(
        (source for source in sources if source.decision == "improved"),
        key=lambda source: source.comparison.gain.estimate,
    )
    gain = best.comparison.gain
    return best.words.say(
        "models.best",
        name=one_line(best.comparison.trained.name, longest=LONGEST_NAME),
        size=points_text(gain.estimate),
        level=f"{100 * gain.confidence_level:g}",
        low=points_text(gain.interval.low),
        high=points_text(gain.interval.high),
        n=n,
    )
