"""Provenance: where everything came from, how to do it again, and how to cite it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Block, Code, Facts, Section, Text
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.curve import CurveComparison
    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.source import Source
    from evalsuite.reporting.wording import Words

__all__ = ["leaves", "provenance", "setting_text"]

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


def provenance(page: Page) -> Section:
    """List models, versions and settings, and how to do it again and cite it."""
    words, known = page.words, page.first.comparison.provenance
    blocks: list[Block] = [_again(page)]
    blocks.extend(_fact_groups(page))
    if not known:
        blocks.append(Text(phrase=words.say("provenance.missing"), role="missing"))
    version = one_line(str(known.get("evalsuite", "")), longest=20)
    blocks.append(Code(id="bibtex", label=words.text("provenance.cite"), text=BIBTEX % version))
    return Section(id="provenance", title=words.text("provenance.section"), blocks=tuple(blocks))


def _again(page: Page) -> Block:
    """Give the command that does it again: the recorded one, or one made of the stored runs."""
    words, command = page.words, page.first.comparison.provenance.get("command")
    if page.recipe is not None:
        command = _from_seeds(page.recipe, page.first)
    if page.curve is not None:
        command = _from_checkpoints(page.curve, page.first)
    if page.suite is not None:
        command = _from_tasks(page.suite, page.parts)
    if isinstance(command, str) and command:
        return Code(id="command", label=words.text("provenance.command"), text=visible(command))
    from_runs = _from_runs(page.parts)
    if from_runs is not None and page.suite is None:
        return Code(id="command", label=words.text("provenance.from_runs"), text=from_runs)
    return Text(phrase=words.say("provenance.no_command"), role="missing")


def _from_runs(parts: Sequence[Source]) -> str | None:
    """Write the command that makes this comparison again from its stored runs."""
    first = parts[0].comparison
    trained = [part.comparison.provenance.get("trained") for part in parts]
    sides = [first.provenance.get("base"), *trained]
    names = [side.get("run") for side in sides if isinstance(side, Mapping)]
    if len(names) != len(sides) or not all(isinstance(name, str) for name in names):
        return None
    models = [shlex.quote(f"run:{one_line(str(name))}") for name in names]
    noise = ["--noise-floor"] if first.noise_floor is not None else []
    return " ".join(["evalsuite compare", *models, *_options(parts[0]), *noise])


def _from_seeds(source: RecipeSource, first: Source) -> str:
    """Write the command that makes a recipe's comparison again from the same aliases."""
    recipe = source.comparison.recipe
    seeds = ",".join(str(row.seed) for row in recipe.seeds)
    base = f"'{source.name('base')}@{seeds}'" if recipe.paired_by_seed else source.name("base")
    models = [base, f"'{source.name('trained')}@{seeds}'"]
    return visible(" ".join(["evalsuite compare", *models, *_options(first)]))


def _from_checkpoints(record: CurveComparison, first: Source) -> str | None:
    """Write the command that makes a curve again; None where its pattern is not known."""
    pattern = record.provenance.get("pattern")
    if not isinstance(pattern, str):
        return None
    models = [shlex.quote(one_line(name)) for name in (record.curve.base, pattern)]
    task, _, split = record.task.partition(" ")
    asked = ["--task", shlex.quote(one_line(task))]
    asked += ["--split", shlex.quote(one_line(split))] if split not in ("", "test") else []
    return visible(" ".join(["evalsuite compare", *models, *asked, *_options(first)]))


def _from_tasks(record: SuiteComparison, parts: Sequence[Source]) -> str | None:
    """Write the command that makes a suite again; None where its names are not known."""
    names = record.provenance.get("names")
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        return None
    asked = [f"--task {shlex.quote(one_line(task))}" for task in record.provenance.get("tasks", ())]
    options = [tuple(_options(part)) for part in parts]
    shared = (each for each in options[0] if all(each in others for others in options))
    models = map(shlex.quote, map(one_line, names))
    return visible(" ".join(["evalsuite compare", *models, *asked, *shared]))


def _options(source: Source) -> Iterator[str]:
    comparison = source.comparison
    yield from _questions(comparison)
    if comparison.budgets:
        budgets = ",".join(str(row.max_new_tokens) for row in comparison.budgets)
        yield f"--max-new-tokens {budgets}"
    yield f"--margin {100 * source.policy.margin:g}"


def _questions(comparison: Comparison) -> Iterator[str]:
    seeds, chosen = comparison.seeds, comparison.headline_set
    if chosen == "first":
        yield f"--first {comparison.n_questions}"
    elif chosen == "subset":
        yield f"--subset {seeds.subsets[0]}:{seeds.subset_size}"
    else:
        yield f"--seeds {len(seeds.subsets)}"
        if seeds.subsets:
            yield f"--subset-size {seeds.subset_size}"
        if chosen == "union":
            yield "--no-full"


_ELSEWHERE = ("command", "prompts", "family")
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
                yield f"{label}: {name}" if _is_of_each(side, page) else label, record


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
