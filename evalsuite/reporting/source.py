"""Numbers of a comparison by their path in ``results.json``, formatted for people.

Taking a number by its path, never by its value, is what makes every shown number traceable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Policy
from evalsuite.reporting.numbers import count_text, percent_text, points_text, pvalue_text
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Link, Number, Phrase, Words, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison, Interval

__all__ = [
    "ADJUSTED",
    "LONGEST_NAME",
    "NONE",
    "UNRECORDED",
    "Numbers",
    "Source",
    "chance_number",
    "count",
    "has_figures",
    "points",
    "pvalue",
    "rate",
    "share",
    "signed",
]

NONE = just("–")
UNRECORDED = "unknown"
"""What a run writes for a precision that its log does not tell."""
ADJUSTED = "verdict.policy.adjusted_pvalue"
LONGEST_NAME = 60
"""Characters of a model's name in a title or a table."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A record and the language its numbers are told in."""

    root: Any
    words: Words
    prefix: str = ""
    """Path of the record itself where it stands among others: ``comparisons.0.``"""

    def value(self, key: str) -> Any:
        """Walk a dotted path through fields, mapping keys and positions: ``subsets.0.gain``."""
        node: Any = self.root
        steps = key.split(".")
        while steps:
            step, steps = _next_step(node, steps)
            node = _step(node, step)
        return node

    def count(self, key: str, *, href: str | None = None) -> Number:
        """Give a count, such as 1,319."""
        return count(self.value(key), key=self.prefix + key, href=href)

    def expected(self, key: str, *, digits: int = 1) -> Number:
        """Give a mean, such as an expected count of 11.5."""
        value = self.value(key)
        return Number(shown=f"{value:.{digits}f}", value=value, key=self.prefix + key)

    def percent(self, key: str) -> Number:
        """Give a fraction as 29.5%."""
        return share(self.value(key), key=self.prefix + key)

    def level(self, key: str) -> Number:
        """Give a round share, such as a confidence level, as 95%."""
        value = self.value(key)
        return Number(shown=f"{100 * value:g}%", value=value, key=self.prefix + key)

    def rate(self, key: str) -> Number:
        """Give a fraction as 29.5, for places where the percent sign is said."""
        return rate(self.value(key), key=self.prefix + key)

    def signed(self, key: str, *, digits: int = 1) -> Number:
        """Give a difference as +3.0."""
        return signed(self.value(key), key=self.prefix + key, digits=digits)

    def points(self, key: str) -> Number:
        """Give a difference as 3.0, with a sign only where it is negative."""
        return points(self.value(key), key=self.prefix + key)

    def pvalue(self, key: str) -> Number:
        """Give a p-value as p = 0.0285 or p < 0.0001."""
        return pvalue(self.value(key), key=self.prefix + key)

    def pcell(self, key: str) -> Phrase:
        """Give a p-value for a column headed p: 0.0285 or < 0.0001; a dash where there is none."""
        if self.value(key) is None:
            return NONE
        shown = self.pvalue(key).shown.removeprefix("p ").removeprefix("= ")
        return just(Number(shown=shown, value=self.value(key), key=self.prefix + key))

    def span(self, key: str) -> Phrase:
        """Give an interval of differences in points, such as (0.3 to 5.6)."""
        return self.words.say(
            "interval", low=self.points(f"{key}.low"), high=self.points(f"{key}.high")
        )

    def rates(self, key: str) -> Phrase:
        """Give an interval of rates, such as (27.1 to 32.0)."""
        return self.words.say(
            "interval", low=self.rate(f"{key}.low"), high=self.rate(f"{key}.high")
        )

    def gain(self, key: str) -> Phrase:
        """Give a gain with its interval: ``key.gain`` and ``key.interval``."""
        return self.words.say(
            "with_interval",
            estimate=self.signed(f"{key}.gain"),
            interval=self.span(f"{key}.interval"),
        )

    def cells(
        self, key: str, *, sides: tuple[str, str] = ("base", "trained")
    ) -> tuple[Phrase, ...]:
        """Fill a row: both accuracies, fixed, broken, the gain with its interval, p."""
        return (
            *(just(self.percent(f"{key}.{side}")) for side in sides),
            *map(just, self.moved(f"{key}.clusters", key)),
            self.gain(key),
            self.pcell(f"{key}.exact"),
        )

    def difference_cells(self, key: str) -> tuple[Phrase, ...]:
        """Fill a row of a tested difference: itself, answers raised and lowered, both p-values."""
        return (
            self.gain(key),
            just(self.count(f"{key}.raised")),
            just(self.count(f"{key}.lowered")),
            self.pcell(f"{key}.exact"),
            self.pcell(f"{key}.adjusted"),
        )

    def moved(self, clusters: str, counts: str) -> tuple[Number, Number]:
        """Give the questions gained and lost, or, where means were compared, better and worse.

        ``clusters`` and ``counts`` are keys; pairs of samples would depend on their numbering.
        """
        if self.value(clusters) is None:
            return self.count(f"{counts}.gains"), self.count(f"{counts}.losses")
        return self.count(f"{clusters}.better"), self.count(f"{clusters}.worse")

    def headline_gain(self) -> Phrase:
        """Give the headline gain with its interval."""
        return self.words.say(
            "with_interval",
            estimate=self.signed("gain.estimate"),
            interval=self.span("gain.interval"),
        )

    def interval(self, interval: Interval) -> Phrase:
        """Give a derived interval in points."""
        return self.words.say("interval", low=points(interval.low), high=points(interval.high))


