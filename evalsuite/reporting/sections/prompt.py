"""Prompt and decoding, as they were sent to both models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Block, Code, Grid, Row, Section, Text
from evalsuite.reporting.naming import LONGEST
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.sections.provenance import leaves
from evalsuite.reporting.source import NONE, UNRECORDED
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["prompt"]

LONGEST_PROMPT = 20_000


def prompt(page: Page) -> Section | None:
    """Show the prompt and the decoding as they were sent."""
    source = page.alone
    if source is None:
        return None
    words, known = source.words, source.comparison.provenance
    sent = known.get("prompts")
    blocks: list[Block] = []
    if isinstance(sent, Mapping) and sent:
        blocks.extend(_sent(source, sent))
    else:
        blocks.append(Text(phrase=words.say("prompt.missing"), role="missing"))
    blocks.extend(_notes(source))
    base, trained = (dict(_recorded(known.get(side))) for side in SIDES)
    if base or trained:
        is_known = bool(sent) and all(base.values())
        alike = "same" if is_known else "same_recorded"
        blocks += [
            Text(phrase=words.say(f"prompt.{alike if base == trained else 'differs'}")),
            _settings_grid(source, base, trained),
        ]
    else:
        blocks.append(Text(phrase=words.say("prompt.no_decoding"), role="missing"))
    return Section(id="prompt", title=words.text("prompt.section"), blocks=tuple(blocks))


def _notes(source: Source) -> Iterator[Text]:
    """Say where a template has no system role, and what a model's files ask for in vain."""
    for side in ("base", "trained"):
        known = source.comparison.provenance.get(side)
        environment = known.get("environment") if isinstance(known, Mapping) else None
        record = environment.get("prompt_record") if isinstance(environment, Mapping) else None
        if not isinstance(record, Mapping):
            continue
        name = one_line(getattr(source.comparison, side).name, longest=LONGEST)
        if record.get("system_in_user") is True:
            yield Text(phrase=source.words.say("prompt.no_role", name=name), role="note")
        if unused := record.get("unused"):
            settings = ", ".join(f"{key} {text}" for key, text in leaves(unused))
            phrase = source.words.say("prompt.unused", name=name, settings=settings)
            yield Text(phrase=phrase, role="note")


_SETTINGS = ("prompt", "prompts_sha256", "questions_sha256", "decoding", "dtype", "engine")


def _recorded(side: object) -> Iterator[tuple[str, str]]:
    """List what a side records of its settings, without what its log leaves open."""
    if not isinstance(side, Mapping):
        return
    for name, text in leaves({name: side[name] for name in _SETTINGS if name in side}):
        is_open = text == str(NONE) or (name == "dtype" and text == UNRECORDED)
        yield name, "" if is_open else text


def _settings_grid(source: Source, base: dict[str, str], trained: dict[str, str]) -> Grid:
    unrecorded = source.words.text("prompt.unrecorded")
    rows = tuple(
        Row(
            cells=(
                just(one_line(name)),
                just(_brief(base.get(name)) or unrecorded),
                just(_brief(trained.get(name)) or unrecorded),
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


def _brief(text: str | None) -> str:
    """Shorten a hash as people quote it; the provenance has it in full."""
    text = text or ""
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
