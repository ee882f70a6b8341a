"""Reports held against their own numbers: what was changed or mixed up is named."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import run
from click.testing import CliRunner

from evalsuite.cli.compare import command as compare
from evalsuite.cli.reports import command
from evalsuite.cli.shared.report_verification import find_reports, verify_report
from evalsuite.disk.storage import write_run
from evalsuite.errors import InvalidInputError, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

N = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write one pair's report, the same in Chinese, another pair's, and a family's."""
    folder: Path = tmp_path_factory.mktemp("reports")
    wrong = {"one": range(0, N, 2), "two": range(0, N, 3), "three": range(5, 6)}
    for name, indices in wrong.items():
        texts = [rf"\boxed{{{8 if i in indices else 7}}} {i}" for i in range(N)]
        write_run(folder / "runs" / f"{name}-test-64-00000000", run(texts, name=name))
    for output, arguments in {
        "pair": ("run:one", "run:two"),
        "chinese": ("run:one", "run:two", "--lang", "zh"),
        "other": ("run:one", "run:three"),
        "family": ("run:one", "run:two", "run:three"),
    }.items():
        options = ("--runs", str(folder / "runs"), "-o", str(folder / "reports" / output))
        done = CliRunner().invoke(compare, [*arguments, "--subset-size", "5", *options])
        assert done.exit_code == 0, done.output
    return folder / "reports"


@pytest.fixture
def reports(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(written, tmp_path / "reports"))


def test_every_report_is_listed_with_its_models(reports: Path) -> None:
    (reports / "torn").mkdir()
    (reports / "torn" / "results.json").write_text("{", "utf-8")

    done = CliRunner().invoke(command, ["list", "--reports", str(reports)])
    listed = CliRunner().invoke(command, ["list", "--reports", str(reports), "--json"])

    rows = {line.rpartition("/")[2]: line for line in done.output.splitlines()}
    assert set(rows) == {"pair", "chinese", "other", "family", "torn"}
    assert "one → two" in rows["pair"]
    assert "one → 2 trained models" in rows["family"]
    assert rows["torn"].startswith("unreadable ")
    assert len({line.index(str(reports)) for line in rows.values()}) == 1
    facts = {Path(row["folder"]).name: row for row in json.loads(listed.output)["reports"]}
    assert (facts["other"]["base"], facts["other"]["trained"]) == ("one", ["three"])
    assert facts["family"]["trained"] == ["two", "three"]
    assert facts["torn"]["decision"] is None


def test_no_report_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["list", "--reports", str(tmp_path)])

    assert done.output.startswith("no reports in ")


def sentences(folder: Path) -> str:
    return "\n".join(f"{f.level}: {f.sentence}" for f in verify_report(folder).findings)


def test_reports_of_every_kind_and_language_are_sound(reports: Path) -> None:
    assert [path.name for path in find_reports(reports)] == ["chinese", "family", "other", "pair"]
    for folder in find_reports(reports):
        assert sentences(folder) == ""
    assert verify_report(reports / "pair").questions == N
    assert verify_report(reports / "family").questions == 2 * N


def edited(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    assert change(before) != before
    path.write_text(change(before), encoding="utf-8")


def test_a_verdict_its_numbers_do_not_give_needs_a_hand(reports: Path) -> None:
    stored = json.loads((reports / "pair" / "results.json").read_text(encoding="utf-8"))
    stored["verdict"]["decision"] = "improved"
    (reports / "pair" / "results.json").write_text(json.dumps(stored), encoding="utf-8")

    assert "contradicts itself: its verdict is improved" in sentences(reports / "pair")
    assert verify_report(reports / "pair").state == "unreadable"


@pytest.mark.parametrize("name", ["report.html", "summary.md"])
@pytest.mark.parametrize("folder", ["pair", "chinese", "family"])
def test_a_page_of_other_results_needs_a_hand(reports: Path, folder: str, name: str) -> None:
    shutil.copy(reports / "other" / name, reports / folder / name)

    assert f"problem: {name} is not what this version writes" in sentences(reports / folder)


def test_one_word_that_was_changed_on_a_page_is_noticed(reports: Path) -> None:
    edited(reports / "pair" / "report.html", lambda page: page.replace("one", "two", 1))

    assert "problem: report.html is not" in sentences(reports / "pair")


def test_questions_of_another_comparison_need_a_hand(reports: Path) -> None:
    shutil.copy(reports / "other" / "questions.jsonl", reports / "pair" / "questions.jsonl")

    assert "problem: questions.jsonl gives" in sentences(reports / "pair")


def test_a_question_that_is_there_twice_needs_a_hand(reports: Path) -> None:
    edited(reports / "pair" / "questions.jsonl", lambda t: t + t.splitlines(keepends=True)[0])

    assert "problem: questions.jsonl holds a question twice" in sentences(reports / "pair")


def test_a_line_nobody_can_read_is_named(reports: Path) -> None:
    edited(reports / "pair" / "questions.jsonl", lambda text: "{" + text)

    assert "questions.jsonl line 1" in sentences(reports / "pair")


def test_a_part_that_is_not_the_group_s_needs_a_hand(reports: Path) -> None:
    shutil.copy(reports / "other" / "results.json", reports / "family" / "two" / "results.json")

    told = sentences(reports / "family")

    assert "problem: two/results.json is not what results.json holds of it" in told
    assert "family/two: " in told  # its own page is not of these results either


def test_what_is_missing_is_a_note_and_says_how_to_make_it(reports: Path) -> None:
    for name in ("report.html", "questions.jsonl"):
        (reports / "pair" / name).unlink()

    assert verify_report(reports / "pair").is_sound
    assert "note: no report.html is there; evalsuite report" in sentences(reports / "pair")
    assert "note: no questions.jsonl is there" in sentences(reports / "pair")


def test_the_command_tells_a_line_a_report_and_fails_where_one_needs_a_hand(reports: Path) -> None:
    sound = CliRunner().invoke(command, ["verify", "--reports", str(reports)])
    assert sound.exit_code == 0
    assert sound.output.count("sound    readable") == 4

    (reports / "pair" / "results.json").write_text("{", encoding="utf-8")
    unsound = CliRunner().invoke(command, ["verify", str(reports / "pair"), "--json"])

    assert isinstance(unsound.exception, RunFailedError)
    assert json.loads(unsound.output)["reports"][0]["state"] == "unreadable"


def test_a_folder_without_results_is_no_report(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["verify", str(tmp_path)])
    assert isinstance(done.exception, InvalidInputError)

    none = CliRunner().invoke(command, ["verify", "--reports", str(tmp_path / "none")])
    assert "no reports in" in none.output
