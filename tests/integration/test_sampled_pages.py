"""Pages of the embedded pair with four real samples a question: they count questions, not rows.

Whatever is said of sampled answers must be the same however samples are numbered.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest
from builders import checked
from recipe_builders import names_of, plan_of, planned
from report_builders import family_of

from evalsuite.asking.groups.recipe import compare_recipe
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.comparing.tables import PairedRows
from evalsuite.comparing.tabulate import tabulate
from evalsuite.disk.storage import load_run
from evalsuite.records.verdict import Policy
from evalsuite.reporting.outputs.exports import numbers_csv
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.view import report_view
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from forked import Forks

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.records.run import Run
    from evalsuite.reporting.view import ReportView

QUESTIONS, SAMPLES, BUDGETS = 24, 4, (32, 96)
DESIGN = Design(budgets=BUDGETS)


@pytest.fixture(scope="module")
def runs(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Ask both embedded models four times at temperature 1."""
    folder = tmp_path_factory.mktemp("sampled")
    options = ["--samples", str(SAMPLES), "--temperature", "1", "--no-full", "--subsets", "1"]
    options += ["--subset-size", str(QUESTIONS), "--max-new-tokens", "32,96", "--threads", "1"]
    done = forks.run(folder, "compare", "base", "trained", *options)
    assert done.code == 0, done.errors
    found = [load_run(path.parent) for path in (folder / "runs").glob("*/complete.json")]
    return {run.spec.model.name: run for run in found}


@pytest.fixture(scope="module")
def pair(runs: dict[str, Run]) -> Comparison:
    return with_verdict(checked(runs["base"], runs["trained"], DESIGN), Policy())


def renumbered(run: Run) -> Run:
    """Turn the samples of every question round by one."""

    def sample(number: int | None) -> int:
        return ((number or 0) + 1) % SAMPLES

    responses = [replace(r, sample=sample(r.sample)) for r in run.responses]
    grades = [replace(g, sample=sample(g.sample)) for g in run.grades]
    order = {question.id: at for at, question in enumerate(run.questions)}

    def place(row: Any) -> tuple[int, int]:
        return order[row.question_id], row.sample

    return replace(
        run,
        responses=tuple(sorted(responses, key=place)),
        grades=tuple(sorted(grades, key=place)),
    )


def words_of(comparison: Any, lang: str = "en") -> str:
    return text_of(report_view(comparison, lang=lang))


def text_of(view: ReportView) -> str:
    """Give what a page says, without the results it carries."""
    page = re.sub(r"(?s)<(script|style).*?</\1>", "", render_html(view))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def without_shared_noise(text: str) -> str:
    """Leave out the split of the variance: samples of one number share their random numbers."""
    return re.sub(r"samples\.(outlook|variance)\S* \S+", "", text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_says_the_same_however_samples_are_numbered(
    runs: dict[str, Run], pair: Comparison, lang: str
) -> None:
    other = with_verdict(checked(runs["base"], renumbered(runs["trained"]), DESIGN), Policy())

    assert other.table != pair.table  # pairs of answers are others, and nothing may say so
    here, there = (without_shared_noise(words_of(each, lang)) for each in (pair, other))
    assert there == here
    assert numbers_csv(other) == numbers_csv(pair)


def test_causes_are_counted_in_questions_and_sum_to_the_gain(pair: Comparison) -> None:
    causes, clusters = pair.attribution, pair.gain.clusters
    assert causes is not None
    assert clusters is not None
    parts = (causes.finished, causes.formatted, causes.reasoned)

    assert sum(part.expected_gains or 0 for part in parts) == pytest.approx(clusters.gains)
    assert sum(part.expected_losses or 0 for part in parts) == pytest.approx(clusters.losses)
    assert sum(part.gain for part in parts) == pytest.approx(pair.gain.estimate)
    assert pair.made_of is not None
    assert pair.made_of.finished_range is not None
    assert pair.made_of.finished_range.high == pytest.approx(
        (causes.finished.expected_gains or 0) / QUESTIONS
    )


def test_every_table_of_numbers_counts_questions(pair: Comparison) -> None:
    clusters = pair.gain.clusters
    assert clusters is not None
    rows = list(csv.DictReader(io.StringIO(numbers_csv(pair))))

    assert {row["n"] for row in rows} == {str(QUESTIONS)}
    assert (rows[0]["losses"], rows[0]["gains"]) == (str(clusters.worse), str(clusters.better))


def test_single_samples_are_counted_and_not_named_by_verdict(pair: Comparison) -> None:
    text = words_of(pair)

    assert "verdict of each sample" not in text
    said = re.search(r"a gain in (\d) of them, a loss in (\d) , neither in (\d)", text)
    assert said is not None
    assert sum(map(int, said.groups())) == SAMPLES
    is_shown = "seed_sensitive" in (pair.verdict.qualifiers if pair.verdict else ())
    assert ("at least one sample was shown" in text) is is_shown
    assert ("No sample's gain was shown" in text) is not is_shown


def test_pairs_of_answers_are_called_so_and_samples_numbered_from_one(
    runs: dict[str, Run], pair: Comparison
) -> None:
    base, trained = (tabulate(runs[name], BUDGETS) for name in ("base", "trained"))
    page = text_of(report_view(pair, PairedRows(base, trained, BUDGETS)))

    assert f"All {QUESTIONS * SAMPLES} pairs of answers are here" in page
    assert re.search(r"question [\w-]+, sample [1-4] , right answer", page)


def test_a_family_counts_questions_that_are_better_or_worse(
    runs: dict[str, Run], pair: Comparison
) -> None:
    again = checked(runs["base"], renumbered(runs["trained"]), DESIGN)
    family = family_of(judge_together([pair, again], Policy()))
    text = render_terminal(report_view(family), width=200)

    assert "sign-flip p" in text
    assert "better" in text
    assert "fixed" not in text.replace("fixed-", "")
    assert pair.gain.clusters is not None
    assert str(pair.gain.clusters.better) in text


@pytest.fixture(scope="module")
def recipe(runs: dict[str, Run]) -> RecipeComparison:
    """Take three runs for seeds of one recipe: trained, base itself, and trained renumbered."""
    seeds = (runs["trained"], runs["base"], renumbered(runs["trained"]))
    sides = [planned(run, budgets=BUDGETS) for run in (runs["base"], *seeds)]
    return compare_recipe(plan_of(names_of(3)), sides, CompareSpec(headline_budget=96))


@pytest.mark.parametrize(("lang", "better"), [("en", "better"), ("zh", "变好")])
def test_a_recipe_counts_questions_that_are_better_or_worse(
    recipe: RecipeComparison, lang: str, better: str
) -> None:
    view = report_view(recipe, lang=lang)
    text = render_terminal(view, width=200)
    first = recipe.recipe.seeds[0].clusters
    assert first is not None

    assert better in text
    assert "McNemar" not in text
    drawn = render_html(view)
    assert f"{first.better} / {first.worse}" in drawn
    assert f"{recipe.recipe.seeds[0].gains} / {recipe.recipe.seeds[0].losses}" not in drawn
