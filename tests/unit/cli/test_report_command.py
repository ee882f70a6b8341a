from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from report_builders import built, family_of, training_log

from evalsuite.cli.report import FORMATS, command
from evalsuite.cli.shared.report_verification import words_of_page
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_json, to_line
from evalsuite.records.groups.family import Family
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view


@pytest.fixture
def family_folder(tmp_path: Path) -> Path:
    """Write what a comparison of two trained models leaves behind, pages excepted."""
    pairs = [built(names=("base", name)) for name in ("one", "two")]
    family = family_of([comparison for comparison, _ in pairs])
    (tmp_path / "results.json").write_text(to_json(family))
    for comparison, (_, rows) in zip(family.comparisons, pairs, strict=True):
        below = tmp_path / comparison.trained.name
        below.mkdir()
        (below / "results.json").write_text(to_json(comparison))
        (below / "questions.jsonl").write_text("".join(map(to_line, rows)))
    return tmp_path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    comparison, rows = built(training=training_log())
    (tmp_path / "results.json").write_text(to_json(comparison))
    (tmp_path / "questions.jsonl").write_text("".join(map(to_line, rows)))
    return tmp_path


def _run(*arguments: object) -> str:
    done = CliRunner().invoke(command, [str(a) for a in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_rebuilt_report_is_the_one_that_was_written(folder: Path) -> None:
    comparison, rows = built(training=training_log())

    _run(folder)

    assert (folder / "report.html").read_text("utf-8") == render_html(
        report_view(comparison, rows, complete=len(rows))
    )


def test_a_family_is_rebuilt_with_the_reports_it_leads_to(family_folder: Path) -> None:
    _run(family_folder)
    pages = {p: p.read_bytes() for p in family_folder.rglob("report.html")}
    family = from_json(Family, (family_folder / "results.json").read_bytes())

    _run(family_folder)

    assert {p.parent.name for p in pages} == {family_folder.name, "one", "two"}
    assert {p: p.read_bytes() for p in pages} == pages
    whole = render_html(report_view(family, folders=("one", "two")))
    assert pages[family_folder / "report.html"].decode("utf-8") == whole


def test_a_family_in_chinese_leads_to_chinese_reports(family_folder: Path) -> None:
    _run(family_folder, "--lang", "zh")

    for page in family_folder.rglob("report.html"):
        assert '<html lang="zh"' in page.read_text("utf-8")


@pytest.mark.parametrize("form", ["md", "text", "latex", "json-schema"])
def test_a_family_has_the_outputs_that_fit_several_models(family_folder: Path, form: str) -> None:
    assert len(_run(family_folder, "--format", form, "-o", "-")) > 200


@pytest.mark.parametrize("form", ["junit", "card", "csv", "table-csv"])
def test_an_output_about_one_model_asks_for_one(family_folder: Path, form: str) -> None:
    done = CliRunner().invoke(command, [str(family_folder), "--format", form])

    assert "name one, such as" in str(done.exception)


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_written_beside_the_results(folder: Path, form: str) -> None:
    said = _run(folder / "results.json", "--format", form)

    target = folder / FORMATS[form]
    assert target.stat().st_size > 200
    assert str(target) in said


def test_a_dash_writes_to_stdout_and_nothing_else(folder: Path) -> None:
    text = _run(folder, "--format", "table-csv", "-o", "-")

    assert text.startswith("kind,name,n,")
    assert sorted(p.name for p in folder.iterdir()) == ["questions.jsonl", "results.json"]


@pytest.mark.parametrize(
    "options",
    [("-o", "public.html"), ("-o", "-"), ("--brief",), ("--format", "md")],
    ids=["file", "stdout", "brief", "format"],
)
def test_a_tracker_gets_no_other_page_than_the_one_made(
    folder: Path, options: tuple[str, ...]
) -> None:
    arguments = [str(folder), "--responses", "none", "--log-to", "wandb", *options]

    with pytest.raises(InvalidInputError, match=r"--log-to sends report\.html beside the results"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)


def test_chinese_is_chinese(folder: Path) -> None:
    assert "百分点" in _run(folder, "--format", "md", "--lang", "zh", "-o", "-")


def test_without_questions_the_report_says_how_to_get_them(folder: Path) -> None:
    (folder / "questions.jsonl").unlink()

    page = _run(folder, "-o", "-")

    assert "questions.jsonl to browse them" in page


def test_fewer_responses_make_a_smaller_file_that_says_so(folder: Path) -> None:
    page = _run(folder, "--responses", "flips", "-o", "-")

    assert "24</data> of <data" in page


def test_figures_are_saved_to_a_folder(folder: Path) -> None:
    _run(folder, "--figures", folder / "figures", "--format", "text", "-o", "-")

    assert len(list((folder / "figures").glob("*.svg"))) == 8


def test_a_folder_without_results_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, [str(tmp_path)])

    assert "name results.json or its folder" in str(done.exception)


def test_the_committed_report_is_what_its_results_say() -> None:
    """Figures and packed data may differ in bytes between library versions; words may not.

    If this fails after a change of the report: `evalsuite report reports/qwen-grpo-pair`.
    """
    folder = Path(__file__).parents[3] / "reports" / "qwen-grpo-pair"
    if not folder.is_dir():
        pytest.skip("the example report is not in this checkout")

    rebuilt = _run(folder, "-o", "-")

    assert words_of_page(rebuilt) == words_of_page((folder / "report.html").read_text("utf-8"))
