from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loaded_modules import loaded_by
from report_builders import built, hostile

from evalsuite.reporting.opening.opening import opening_of
from evalsuite.reporting.outputs.terminal import MOST_LINES, render_ending, render_terminal
from evalsuite.reporting.page import page_of
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.view import ReportView


@pytest.fixture(scope="module")
def view() -> ReportView:
    return report_view(built()[0])


def _seen(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def test_the_headline_comes_first_then_its_parts_then_the_doubts(view: ReportView) -> None:
    lines = render_terminal(view, width=200).splitlines()

    assert view.headline.startswith(lines[0])
    doubts = [line for line in lines if line.startswith("  ! ")]
    told = [f"  ! {sentence}" for sentence in (*(q for _, q in view.qualifiers), *view.doubts)]
    assert len(doubts) == len(told)
    assert all(full.startswith(line) for line, full in zip(doubts, told, strict=True))
    assert view.made_of is not None
    before = " ".join(lines[: lines.index(doubts[0])])
    assert before == f"{view.headline} {view.made_of.line}"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_the_terminal(lang: str, width: int) -> None:
    shown = render_terminal(report_view(built()[0], lang=lang), width=width)

    assert [line for line in shown.splitlines() if _seen(line) > width] == []


@pytest.mark.parametrize("width", range(40, 101))
def test_no_chinese_line_begins_with_a_stop_or_ends_with_an_opening(width: int) -> None:
    shown = render_terminal(report_view(built()[0], lang="zh"), width=width).splitlines()

    assert [line for line in shown if line.lstrip()[:1] in tuple("，。、；：！？）》”·")] == []
    assert [line for line in shown if line.endswith(("（", "《", "“"))] == []


def test_a_long_name_over_a_column_breaks_at_its_hyphens() -> None:
    names = ("qwen-coder-0.5b-base", "qwen-coder-0.5b-trained")
    shown = render_terminal(report_view(built(names=names)[0]), width=80)

    heading = next(line for line in shown.splitlines() if "fixed  broken" in line)
    assert heading.split()[1:3] == ["base", "trained"]
    assert "exact p" in heading


def test_a_narrow_table_keeps_the_gain_and_its_interval(view: ReportView) -> None:
    shown = render_terminal(view, width=50)

    assert "+26.7 (11.6 to 41.1)" in shown
    assert "fixed  broken" not in shown


def test_columns_are_aligned_by_what_is_seen() -> None:
    shown = render_terminal(report_view(built()[0], lang="zh"), width=120).splitlines()

    rows = [line for line in shown if "百分点）" in line or "种子" in line or "全部题目" in line]
    table = [line for line in rows if line.startswith(("  种子", "  全部"))]
    assert len({_seen(line) for line in table}) == 1


def test_colour_is_used_only_when_asked(view: ReportView) -> None:
    assert "\x1b" not in render_terminal(view, color=False)
    assert render_terminal(view, color=True).startswith("\x1b[1;33m")


def test_no_escape_sequence_of_a_model_reaches_the_terminal() -> None:
    shown = render_terminal(report_view(*hostile()), color=False)

    bad = [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c != "\n"]
    assert bad == []


def test_the_terminal_answer_loads_neither_templates_nor_plots_nor_models() -> None:
    loaded = loaded_by("import evalsuite.reporting.outputs.terminal, evalsuite.reporting.view")

    assert "evalsuite.reporting.view" in loaded
    assert not loaded & {"jinja2", "matplotlib", "torch", "pandas", "scipy.stats", "rich"}


PATHS = {"report": Path("reports/here/report.html"), "json": Path("reports/here/results.json")}


def _ending(comparison: Comparison, lang: str = "en", width: int = 80) -> list[str]:
    opening = opening_of(page_of(comparison, lang=lang))
    return render_ending(opening, PATHS, width=width).splitlines()


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("table", [(40, 4, 40, 16), (10, 9, 12, 20), (10, 0, 20, 30)])
def test_the_ending_is_verdict_parts_doubts_and_paths_in_12_lines(
    lang: str, width: int, table: tuple[int, int, int, int]
) -> None:
    comparison, _ = built(table)
    view = report_view(comparison, lang=lang)
    assert view.made_of is not None

    lines = _ending(comparison, lang, width)

    assert len(lines) <= MOST_LINES
    assert max(map(_seen, lines)) <= width
    seen = "".join("".join(lines).split())
    assert seen.startswith("".join(f"{view.headline}{view.made_of.line}".split()))
    assert [line.split()[-1] for line in lines[-2:]] == [str(path) for path in PATHS.values()]


def test_doubts_that_do_not_fit_are_counted() -> None:
    comparison, _ = built()
    view = report_view(comparison)
    n = len(view.qualifiers) + len(view.doubts)

    short = [line for line in _ending(comparison) if line.startswith("  ! ")]

    assert short[-1] == f"  ! {n - len(short) + 1} more to doubt: in the report, or with -v"
    assert short[0].startswith(f"  ! {view.qualifiers[0][1]}"[: len(short[0])])


def test_verbose_sets_the_tables_before_the_verdict_and_every_doubt_behind_it() -> None:
    comparison, _ = built()
    view = report_view(comparison)

    lines = render_ending(view, PATHS, width=200, report=view).splitlines()

    at = lines.index(view.headline)
    assert any("+26.7 (11.6 to 41.1)" in line for line in lines[:at])
    doubts = [line for line in lines[at:] if line.startswith("  ! ")]
    assert len(doubts) == len(view.qualifiers) + len(view.doubts)
    assert not any("+26.7 (11.6 to 41.1)" in line for line in _ending(comparison, width=200))


def test_without_a_report_no_doubt_is_said_to_stand_in_one() -> None:
    ending = render_ending(report_view(built()[0]), {}, width=40)

    lines = ending.splitlines()
    assert lines[-3].endswith("doubts to read: with -v")
    assert max(map(len, lines)) <= 40
