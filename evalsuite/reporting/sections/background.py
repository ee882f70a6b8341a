"""How the models were asked, what was checked, and the methods in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalsuite.reporting.blocks import Block, Checks, Code, Grid, Row, Section, Text
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.sections.provenance import leaves
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.telling import told_check
from evalsuite.reporting.wording import Phrase, Words, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Check, CheckLevel

__all__ = ["check_blocks", "checks", "methods", "prompt"]

LEVELS: tuple[CheckLevel, ...] = ("blocking", "warning", "passed", "not_applicable")
LONGEST_PROMPT = 20_000
ADJUSTED = "verdict.policy.adjusted_pvalue"


def prompt(source: Source) -> Section:
    """Show the prompt and the decoding as they were sent.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words, known = source.words, source.comparison.provenance
    sent = known.get("prompts")
    blocks: list[Block] = []
    if isinstance(sent, Mapping) and sent:
        blocks.extend(_sent(source, sent))
    else:
        blocks.append(Text(phrase=words.say("prompt.missing"), role="missing"))
    asked = tuple(dict(_asked(known.get(side))) for side in ("base", "trained"))
    if any(asked):
        is_same = asked[0] == asked[1]
        blocks += [
            Text(phrase=words.say("prompt.same" if is_same else "prompt.differs")),
            _asked_grid(source, *asked),
        ]
    else:
        blocks.append(Text(phrase=words.say("prompt.no_decoding"), role="missing"))
    return Section(id="prompt", title=words.text("prompt.section"), blocks=tuple(blocks))


_ASKED = ("prompt", "prompts_sha256", "questions_sha256", "decoding", "dtype", "engine")


def _asked(side: object) -> Iterator[tuple[str, str]]:
    if isinstance(side, Mapping):
        yield from leaves({name: side[name] for name in _ASKED if name in side})


def _asked_grid(source: Source, base: dict[str, str], trained: dict[str, str]) -> Grid:
    rows = tuple(
        Row(
            cells=(
                just(one_line(name)),
                just(_brief(base.get(name, "–"))),
                just(_brief(trained.get(name, "–"))),
            ),
            role="" if base.get(name) == trained.get(name) else "headline",
        )
        for name in sorted({*base, *trained})
    )
    return Grid(
        id="asked",
        caption=source.words.say("prompt.caption"),
        columns=source.words.texts("prompt.columns"),
        rows=rows,
        textual=(1, 2),
    )


def _brief(text: str) -> str:
    """Shorten a hash as people quote it; the provenance has it in full."""
    is_hash = len(text) == 64 and set(text) <= set("0123456789abcdef")
    return f"{text[:12]}…" if is_hash else one_line(text, longest=60)


def _sent(source: Source, sent: Mapping[str, Any]) -> Iterator[Block]:
    if sent.get("base") is not None and sent.get("base") == sent.get("trained"):
        yield _prompt_code("prompt-both", source.words.text("prompt.both"), sent["base"])
        return
    for position, (name, text) in enumerate(sorted(sent.items())):
        label = f"prompt.{name}"
        known = label in source.words.sentences
        yield _prompt_code(
            f"prompt-{position}", source.words.text(label) if known else one_line(str(name)), text
        )


def _prompt_code(identity: str, label: str, text: Any) -> Code:
    written = text if isinstance(text, str) else json.dumps(text, indent=2, ensure_ascii=False)
    return Code(id=identity, label=label, text=visible(written[:LONGEST_PROMPT]))


def checks(source: Source) -> Section:
    """List every check by level: blocking, warning, passed, not applicable.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words = source.words
    blocks = tuple(check_blocks(source.comparison.checks, words))
    return Section(id="checks", title=words.text("checks.section"), blocks=blocks)


def check_blocks(found: Sequence[Check], words: Words) -> Iterator[Block]:
    """Tell checks by level.

    Parameters
    ----------
    found
        As stored.
    words
        The language.

    Yields
    ------
    Block
    """
    for level in LEVELS:
        items = tuple(told_check(check, words) for check in found if check.level == level)
        if items:
            yield Checks(
                level=level,
                label=words.say(f"checks.{level}", n=count(len(items))),
                items=items,
                folded=level in ("passed", "not_applicable"),
            )
    if not found:
        yield Text(phrase=words.say("checks.missing"), role="missing")


def methods(source: Source, *others: Source) -> Section:
    """Write the methods and results paragraphs, ready to paste.

    Parameters
    ----------
    source
        The comparison.
    *others
        Further trained models against the same base.

    Returns
    -------
    Section
    """
    words = source.words
    return Section(
        id="methods",
        title=words.text("methods.section"),
        blocks=(
            Text(phrase=words.say("methods.intro")),
            Code(
                id="methods-text",
                label=words.text("methods.label"),
                text=" ".join(map(str, _method_sentences(source, *others))),
                prose=True,
            ),
        ),
    )


def _method_sentences(source: Source, *others: Source) -> Iterator[Phrase]:
    say, found = source.words.say, source.comparison
    every = (source, *others)
    base = one_line(found.base.name)
    names = [one_line(each.comparison.trained.name) for each in every]
    yield say(
        "methods.design_family" if others else "methods.design",
        base=base,
        trained=source.words.text("and").join(names),
        n=source.questions(),
        task=one_line(found.task),
    )
    if found.headline_budget is not None:
        yield say("methods.budget", tokens=source.count("headline_budget"))
    for each, name in zip(every, names, strict=True):
        yield _result(each, base, name)
    yield from _adjusted(every, names)
    if found.attribution is not None and not others:
        yield say(
            "methods.kinds",
            finished=source.signed("attribution.finished.gain"),
            formatted=source.signed("attribution.formatted.gain"),
            reasoned=source.signed("attribution.reasoned.gain"),
        )
    if found.verdict is not None:
        yield say(
            "methods.policy",
            alpha=str(found.verdict.policy.alpha),
            margin=points(found.verdict.policy.margin),
            family=count(found.verdict.policy.family),
        )


def _adjusted(sources: Sequence[Source], names: Sequence[str]) -> Iterator[Phrase]:
    """Give every model's adjusted p-value where several were judged together."""
    judged = [
        each.words.say("methods.adjusted_one", trained=name, p=each.pvalue(ADJUSTED))
        for each, name in zip(sources, names, strict=True)
        if each.policy.adjusted_pvalue is not None
    ]
    if len(sources) > 1 and judged:
        words = sources[0].words
        yield words.say("methods.adjusted", values=words.text("and").join(map(str, judged)))


def _result(source: Source, base: str, trained: str) -> Phrase:
    return source.words.say(
        "methods.result",
        base=base,
        trained=trained,
        base_correct=source.count("base.correct"),
        trained_correct=source.count("trained.correct"),
        base_rate=source.percent("base.accuracy"),
        trained_rate=source.percent("trained.accuracy"),
        gain=source.signed("gain.estimate"),
        interval=source.span("gain.interval"),
        level=source.level("gain.confidence_level"),
        gains=source.count("table.gains"),
        losses=source.count("table.losses"),
        exact=source.pvalue("mcnemar.exact"),
        method=source.method(),
        test=source.words.text(f"test.{source.comparison.gain.method}"),
    )
