"""Provenance: where everything came from, how to do it again, and how to cite it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.again import command_of
from evalsuite.reporting.blocks import Block, Code, Facts, Section, Text
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Words

__all__ = ["leaves", "provenance", "setting_text"]

BIBTEX = """\
@software{evalsuite,
  title   = {evalsuite: is a fine-tuning gain real?},
  author  = {{The evalsuite authors}},
  version = {%s}
}
@article{shao2024deepseekmath,
  title   = {DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language Models},
  author  = {Shao, Zhihong and Wang, Peiyi and others},
  journal = {arXiv:2402.03300},
  year    = {2024}
}
@article{tango1998,
  title   = {Equivalence test and confidence interval for the difference in proportions for the
             paired-sample design},
  author  = {Tango, Toshiro},
  journal = {Statistics in Medicine},
  volume  = {17},
  pages   = {891--908},
  year    = {1998}
}
"""
BIBTEX_GSM8K = """\
@article{cobbe2021gsm8k,
  title   = {Training Verifiers to Solve Math Word Problems},
  author  = {Cobbe, Karl and Kosaraju, Vineet and others},
  journal = {arXiv:2110.14168},
  year    = {2021}
}
"""


def provenance(page: Page) -> Section:
    """List models, versions and settings, and how to do it again and cite it."""
    words, known = page.words, page.first.comparison.provenance
    blocks: list[Block] = [_again(page)]
    blocks.extend(_fact_groups(page))
    if not known:
        blocks.append(Text(phrase=words.say("provenance.missing"), role="missing"))
    version = one_line(str(known.get("evalsuite", "")), longest=20)
    is_gsm8k = any(part.comparison.task.split()[:1] == ["gsm8k"] for part in page.parts)
    entries = BIBTEX % version + (BIBTEX_GSM8K if is_gsm8k else "")
    blocks.append(Code(id="bibtex", label=words.text("provenance.cite"), text=entries))
    return Section(id="provenance", title=words.text("provenance.section"), blocks=tuple(blocks))


def _again(page: Page) -> Block:
    """Show the command that does it again, where there is one."""
    words, command = page.words, command_of(page)
    if command is None:
        return Text(phrase=words.say("provenance.no_command"), role="missing")
    from_names = page.recipe or page.curve or page.suite
    label = words.text("provenance.command" if from_names else "provenance.from_runs")
    return Code(id="command", label=label, text=command)


_ELSEWHERE = ("prompts",)
_TOLD = ("lengths", "self_check")
"""Diagnostics that have their sentence in another section."""


def _fact_groups(page: Page) -> Iterator[Facts]:
    words, known = page.words, page.first.comparison.provenance
    yield from _models(page)
    loose = {}
    for name, value in sorted(known.items()):
        if name in (*_ELSEWHERE, *SIDES):
            continue
        if isinstance(value, Mapping) and value:
            yield Facts(label=_label(words, name), pairs=_pairs(value), folded=True)
        else:
            loose[name] = value
    if loose:
        yield Facts(label=words.text("provenance.other"), pairs=_pairs(loose), folded=True)
    diagnostics = {} if page.alone is None else page.alone.comparison.diagnostics
    figures = {name: value for name, value in diagnostics.items() if name not in _TOLD}
    if figures:
        label = words.text("provenance.diagnostics")
        yield Facts(label=label, pairs=_pairs(figures), folded=True)


def _is_of_each(side: str, page: Page) -> bool:
    """Whether each comparison has a model of its own on this side."""
    if page.alone is not None:
        return False
    models = [part.comparison.provenance.get(side) for part in page.parts]
    return side == "trained" or any(model != models[0] for model in models)


def _models(page: Page) -> Iterator[Facts]:
    """List once what all models have in common, then what is each one's own."""
    models = dict(_each_model(page))
    known = [set(leaves(model)) for model in models.values() if isinstance(model, Mapping)]
    shared = set.intersection(*known) if len(known) > 1 else set()
    if shared:
        label = page.words.text("provenance.shared")
        yield Facts(label=label, pairs=_shown_pairs(sorted(shared)), folded=True)
    for label, model in models.items():
        own = [leaf for leaf in leaves(model) if leaf not in shared]
        yield Facts(label=label, pairs=_shown_pairs(own), folded=True)


def _each_model(page: Page) -> Iterator[tuple[str, Any]]:
    """Name every model of the page with what is recorded of it, those in common once."""
    for side in SIDES:
        label = _label(page.words, side)
        for part in page.parts if _is_of_each(side, page) else page.parts[:1]:
            name = part.label if page.suite else one_line(getattr(part.comparison, side).name)
            record = part.comparison.provenance.get(side)
            if record:
                named = page.words.say("models.member", name=label, headline=name)
                yield str(named) if _is_of_each(side, page) else label, record


def _pairs(value: Any) -> tuple[tuple[str, Phrase], ...]:
    return _shown_pairs(leaves(value))


def _shown_pairs(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, Phrase], ...]:
    return tuple((one_line(name), just(text)) for name, text in pairs)


def _label(words: Words, name: str) -> str:
    key = f"provenance.{name}"
    return words.text(key) if key in words.sentences else one_line(name)


def leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """List every value of nested mappings by its dotted name, as text fit to show."""
    if isinstance(value, Mapping):
        for key, inner in sorted(value.items()):
            yield from leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        for position, inner in enumerate(value):
            yield from leaves(inner, f"{prefix}.{position}")
    else:
        yield prefix, setting_text(value)


def setting_text(value: object, *, longest: int = 400) -> str:
    """Write a recorded value on one line; the results have all digits of it."""
    if value is None:
        return "–"
    if isinstance(value, float):
        value = float(f"{value:.6g}")
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return one_line(text, longest=longest)