@dataclass(frozen=True, slots=True)
class Source(Numbers):
    """One comparison and the language it is told in: a part of a page, or the whole of it."""

    folder: str | None = None
    """Of its own report, where it stands among others."""
    called: str | None = None
    """What tells it from the others; None where the trained model's name does."""

    @property
    def comparison(self) -> Comparison:
        """The comparison."""
        comparison: Comparison = self.root
        return comparison

    @property
    def label(self) -> str:
        """Name the trained model, or the task where all are of one model."""
        return one_line(self.called or self.comparison.trained.name, longest=LONGEST_NAME)

    @property
    def link(self) -> Phrase:
        """Name it, with the way to its own report."""
        name = self.label
        if self.folder is None:
            return just(name)
        return just(Link(text=name, href=f"{self.folder}/report.html"))

    def adjusted(self) -> Phrase:
        """Give the p-value after Holm for a column; a dash where there is none."""
        return self.pcell(ADJUSTED) if self.comparison.verdict else NONE

    @property
    def decision(self) -> str:
        """What was decided; ``none`` where nothing was judged."""
        verdict = self.comparison.verdict
        return verdict.decision if verdict else "none"

    def questions(self) -> Number:
        """Give the number of questions; of several answers each, all count once."""
        if self.comparison.seeds.samples == 1:
            return self.count("base.n")
        return count(self.comparison.n_questions)

    def method(self) -> str:
        """Name the method of the headline interval."""
        method: str = self.comparison.gain.method
        if method == "cluster-t" and self.comparison.gain.clusters is None:
            method = "cluster-t-plain"  # a file from before the interval was widened
        return self.words.sentences.get(f"method.{method}", one_line(method))

    def test(self) -> str:
        """Name the test behind the headline's p-value."""
        method = self.comparison.gain.method
        return self.words.sentences.get(f"test.{method}", one_line(method))

    @property
    def is_sampled(self) -> bool:
        """Whether questions were answered several times, so that rows are not questions."""
        return self.comparison.seeds.samples > 1

    @property
    def is_scored(self) -> bool:
        """Whether scores lie between 0 and 1, so that answers are not just right or wrong."""
        return self.comparison.gain.method == "score-t"

    @property
    def has_means(self) -> bool:
        """Whether questions' means were compared: of several answers, or of partial scores."""
        return self.is_sampled or self.is_scored

    def columns(self, by_pair: str, by_question: str) -> tuple[str, ...]:
        """Choose a table's headings: of questions where their means were compared."""
        is_by_pair = self.comparison.gain.clusters is None
        return self.words.texts(by_pair if is_by_pair else by_question)

    def worded(self, key: str, key_of_scores: str) -> str:
        """Choose the sentence on scores where there are some."""
        return key_of_scores if self.is_scored else key

    @property
    def temperature(self) -> float | None:
        """The higher temperature of both sides; None where a side does not record its own."""
        temperatures = [decoding.get("temperature") for decoding in self._sides("decoding")]
        known = [value for value in temperatures if isinstance(value, (int, float))]
        return max(known) if len(known) == len(SIDES) else None

    @property
    def penalty(self) -> float | None:
        """The repetition penalty that both sides record; None for none, or two."""
        base, trained = (each.get("repetition_penalty") for each in self._sides("decoding"))
        has_one = isinstance(base, float) and base == trained != 1
        return base if has_one else None

    @property
    def dtype(self) -> str | None:
        """The precision that base was asked in; None where it is not recorded."""
        dtype = self.provenance("base").get("dtype")
        return dtype if isinstance(dtype, str) and dtype != UNRECORDED else None

    @property
    def is_logged(self) -> bool:
        """Whether a side is another tool's log, of which nobody knows that training made it."""
        return any(self.provenance(side).get("engine") == "imported" for side in SIDES)

    def provenance(self, side: str) -> Mapping[str, Any]:
        """Give what is recorded of one side's run; empty where nothing is."""
        return _mapping(self.comparison.provenance.get(side))

    def _sides(self, name: str) -> list[Mapping[str, Any]]:
        return [_mapping(self.provenance(side).get(name)) for side in SIDES]

    @property
    def is_early(self) -> bool:
        """Whether looks were taken before all questions were asked, and the gain allows for it."""
        return self.comparison.stopped_early is not None

    @property
    def policy(self) -> Policy:
        """What was decided before looking; the defaults where nothing was judged."""
        verdict = self.comparison.verdict
        return verdict.policy if verdict else Policy()


