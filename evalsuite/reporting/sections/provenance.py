"""Where everything came from, how to do it again, and how to cite it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalsuite.reporting.blocks import Block, Code, Facts, Section, Text
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.source import Source

__all__ = ["leaves", "provenance"]

BIBTEX = """\
@software{evalsuite,
  title   = {evalsuite: is a fine-tuning gain real?},
  author  = {{The evalsuite authors}},
  version = {%s}
}
@article{cobbe2021gsm8k,
  title   = {Training Verifiers to Solve Math Word Problems},
  author  = {Cobbe, Karl and Kosaraju, Vineet and others},
  journal = {arXiv:2110.14168},
  year    = {2021}
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


def provenance(source: Source, *others: Source, command: str | None = None) -> Section:
    """List models, versions and settings, and how to do it again and cite it.

    Parameters
    ----------
    source
        The comparison.
    *others
        Further trained models against the same base, or further seeds of a recipe.
    command
        What does it again; None takes the recorded command, or makes one of the runs.

    Returns
    -------
    Section
    """
    words, known = source.words, source.comparison.provenance
    blocks: list[Block] = []
    command = command or known.get("command")
    again = _from_runs(source, *others)
    if isinstance(command, str) and command:
        label, text = words.text("provenance.command"), visible(command)
        blocks.append(Code(id="command", label=label, text=text))
    elif again is not None:
        blocks.append(Code(id="command", label=words.text("provenance.from_runs"), text=again))
    else:
        blocks.append(Text(phrase=words.say("provenance.no_command"), role="missing"))
    blocks.extend(_fact_groups(source, *others))
    if not known:
        blocks.append(Text(phrase=words.say("provenance.missing"), role="missing"))
    version = one_line(str(known.get("evalsuite", "")), longest=20)
    blocks.append(Code(id="bibtex", label=words.text("provenance.cite"), text=BIBTEX % version))
    return Section(id="provenance", title=words.text("provenance.section"), blocks=tuple(blocks))


def _from_runs(source: Source, *others: Source) -> str | None:
    """Write the command that makes this comparison again from its stored runs."""
    found = source.comparison
    trained = [each.comparison.provenance.get("trained") for each in (source, *others)]
    sides = [found.provenance.get("base"), *trained]
    names = [side.get("run") for side in sides if isinstance(side, Mapping)]
    if len(names) != len(sides) or not all(isinstance(name, str) for name in names):
        return None
    words = ["evalsuite compare", *(shlex.quote(f"run:{one_line(str(name))}") for name in names)]
    words.append(f"--seeds {len(found.seeds.subsets)}")
    if found.seeds.subsets:
        words.append(f"--subset-size {found.seeds.subset_size}")
    if found.budgets:
        budgets = ",".join(str(row.max_new_tokens) for row in found.budgets)
        words.append(f"--max-new-tokens {budgets}")
    words.append(f"--margin {100 * source.policy.margin:g}")
    words += ["--noise-floor"] if found.noise_floor is not None else []
    return " ".join(words)


_ELSEWHERE = ("command", "prompts", "family")
_TOLD = ("lengths", "self_check")
"""Diagnostics that have their sentence in another section."""


def _fact_groups(source: Source, *others: Source) -> Iterator[Facts]:
    words, known = source.words, source.comparison.provenance
    loose = {}
    for name, value in sorted(known.items()):
        if name in _ELSEWHERE:
            continue
        if name in _SIDES and _is_of_each(name, source, *others):
            yield from _side_facts(name, source, *others)
            continue
        if isinstance(value, Mapping) and value:
            pairs = _pairs(value)
            yield Facts(label=_label(source, name), pairs=pairs, folded=True)
        else:
            loose[name] = value
    if loose:
        pairs = _pairs(loose)
        yield Facts(label=words.text("provenance.other"), pairs=pairs, folded=True)
    if others:
        return
    figures = {
        name: value for name, value in source.comparison.diagnostics.items() if name not in _TOLD
    }
    if figures:
        pairs = _pairs(figures)
        yield Facts(label=words.text("provenance.diagnostics"), pairs=pairs, folded=True)


_SIDES = ("base", "trained")


def _is_of_each(side: str, *sources: Source) -> bool:
    """Whether each comparison has a model of its own on this side."""
    sides = [each.comparison.provenance.get(side) for each in sources]
    return len(sources) > 1 and (side == "trained" or any(one != sides[0] for one in sides))


def _side_facts(side: str, *sources: Source) -> Iterator[Facts]:
    for each in sources:
        name = getattr(each.comparison, side).name
        facts = _pairs(each.comparison.provenance.get(side))
        yield Facts(label=f"{_label(each, side)}: {one_line(name)}", pairs=facts, folded=True)


def _pairs(value: Any) -> tuple[tuple[str, Phrase], ...]:
    return tuple((one_line(name), just(text)) for name, text in leaves(value))


def _label(source: Source, name: str) -> str:
    key = f"provenance.{name}"
    return source.words.text(key) if key in source.words.sentences else one_line(name)


def leaves(value: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """List every value of nested mappings by its dotted name, as text fit to show.

    Parameters
    ----------
    value
        JSON types.
    prefix
        Name of ``value`` itself.

    Yields
    ------
    (str, str)
        In order of name.

    Examples
    --------
    >>> list(leaves({"b": {"c": 1}, "a": None}))
    [('a', '–'), ('b.c', '1')]
    """
    if isinstance(value, Mapping):
        for key, inner in sorted(value.items()):
            yield from leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        for position, inner in enumerate(value):
            yield from leaves(inner, f"{prefix}.{position}")
    else:
        yield prefix, _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return one_line(value, longest=400)
    return one_line(json.dumps(value, ensure_ascii=False), longest=400)
