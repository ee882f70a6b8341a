from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import checked, question
from report_builders import RIGHT, WRONG, built

from evalsuite.comparing.compare import Design
from evalsuite.logs.generic import grades_of, read_answers
from evalsuite.records.verdict import LEVELS, Policy
from evalsuite.reporting.opening import first_lines
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.page import Page
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import words
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Run


def imported(path: Path, texts: list[str], name: str) -> Run:
    rows = [{"id": f"q-{i}", "text": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    questions = tuple(question(i) for i in range(len(texts)))
    options: dict[str, Any] = {"task": "test", "split": "test", "prompt": "log@1"}
    run = read_answers(path, questions, name=name, max_new_tokens=None, **options).run
    return replace(run, grades=tuple(grades_of(run)))


@pytest.fixture
def of_logs(tmp_path: Path) -> Comparison:
    """Compare two logs that hold answers and nothing of how they came about."""
    base = imported(tmp_path / "base.jsonl", [RIGHT] * 4 + [WRONG] * 26, "base")
    trained = imported(tmp_path / "trained.jsonl", [RIGHT] * 24 + [WRONG] * 6, "trained")
    comparison = checked(base, trained, Design(budgets=()))
    sides = {
        side: {"decoding": asdict(run.spec.decoding), "dtype": run.spec.dtype}
        for side, run in (("base", base), ("trained", trained))
    }
    return in_english(with_verdict(replace(comparison, provenance=sides), Policy()))


def with_decoding(base: dict[str, Any], trained: dict[str, Any], samples: int = 1) -> Comparison:
    comparison, _ = built()
    provenance = {
        side: comparison.provenance[side] | {"decoding": decoding}
        for side, decoding in (("base", base), ("trained", trained))
    }
    seeds = replace(comparison.seeds, samples=samples)
    return replace(comparison, provenance=provenance, seeds=seeds)


def summary_of(comparison: Comparison, lang: str = "en") -> str:
    return str(first_lines.summary(Page(comparison, words(lang))))


@pytest.mark.parametrize(
    ("lang", "sentence", "greedy"),
    [
        ("en", "decoding not recorded, precision not recorded", "reedy"),
        ("zh", "解码方式未记录，精度未记录", "贪心"),
    ],
)
def test_a_log_without_a_temperature_is_never_called_greedy(
    of_logs: Comparison, lang: str, sentence: str, greedy: str
) -> None:
    view = report_view(of_logs, lang=lang)

    for text in (
        render_markdown(view),
        render_terminal(view, width=100),
        render_html(view, is_drawn=False),
    ):
        assert unwrapped(sentence) in unwrapped(text)
    assert greedy not in render_markdown(view)


def unwrapped(text: str) -> str:
    return "".join(text.split())


def test_the_settings_of_a_log_are_shown_as_not_recorded(of_logs: Comparison) -> None:
    view = report_view(of_logs)
    section = next(section for section in view.sections if section.id == "prompt")
    rows: Any = next(block for block in section.blocks if hasattr(block, "rows")).rows
    cells = {str(row.cells[0]): [str(cell) for cell in row.cells[1:]] for row in rows}

    assert cells["decoding.temperature"] == ["not recorded"] * 2
    assert cells["dtype"] == ["not recorded"] * 2
    assert cells["decoding.samples"] == ["1", "1"]


COLD, WARM, OPEN = {"temperature": 0.0}, {"temperature": 0.7}, {"temperature": None}


@pytest.mark.parametrize(
    ("base", "trained", "samples", "sentence"),
    [
        (COLD, COLD, 1, ", greedy decoding, up to"),
        (WARM, WARM, 1, ", one sampled answer a question, up to"),
        (COLD, OPEN, 1, ", decoding not recorded, up to"),
        (COLD, {}, 1, ", decoding not recorded, up to"),
        (WARM, WARM, 4, ", 4 sampled answers a question, up to"),
        (OPEN, OPEN, 4, ", 4 answers a question, decoding not recorded, up to"),
    ],
)
def test_greedy_is_said_only_where_both_sides_record_temperature_zero(
    base: dict[str, Any], trained: dict[str, Any], samples: int, sentence: str
) -> None:
    assert sentence in summary_of(with_decoding(base, trained, samples))


def test_the_title_names_both_models_and_the_task() -> None:
    comparison, _ = built(names=("small", "tuned"))

    assert first_lines.title(Page(comparison, words("en"))) == "small → tuned · test, test split"


def test_checks_are_counted_by_level() -> None:
    comparison, _ = built()

    chips = {
        level: str(phrase) for level, phrase in first_lines.chips(Page(comparison, words("en")))
    }

    assert tuple(chips) == LEVELS
    passed = sum(check.level == "passed" for check in comparison.checks)
    assert str(passed) in chips["passed"]
