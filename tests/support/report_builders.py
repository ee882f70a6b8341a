"""Comparisons to report on: a small one of every kind, a large one, and a hostile one."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.comparing.tables import PairedRows
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records.groups.family import Family
from evalsuite.records.training import TrainingLog
from evalsuite.records.verdict import Check, Policy
from evalsuite.reporting.telling import in_english
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow, PairedText

BUDGETS = (40, 64, 400)
"""Characters: the built runs have one token a character."""

RIGHT = "Two and five are seven, so the answer is \\boxed{7}."
WRONG = "Two and six are eight, so the answer is \\boxed{8}."
LATE = "Let us think about this for a long while, step by step. " * 2 + "\\boxed{7}"
UNBOXED = "Two and five make 7"
SILENT = "I do not know."

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    '"><a href="javascript:alert(1)">x</a>',
    "{{7*7}} {% for x in y %} ${7*7}",
    "safe\u202eevil\u2066\u200b\ufeff",
    "nul\x00bell\x07esc\x1b[31mred\x1b]0;title\x07",
    "lone\ud800surrogate\udfff",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\\input{/etc/passwd} $x^2_3$ 100% #1 & ~",
    "| a | b |\n|---|---|\n![x](https://example.org/x.png) @everyone #1 <b>",
    "```\n# heading\n<!-- comment -->",
    "--><style>*{display:none}</style><!--",
    "' onmouseover='alert(1)",
    "é" * 10 + "数学" * 10 + "🧮" * 10,
    "\u2028line\u2029paragraph\x85next",
)
"""Texts that must stay text in every output."""


def training_log(steps: int = 12) -> TrainingLog:
    """Write a log as TRL does, with a closing summary row."""
    rows = tuple(
        {
            "step": float(i),
            "reward": 0.2 + 0.02 * i,
            "reward_std": 0.4,
            "frac_reward_zero_std": min(0.05 * i, 1.0),
            "completions/clipped_ratio": 0.4 / i,
            "completions/mean_length": 260.0 - 10 * i,
            "entropy": 0.3 / i,
            "loss": 0.01 * (-1) ** i,
        }
        for i in range(1, steps + 1)
    )
    return TrainingLog(
        source="train_log.jsonl",
        max_completion_length=60,
        steps=(*rows, {"step": float(steps), "train_runtime": 727.5}),
    )


def texts(both: int, losses: int, gains: int, neither: int) -> tuple[list[str], list[str]]:
    """Write base's and trained's answers for a paired table, some cut off, some without a box."""
    base = [RIGHT] * both + [RIGHT] * losses
    base += [(LATE, UNBOXED, WRONG)[i % 3] if i % 5 else WRONG for i in range(gains)]
    trained = [RIGHT] * both + [WRONG] * losses + [RIGHT] * gains
    other = [(WRONG, SILENT)[i % 2] for i in range(neither)]
    return base + other, trained + other


def built(
    table: tuple[int, int, int, int] = (20, 4, 20, 16),
    *,
    policy: Policy | None = None,
    budgets: Sequence[int] = BUDGETS,
    headline_budget: int | None = 64,
    subsets: int = 2,
    training: TrainingLog | None = None,
    names: tuple[str, str] = ("base", "trained"),
    **changes: Any,
) -> tuple[Comparison, list[PairedRow]]:
    """Compare two built runs and judge them; the same comparison is computed once."""
    compared = _compared if training is None else _compared.__wrapped__  # a log can't be a key
    policy = policy or Policy()
    found, rows = compared(
        table, policy, tuple(budgets), headline_budget, subsets, names, training=training
    )
    side = {
        "run": "r-1",
        "prompt": "lesson@1",
        "decoding": {"temperature": 0.0},
        "dtype": "float32",
    }
    provenance = {"evalsuite": "0.1.0", "base": side, "trained": side}
    # Dicts of its own, which a test may change.
    own = {"graders": dict(found.graders), "diagnostics": dict(found.diagnostics)}
    found = replace(found, **({"provenance": provenance} | own | changes))
    return in_english(with_verdict(found, policy)), list(rows)


@functools.cache
def _compared(
    table: tuple[int, int, int, int],
    policy: Policy,
    budgets: tuple[int, ...],
    headline_budget: int | None,
    subsets: int,
    names: tuple[str, str],
    *,
    training: TrainingLog | None,
) -> tuple[Comparison, tuple[PairedRow, ...]]:
    written = texts(*table)
    base, trained = (
        run(answers, name=name, budget=max(budgets, default=400))
        for answers, name in zip(written, names, strict=True)
    )
    n = len(written[0])
    ids = [question.id for question in base.questions]
    design = Design(
        budgets=budgets,
        headline_budget=headline_budget if budgets else None,
        subsets=tuple((seed, tuple(ids[seed::2])) for seed in range(subsets)) if n > 1 else (),
        policy=policy,
    )
    found = checked(base, trained, design, training=training)
    tables = [tabulate(side, budgets, design.headline_budget) for side in (base, trained)]
    return found, tuple(PairedRows(tables[0], tables[1], budgets))


def family_of(comparisons: Sequence[Comparison], policy: Policy | None = None) -> Family:
    """Judge several comparisons with one base together, as the command does."""
    policy = policy or Policy()
    family = Family(comparisons=judge_together(comparisons, policy))
    return in_english(replace(family, verdict=judge(family, policy)))


def hostile() -> tuple[Comparison, list[PairedRow]]:
    """Put every hostile text wherever text from outside can stand."""
    comparison, rows = built((len(HOSTILE), 4, len(HOSTILE), 3), training=training_log())
    everything = " ".join(HOSTILE)
    checks = tuple(
        Check(code=f"EVS{900 + i}", level=level, title=text, detail=text)
        for i, text in enumerate(HOSTILE)
        for level in ("warning", "passed")
    )
    strict = comparison.graders["strict"]
    comparison = replace(
        comparison,
        task=HOSTILE[1],
        base=replace(comparison.base, name=HOSTILE[0]),
        trained=replace(comparison.trained, name=everything),
        graders={"strict": strict, HOSTILE[2]: replace(strict, version=HOSTILE[3])},
        checks=checks,
        diagnostics={text: text for text in HOSTILE},
        provenance={
            "command": everything,
            "evalsuite": HOSTILE[0],
            "fingerprint": HOSTILE[5],
            "prompts": {"base": everything, "trained": HOSTILE[1], HOSTILE[2]: HOSTILE[3]},
            "base": {text: text for text in HOSTILE},
            "decoding": {text: [text] for text in HOSTILE},
        },
    )
    rows = [
        replace(row, question_id=text * times, question=text, gold=text, base=_text(text, row.base))
        for row, (times, text) in zip(
            rows, [(times, text) for times in (1, 2) for text in HOSTILE], strict=False
        )
    ]
    return comparison, rows


def _text(text: str, side: PairedText) -> PairedText:
    return replace(side, text=text * 3, answer=text, flexible_answer=text, span=(0, 2))


def large(n: int = 1319, words: int = 70) -> tuple[Comparison, list[PairedRow]]:
    """Build as many answers as GSM8K's test split has, of varied prose."""
    both, losses, gains = n // 6, n // 10, n // 8
    table = (both, losses, gains, n - both - losses - gains)
    comparison, rows = built(table, subsets=2)
    return comparison, [_prose(row, i, words) for i, row in enumerate(rows)]


_WORDS = """
First we compute how many apples remain after each friend takes a share then multiply the price by
dozen total cost per week minus discount gives remaining money therefore she has to pay for and
the of in so number times equals left answer each hour miles speed distance
"""
_VOCABULARY = _WORDS.split()


def _prose(row: PairedRow, i: int, words: int) -> PairedRow:
    sides = []
    for salt, side in enumerate((row.base, row.trained)):
        state, said = i * 2 + salt + 1, []
        for _ in range(words):
            state = (state * 1103515245 + 12345) % 2**31
            word = _VOCABULARY[(state >> 8) % len(_VOCABULARY)]
            said.append(word if state % 7 else str(state % 997))
        text = " ".join(said)
        sides.append(replace(side, text=text, span=None, n_tokens=words * 4 // 3, cuts=(None,) * 3))
    return replace(row, base=sides[0], trained=sides[1])
