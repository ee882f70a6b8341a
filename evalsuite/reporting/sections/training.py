"""Training run behind the trained model, tied to its cut-off answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Block,
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
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.source import Source, count, share
from evalsuite.reporting.telling import finding_statement
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.training import Diagnosis
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Words

__all__ = ["smoothed", "training"]

HELD_OUT = "heldout/accuracy"
CURVES = (
    ("reward", "reward"),
    (HELD_OUT, "heldout"),
    ("reward_std", "reward_std"),
    ("groups_without_signal", "no_signal"),
    ("frac_reward_zero_std", "no_signal"),
    ("completions/clipped_ratio", "clipped"),
    ("completions/mean_length", "length"),
    ("entropy", "entropy"),
    ("kl", "kl"),
    ("grad_norm", "grad_norm"),
    ("loss", "loss"),
)
"""A logged metric and our name for it; loss last, because a GRPO loss says little.

TRL's own share of groups without signal looks at the spread over the whole batch where rewards
are scaled by it, and is then 0 whatever the groups are like: ours, of the outcome, goes first.
"""
SHARES = {"groups_without_signal", "frac_reward_zero_std", "completions/clipped_ratio", HELD_OUT}
_INTERVAL = ("heldout/low", "heldout/high")
HALF_WINDOW = 3
"""Steps on either side of a smoothed one."""


def training(page: Page) -> Section | None:
    """Show how the trained model was trained, tied to the cut-off answers."""
    source = page.alone
    if source is None:
        return None
    words, log = source.words, source.comparison.training
    title = words.text("training.section")
    curves = _curves(source)
    if log is None or not curves:
        missing = Text(phrase=words.say("training.missing"), role="missing")
        return Section(id="training", title=title, blocks=(missing,))
    shown = {dict(CURVES)[key] for key, _ in curves}
    # Held-out questions are asked by those who want it: without them no log lacks anything.
    wanted = dict.fromkeys(name for key, name in CURVES if key != HELD_OUT)
    absent = [words.text(f"training.{name}") for name in wanted if name not in shown]
    blocks: list[Block] = [*_findings(source), _training_plot(source, curves)]
    if log.packing is not None:
        bits = Number(
            shown=str(log.packing.bits), value=log.packing.bits, key="training.packing.bits"
        )
        blocks.append(Text(phrase=words.say("training.packed", bits=bits), role="note"))
    if HELD_OUT in dict(curves):
        blocks.append(Text(phrase=words.say("training.looks"), role="note"))
    if absent:
        blocks.append(
            Text(
                phrase=words.say("training.absent", names=words.text("and").join(absent)),
                role="note",
            )
        )
    return Section(id="training", title=title, blocks=tuple(blocks))


def _findings(source: Source) -> Iterator[Block]:
    """Say what the log means, and give the lines and answers that show it."""
    log, words = source.comparison.training, source.words
    for i, finding in enumerate(log.findings if log else ()):
        statement = finding_statement(finding)
        if not words.knows(statement):
            continue
        phrase = words.phrase(statement, f"{source.prefix}training.findings.{i}")
        yield Text(phrase=phrase, role="note" if finding.level == "note" else "body")
        pairs = (*_lines(words, finding), *_answers(words, finding))
        if pairs:
            yield Facts(label=words.text("training.shown_by"), pairs=pairs, folded=True)


def _lines(words: Words, finding: Diagnosis) -> Iterator[tuple[str, Phrase]]:
    """Write lines of the log as they stand there."""
    for line in finding.lines:
        metrics = (f"{key} {line[key]:.4g}" for key in line if key != "step")
        label = words.say("training.line", step=f"{line.get('step', 0):.0f}")
        yield str(label), just(one_line(" · ".join(metrics)))


def _answers(words: Words, finding: Diagnosis) -> Iterator[tuple[str, Phrase]]:
    for answer in finding.answers:
        rewards = ", ".join(f"{one_line(key)} {paid:.3g}" for key, paid in answer.rewards.items())
        label = words.say("training.answer", step=str(answer.step), rewards=rewards)
        yield str(label), just(visible(answer.text))


Curve = tuple[tuple[int, float, float], ...]
"""Position in the log, step, value."""


def _curves(source: Source) -> list[tuple[str, Curve]]:
    log = source.comparison.training
    curves: list[tuple[str, Curve]] = []
    for key, _ in CURVES if log else ():
        curve = tuple(
            (i, row["step"], row[key])
            for i, row in enumerate(log.steps if log else ())
            if "step" in row and key in row and row[key] is not None
        )
        if len(curve) > 1 and dict(CURVES)[key] not in {dict(CURVES)[k] for k, _ in curves}:
            curves.append((key, curve))
    return curves


def _training_plot(source: Source, curves: list[tuple[str, Curve]]) -> Plot:
    words, names = source.words, dict(CURVES)
    panels = tuple(
        Panel(
            title=words.text(f"training.{names[key]}"),
            lines=_looks(source, curve)
            if key == HELD_OUT
            else smoothed(words.text(f"training.{names[key]}"), curve),
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


def _looks(source: Source, curve: Curve) -> tuple[Line]:
    """Draw held-out accuracy look by look, with its intervals where the log has them."""
    log = source.comparison.training
    rows = [log.steps[i] for i, _, _ in curve] if log else []
    ends = [tuple(row[key] for row in rows if key in row) for key in _INTERVAL]
    low, high = ends if all(len(end) == len(rows) for end in ends) else ((), ())
    return (
        Line(
            label=source.words.text("training.heldout"),
            x=tuple(float(step) for _, step, _ in curve),
            y=tuple(value for _, _, value in curve),
            role="trained",
            low=low,
            high=high,
            dots=True,
        ),
    )


def smoothed(label: str, curve: Curve) -> tuple[Line, Line]:
    """Draw a metric as logged, and smoothed over it."""
    x = tuple(float(step) for _, step, _ in curve)
    raw = tuple(value for _, _, value in curve)
    return (
        Line(label=label, x=x, y=raw, role="muted", faint=True),
        Line(label=label, x=x, y=_centred_means(raw), role="trained"),
    )


def _centred_means(raw: tuple[float, ...]) -> tuple[float, ...]:
    """Average each step with as many neighbours before as after, so that nothing lags."""
    means = []
    for i in range(len(raw)):
        half = min(HALF_WINDOW, i, len(raw) - 1 - i)
        window = raw[i - half : i + half + 1]
        means.append(sum(window) / len(window))
    return tuple(means)


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
    if key == HELD_OUT:
        return say(
            "training.title_heldout",
            first=_measured(curves[key][0], key, "%"),
            last=_measured(curves[key][-1], key, "%"),
        )
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
                    just(words.text(f"training.{names[key]}")),
                    *(just(_measured(point, key, form)) for point in chosen),
                )
            )
        )
    return Grid(
        id="training-data",
        caption=words.say("training.caption", n=count(_n_logged(curves))),
        columns=words.texts("training.columns"),
        rows=tuple(rows),
    )


def _n_logged(curves: list[tuple[str, Curve]]) -> int:
    """Count the logged steps; looks at held-out questions are rows of their own."""
    logged = [len(curve) for key, curve in curves if key != HELD_OUT]
    return logged[0] if logged else 0
