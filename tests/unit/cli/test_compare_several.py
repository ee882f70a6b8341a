from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from builders import run
from click.testing import CliRunner, Result
from report_builders import texts

from evalsuite.cli.compare import command as compare
from evalsuite.cli.gate import command as gate
from evalsuite.cli.report import command as report
from evalsuite.disk.storage import write_run
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json
from evalsuite.records.groups.family import Family

if TYPE_CHECKING:
    from pathlib import Path

    from click import Command

TABLES = {"good": (20, 4, 20, 16), "bad": (8, 16, 4, 32)}
"""Both rest on the same 24 right answers of base."""


@dataclass(frozen=True)
class Compared:
    """What a comparison said, and the only report there is."""

    said: Result
    folder: Path


def _store(folder: Path) -> Path:
    """Store one base and two trained runs, as if they had been generated."""
    base, good = texts(*TABLES["good"])
    _, bad = texts(*TABLES["bad"])
    for name, answers in (("plain", base), ("good", good), ("bad", bad)):
        write_run(folder / "runs" / name, run(answers, name=name, budget=400))
    return folder


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return _store(tmp_path)


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Compared:
    """Compare the three once, without an option."""
    place = _store(tmp_path_factory.mktemp("work"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        said = _compare()
    (folder,) = (place / "reports").iterdir()
    return Compared(said, folder)


def _invoke(command: Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=True)


def _compare(*more: str) -> Result:
    done = _invoke(compare, "run:plain", "run:good", "run:bad", "--seeds", "0", *more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def test_several_models_end_in_one_folder_with_one_subfolder_each(compared: Compared) -> None:
    folder = compared.folder

    assert folder.name.startswith("plain-vs-2-models-")
    assert sorted(p.name for p in folder.iterdir()) == [
        "bad",
        "good",
        "report.html",
        "results.json",
        "summary.md",
    ]
    for name in ("good", "bad"):
        assert sorted(p.name for p in (folder / name).iterdir()) == [
            "questions.jsonl",
            "report.html",
            "results.json",
            "summary.md",
        ]


def test_the_terminal_shows_the_table_before_each_verdict(workplace: Path) -> None:
    out = _compare("-v").stdout

    row, verdict = out.index("\n  good  "), out.index("of 2 trained models")
    assert row < out.index("good: ") < out.index("bad: ") < verdict
    assert out.count("report.html") == 1


def test_the_terminal_is_verdict_doubts_and_paths_unless_asked(compared: Compared) -> None:
    lines = compared.said.stdout.splitlines()

    assert "of 2 trained models" in lines[0]
    assert len(lines) <= 12
    assert [line.split()[0] for line in lines[-2:]] == ["report", "json"]


def test_json_on_stdout_is_the_file(workplace: Path) -> None:
    done = _compare("--json", "-o", "there")

    assert done.stdout == (workplace / "there" / "results.json").read_text("utf-8")
    assert set(json.loads(done.stdout)) == {"schema", "comparisons", "verdict"}
    family = from_json(Family, done.stdout)
    assert [c.trained.name for c in family.comparisons] == ["good", "bad"]


@pytest.mark.parametrize(("form", "start"), [("md", "## "), ("latex", "% Packages"), ("json", "{")])
def test_a_format_is_alone_on_stdout_and_what_report_writes(
    workplace: Path, form: str, start: str
) -> None:
    done = _compare("--format", form, "-o", "there")

    assert done.stdout.startswith(start)
    assert "report.html" not in done.stdout
    if form != "json":
        assert done.stdout == _invoke(report, "there", "--format", form, "-o", "-").stdout


def test_rebuilding_gives_the_same_bytes(compared: Compared) -> None:
    pages = {p: p.read_bytes() for p in compared.folder.rglob("report.html")}
    for page in pages:
        page.unlink()

    _invoke(report, str(compared.folder))

    assert len(pages) == 3
    assert {p: p.read_bytes() for p in pages} == pages


def test_a_gate_over_several_models_asks_for_one(compared: Compared) -> None:
    done = _invoke(gate, str(compared.folder))

    assert isinstance(done.exception, InvalidInputError)
    assert f"name one, such as {compared.folder}/good" in str(done.exception)


def test_one_name_alone_is_not_silently_given_a_partner(workplace: Path) -> None:
    result = _invoke(compare, "run:plain")

    assert result.exit_code == 2
    assert "compare run:plain with what? Give BASE and TRAINED" in result.output
    assert not (workplace / "reports").exists()


@pytest.mark.parametrize("names", [("plain", "good", "good"), ("plain", "good", "plain")])
def test_a_model_is_never_judged_twice_in_a_family(workplace: Path, names: tuple[str, ...]) -> None:
    result = _invoke(compare, *names)

    assert isinstance(result.exception, InvalidInputError)
    assert "is named more than once" in str(result.exception)
    assert not (workplace / "reports").exists()


def test_a_dry_run_in_json_is_json_alone(workplace: Path) -> None:
    result = _invoke(compare, "run:plain", "run:good", "--dry-run", "--json")

    assert json.loads(result.stdout) == {
        "models": [{"name": "plain", "cost": None}, {"name": "good", "cost": None}],
        "minutes": 0,
        "most_minutes": 0,
    }


def test_without_a_report_the_verdict_is_printed_and_nothing_written(workplace: Path) -> None:
    done = _invoke(compare, "run:plain", "run:good", "--no-report", "-q")

    assert done.exit_code == 0
    assert done.stdout.startswith("Shown in form only: +18.3 points")
    assert not (workplace / "reports").exists()


def test_a_report_that_is_not_written_has_no_place(workplace: Path) -> None:
    done = _invoke(compare, "run:plain", "run:good", "--no-report", "-o", "x")

    assert "--no-report writes none" in done.output


def test_results_are_whole_where_no_report_is_written(workplace: Path) -> None:
    done = _invoke(compare, "run:plain", "run:good", "--no-report", "--json", "-q")

    assert json.loads(done.stdout)["power"]["curve"]