def _next_step(node: Any, steps: list[str]) -> tuple[str, list[str]]:
    """Take one step off a path; the key of a mapping, such as a grader's name, may hold dots."""
    n = 1
    if isinstance(node, Mapping):
        sizes = range(1, len(steps) + 1)
        n = next((size for size in sizes if ".".join(steps[:size]) in node), 1)
    return ".".join(steps[:n]), steps[n:]


def _step(node: Any, step: str) -> Any:
    if isinstance(node, Mapping):
        return node[step]
    if isinstance(node, Sequence) and not isinstance(node, str):
        return node[int(step)]
    return getattr(node, step)


def has_figures(node: object, *names: str, or_none: bool = False) -> bool:
    """Tell whether a part of a file that may hold anything has these numbers, as ours write it."""
    return isinstance(node, Mapping) and all(
        type(node.get(name)) in (int, float) or (or_none and name in node and node[name] is None)
        for name in names
    )


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def count(value: int, *, key: str | None = None, href: str | None = None) -> Number:
    """Format a count."""
    return Number(shown=count_text(value), value=value, key=key, href=href)


def share(value: float, *, key: str | None = None) -> Number:
    """Format a fraction with its percent sign."""
    return Number(shown=percent_text(value), value=value, key=key)


def chance_number(value: float, *, key: str | None = None) -> Number:
    """Format an estimated chance in whole percent, never as 0% or 100%."""
    shown = "< 1%" if value < 0.01 else "> 99%" if value > 0.99 else f"{100 * value:.0f}%"
    return Number(shown=shown, value=value, key=key)


def rate(value: float, *, key: str | None = None) -> Number:
    """Format a fraction in percent without the sign."""
    return Number(shown=percent_text(value).removesuffix("%"), value=value, key=key)


def signed(value: float, *, key: str | None = None, digits: int = 1) -> Number:
    """Format a difference in signed points."""
    shown = points_text(value, signed=True, digits=digits)
    return Number(shown=shown, value=value, key=key)


def points(value: float, *, key: str | None = None) -> Number:
    """Format a difference in points."""
    return Number(shown=points_text(value), value=value, key=key)


def pvalue(value: float, *, key: str | None = None) -> Number:
    """Format a p-value with its letter and relation."""
    return Number(shown=pvalue_text(value), value=value, key=key)
