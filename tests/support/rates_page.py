"""Page of error rates, made from what the calibration tests measured."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rates import read_rates

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rates import Rate

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "error-rates.md"
HEAD = """# Error rates

How often the methods err, as measured: simulated evaluations whose truth is known, or all tables
enumerated. One row a question. Its rate is that of the design nearest to its bound, with a 95%
Monte Carlo interval (Wilson's for a share), and the test named beside it fails when a design leaves
the bound. A bound is what was asked for, not what was found.

The page is made by one command, from fixed seeds that stand in the tests:

```console
$ nox -s calibration
```
"""
PARTS = {
    "One pair, one answer a question": {
        "pair_claim": "Two equal models are called different",
        "pair_at_margin": "A difference of exactly the margin is called none",
        "pair_covered": "The interval of the gain (Tango) holds the true gain",
        "narrow_null": "Equal models: any claim, in form or within the budget among them",
        "narrow_improved": "A gain that is form or length alone is called improved",
        "narrow_named": "It is called by its name, form only or within the budget only",
        "narrow_taken": "A gain in knowledge is called form only",
        "dependence_budgets": "A budget is said to change the gain, and none does",
        "dependence_grader": "A grader is said to change the gain, and does not",
        "subset_claim": "A subset calls equal models different",
    },
    "Several answers a question": {
        "samples_symmetric": "Equal models are called different; effects go both ways alike",
        "samples_asymmetric": "The same; few large gains among many small losses",
        "samples_equivalent": "A loss beyond the margin is called none",
        "samples_at_margin": "A loss of exactly the margin is called none",
        "samples_true_equivalent": "No difference, and it is called none",
        "samples_covered": "The widened interval holds the true gain",
    },
    "Recipes": {
        "recipe_claim": "A recipe without a gain on average is called improved or regressed",
        "recipe_equivalent": "A loss at or beyond the margin is called none",
        "recipe_average": "The interval of the recipe's average holds it",
        "recipe_here": "On the same questions, the interval of the average holds it",
        "recipe_prediction": "The prediction interval holds the gain of one new run",
        "recipe_dependence": "A budget, grader or seed is said to differ, and none does",
    },
    "Looking early": {
        "looks_two_stages": "Equal models: stopping or completing claims a difference",
        "looks_asked": "Equal models: questions asked on average, of 1,319",
        "looks_power": "A gain of 5 points is shown",
        "looks_repeated": "At the stop, the repeated interval holds the true gain",
        "looks_adjusted": "At the stop, the adjusted interval holds the true gain",
        "anytime_claim": "A look after every question ever claims a difference of equal models",
        "anytime_missed": "The confidence sequence ever loses the true gain",
    },
    "Several models, budgets or checkpoints": {
        "family_claim": "Some of several equal models or budgets is called different",
        "family_equivalent": "Some difference of exactly the margin is called none",
        "curve_claim": "A training that changes nothing is called anything",
        "curve_first": "Some checkpoint of such a training is called better by its band",
        "curve_fall": "It is said to fall",
        "best_covered": "The interval of the best checkpoint holds its true gain",
    },
}
QUESTIONS = {key: text for part in PARTS.values() for key, text in part.items()}


def rates_page(rates: Sequence[Rate]) -> str:
    """Lay out one table a part; a question that was not measured has no row."""
    unknown = {rate.question for rate in rates} - QUESTIONS.keys()
    if unknown:
        raise ValueError(f"no row is there for {', '.join(sorted(unknown))}; add it to PARTS")
    parts = [_part(name, rows, rates) for name, rows in PARTS.items()]
    return "\n".join([HEAD, *filter(None, parts), *_not_measured(rates)])


def _not_measured(rates: Sequence[Rate]) -> list[str]:
    """Name the questions of the tests that the run which made the page left out."""
    missing = [text for key, text in QUESTIONS.items() if key not in {r.question for r in rates}]
    if not missing:
        return []
    head = (
        "## Not measured in the run that made this page\n\nTheir tests hold a bound all the same.\n"
    )
    return [head, *(f"- {text}" for text in missing), ""]


def _part(name: str, questions: dict[str, str], rates: Sequence[Rate]) -> str:
    if not {rate.question for rate in rates} & questions.keys():
        return ""
    lines = [
        f"## {name}\n",
        "| question | n | designs | rate nearest to its bound | design | bound | test |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, text in questions.items():
        measured = [rate for rate in rates if rate.question == key]
        if measured:
            lines.append(_row(text, measured))
    return "\n".join([*lines, ""])


def _row(text: str, rates: Sequence[Rate]) -> str:
    worst = min(rates, key=lambda rate: rate.slack)
    tests = sorted({rate.test for rate in rates})
    cells = (
        text,
        _sizes(rates),
        str(len(rates)),
        _measured(worst),
        worst.cell,
        _bound(worst),
        "<br>".join(f"`{test.replace('::', '`<br>`')}`" for test in tests),
    )
    return f"| {' | '.join(cells)} |"


def _sizes(rates: Sequence[Rate]) -> str:
    sizes = sorted({rate.n for rate in rates if rate.n is not None})
    return f"{sizes[0]:,}" if len(sizes) == 1 else f"{sizes[0]:,} to {sizes[-1]:,}"


def _measured(rate: Rate) -> str:
    if rate.value > 1:  # a mean number of questions, not a share
        return f"{rate.value:.0f} ({rate.low:.0f} to {rate.high:.0f}; {rate.runs:,} runs)"
    if rate.runs is None:
        return f"{rate.value:.3f} (enumerated)"
    return f"{rate.value:.3f} ({rate.low:.3f} to {rate.high:.3f}; {rate.runs:,} runs)"


def _bound(rate: Rate) -> str:
    low, high = rate.at_least, rate.at_most
    if low is None:
        return f"at most {high:g}"
    return f"at least {low:g}" if high in (None, 1.0) else f"{low:g} to {high:g}"


if __name__ == "__main__":
    PAGE.write_text(rates_page(read_rates(Path(sys.argv[1]))), encoding="utf-8")
