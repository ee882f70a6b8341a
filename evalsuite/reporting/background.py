"""Where the numbers come from: training, prompt, checks, methods, provenance."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from evalsuite.reporting.blocks import (
    Block,
    Checks,
    Code,
    Facts,
    Grid,
    Line,
    Panel,
    PanelsDrawing,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.inert import one_line, visible
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Number, Phrase

if TYPE_CHECKING:
    from evalsuite.records.comparison import CheckLevel

__all__ = ["checks", "methods", "prompt", "provenance", "training"]

CURVES = (
    ("reward", "reward"),
    ("reward_std", "reward_std"),
    ("frac_reward_zero_std", "no_signal"),
    ("completions/clipped_ratio", "clipped"),
    ("completions/mean_length", "length"),
    ("entropy", "entropy"),
    ("kl", "kl"),
    ("grad_norm", "grad_norm"),
    ("loss", "loss"),
)
"""TRL's metric and our name for it; loss last, because a GRPO loss says little."""
SHARES = {"frac_reward_zero_std", "completions/clipped_ratio"}
SMOOTHING = 0.3
LEVELS: tuple[CheckLevel, ...] = ("blocking", "warning", "passed", "not_applicable")
LONGEST_PROMPT = 20_000

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


def training(source: Source) -> Section:
    """Show how the trained model was trained, tied to the cut-off answers.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words, log = source.words, source.comparison.training
    title = words.text("training.section")
    curves = _curves(source)
    if log is None or not curves:
        missing = Text(phrase=words.say("training.missing"), role="missing")
        return Section(id="training", title=title, blocks=(missing,))
    absent = [words.text(f"training.{name}") for key, name in CURVES if key not in dict(curves)]
    blocks: list[Block] = [_training_plot(source, curves)]
    if absent:
        blocks.append(
            Text(
                phrase=words.say("training.absent", names=words.text("and").join(absent)),
                role="note",
            )
        )
    return Section(id="training", title=title, blocks=tuple(blocks))


Curve = tuple[tuple[int, float, float], ...]
"""Position in the log, step, value."""


def _curves(source: Source) -> list[tuple[str, Curve]]:
    log = source.comparison.training
    found: list[tuple[str, Curve]] = []
    for key, _ in CURVES if log else ():
        curve = tuple(
            (i, row["step"], row[key])
            for i, row in enumerate(log.steps if log else ())
            if "step" in row and key in row and row[key] is not None
        )
        if len(curve) > 1:
            found.append((key, curve))
    return found


def _training_plot(source: Source, curves: list[tuple[str, Curve]]) -> Plot:
    words, names = source.words, dict(CURVES)
    panels = tuple(
        Panel(
            title=words.text(f"training.{names[key]}"),
            lines=_smoothed(words.text(f"training.{names[key]}"), curve),
            percent=key in SHARES,
            floor=0 if key != "loss" else None,
        )
        for key, curve in curves
    )
    title = _training_title(source, dict(curves))
    return Plot(
        id="training",
        title=title,
        alt=str(words.say("training.alt", title=title)),
        drawing=PanelsDrawing(panels=panels, columns=3, axis=words.text("axis.step")),
        aid=words.say("training.aid"),
        how=words.text("training.how"),
        grid=_training_grid(source, curves),
    )


def _smoothed(label: str, curve: Curve) -> tuple[Line, Line]:
    x = tuple(float(step) for _, step, _ in curve)
    raw = tuple(value for _, _, value in curve)
    smooth = [raw[0]]
    for value in raw[1:]:
        smooth.append(SMOOTHING * value + (1 - SMOOTHING) * smooth[-1])
    return (
        Line(label=label, x=x, y=raw, role="muted", faint=True),
        Line(label=label, x=x, y=tuple(smooth), role="trained"),
    )


def _training_title(source: Source, curves: dict[str, Curve]) -> Phrase:
    say = source.words.say
    clipped, length = (
        curves.get("completions/clipped_ratio"),
        curves.get("completions/mean_length"),
    )
    if clipped and length:
        return say(
            "training.title_length",
            first=_measured(length[0], "completions/mean_length", "0"),
            last=_measured(length[-1], "completions/mean_length", "0"),
            clipped_first=_measured(clipped[0], "completions/clipped_ratio", "%"),
            clipped_last=_measured(clipped[-1], "completions/clipped_ratio", "%"),
        )
    key = next(iter(curves))
    return say(
        "training.title",
        name=source.words.text(f"training.{dict(CURVES)[key]}"),
        first=_measured(curves[key][0], key, ""),
        last=_measured(curves[key][-1], key, ""),
    )


def _measured(point: tuple[int, float, float], name: str, form: str) -> Number:
    i, _, value = point
    key = f"training.steps.{i}.{name}"
    if form == "%" and 0 <= value <= 1:
        return share(value, key=key)
    return Number(shown=f"{value:.0f}" if form == "0" else f"{value:.3g}", value=value, key=key)


def _training_grid(source: Source, curves: list[tuple[str, Curve]]) -> Grid:
    words, names = source.words, dict(CURVES)
    rows = []
    for key, curve in curves:
        form = "%" if key in SHARES else ""
        values = [value for _, _, value in curve]
        chosen = (
            curve[0],
            curve[len(curve) // 2],
            curve[-1],
            curve[values.index(min(values))],
            curve[values.index(max(values))],
        )
        rows.append(
            Row(
                cells=(
                    Phrase((words.text(f"training.{names[key]}"),)),
                    *(Phrase((_measured(point, key, form),)) for point in chosen),
                )
            )
        )
    return Grid(
        id="training-data",
        caption=words.say("training.caption", n=count(len(curves[0][1]))),
        columns=words.texts("training.columns"),
        rows=tuple(rows),
    )


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
    blocks: list[Block] = []
    sent = known.get("prompts") or known.get("prompt")
    if not sent:
        blocks.append(Text(phrase=words.say("prompt.missing"), role="missing"))
    elif isinstance(sent, Mapping):
        blocks.extend(_sent(source, sent))
    else:
        blocks.append(_prompt_code("prompt-both", words.text("prompt.both"), sent))
    decoding = known.get("decoding")
    if isinstance(decoding, Mapping) and decoding:
        pairs = tuple((one_line(name), Phrase((value,))) for name, value in _leaves(decoding, ""))
        blocks.append(Facts(label=words.text("prompt.decoding"), pairs=pairs))
    else:
        blocks.append(Text(phrase=words.say("prompt.no_decoding"), role="missing"))
    return Section(id="prompt", title=words.text("prompt.section"), blocks=tuple(blocks))


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
    words, found = source.words, source.comparison.checks
    blocks: list[Block] = []
    for level in LEVELS:
        items = tuple(
            (one_line(check.code), one_line(check.title), visible(check.detail))
            for check in found
            if check.level == level
        )
        if items:
            blocks.append(
                Checks(
                    level=level,
                    label=words.say(f"checks.{level}", n=count(len(items))),
                    items=items,
                    folded=level in ("passed", "not_applicable"),
                )
            )
    if not found:
        blocks.append(Text(phrase=words.say("checks.missing"), role="missing"))
    return Section(id="checks", title=words.text("checks.section"), blocks=tuple(blocks))


def methods(source: Source) -> Section:
    """Write the methods and results paragraphs, ready to paste.

    Parameters
    ----------
    source
        The comparison.

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
                text=" ".join(map(str, _method_sentences(source))),
                prose=True,
            ),
        ),
    )


def _method_sentences(source: Source) -> Iterator[Phrase]:
    say, found = source.words.say, source.comparison
    base, trained = one_line(found.base.name), one_line(found.trained.name)
    yield say(
        "methods.design",
        base=base,
        trained=trained,
        n=source.count("base.n"),
        task=one_line(found.task),
    )
    if found.headline_budget is not None:
        yield say("methods.budget", tokens=source.count("headline_budget"))
    yield say(
        "methods.result",
        base=base,
        trained=trained,
        base_correct=source.count("base.correct"),
        trained_correct=source.count("trained.correct"),
        base_rate=source.percent("base.accuracy"),
        trained_rate=source.percent("trained.accuracy"),
        gain=source.signed("gain.estimate"),
        interval=source.span("gain.interval"),
        level=source.percent("gain.confidence_level"),
        gains=source.count("table.gains"),
        losses=source.count("table.losses"),
        exact=source.pvalue("mcnemar.exact"),
    )
    if found.attribution is not None:
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


def provenance(source: Source) -> Section:
    """List models, versions and settings, and how to do it again and cite it.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words, known = source.words, source.comparison.provenance
    blocks: list[Block] = []
    command = known.get("command")
    if isinstance(command, str) and command:
        blocks.append(
            Code(id="command", label=words.text("provenance.command"), text=visible(command))
        )
    else:
        blocks.append(Text(phrase=words.say("provenance.no_command"), role="missing"))
    blocks.extend(_fact_groups(source))
    if not known:
        blocks.append(Text(phrase=words.say("provenance.missing"), role="missing"))
    version = one_line(str(known.get("evalsuite", "")), longest=20)
    blocks.append(Code(id="bibtex", label=words.text("provenance.cite"), text=BIBTEX % version))
    return Section(id="provenance", title=words.text("provenance.section"), blocks=tuple(blocks))


_ELSEWHERE = ("command", "prompt", "prompts", "decoding")


def _fact_groups(source: Source) -> Iterator[Facts]:
    words, known = source.words, source.comparison.provenance
    loose = {}
    for name, value in sorted(known.items()):
        if name in _ELSEWHERE:
            continue
        if isinstance(value, Mapping) and value:
            pairs = tuple((one_line(key), Phrase((text,))) for key, text in _leaves(value, ""))
            yield Facts(label=_label(source, name), pairs=pairs, folded=True)
        else:
            loose[name] = value
    if loose:
        pairs = tuple((one_line(key), Phrase((text,))) for key, text in _leaves(loose, ""))
        yield Facts(label=words.text("provenance.other"), pairs=pairs, folded=True)
    if source.comparison.diagnostics:
        leaves = _leaves(source.comparison.diagnostics, "")
        pairs = tuple((one_line(key), Phrase((text,))) for key, text in leaves)
        yield Facts(label=words.text("provenance.diagnostics"), pairs=pairs, folded=True)


def _label(source: Source, name: str) -> str:
    key = f"provenance.{name}"
    return source.words.text(key) if key in source.words.sentences else one_line(name)


def _leaves(value: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in sorted(value.items()):
            yield from _leaves(inner, f"{prefix}.{key}" if prefix else str(key))
    elif isinstance(value, (list, tuple)) and any(isinstance(item, Mapping) for item in value):
        for position, inner in enumerate(value):
            yield from _leaves(inner, f"{prefix}.{position}")
    else:
        yield prefix, _shown(value)


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, str):
        return one_line(value, longest=400)
    return one_line(json.dumps(value, ensure_ascii=False), longest=400)
