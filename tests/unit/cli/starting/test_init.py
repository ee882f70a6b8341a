from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.main import cli
from evalsuite.cli.shared.config import read_defaults
from evalsuite.cli.starting.init import command
from evalsuite.models.names import read_aliases
from evalsuite.models.project import general_settings
from evalsuite.records.run import Response
from evalsuite.reporting import LANGUAGES
from evalsuite.tasks.grading import grade_response, numeric_task
from evalsuite.tasks.questions import load_questions

HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(autouse=True)
def _empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def init(*arguments: str) -> Result:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return done


def test_what_is_written_sets_nothing() -> None:
    init()

    assert not any(read_defaults(click.Context(cli)).values())
    assert read_aliases() == {}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_setting_is_one_once_its_mark_is_taken_away(tmp_path: Path, lang: str) -> None:
    init("--lang", lang)
    written = (tmp_path / "evalsuite.toml").read_text("utf-8")
    settings = re.sub(r"^# (?=[a-z-]+ = )", "", written, flags=re.MULTILINE)
    (tmp_path / "evalsuite.toml").write_text(settings, "utf-8")

    defaults = read_defaults(click.Context(cli))

    assert set(read_aliases()) == {"base", "trained"}
    assert defaults["compare"]["max_new_tokens"] == "300,512,1024"
    assert len(defaults["compare"]) == 6
    assert general_settings(tmp_path)[0] == {"lang": lang}
    assert defaults["gate"] == {"require": "improved"}


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_questions_are_a_task_in_the_language_whose_answers_are_graded(lang: str) -> None:
    init("--lang", lang)

    questions = load_questions("questions.jsonl")

    assert [str(q.gold) for q in questions] == ["7", "18"]
    assert [bool(HAN.search(q.text or "")) for q in questions] == [lang == "zh"] * 2
    task = numeric_task("questions.jsonl", "test")
    for text, is_right in ((r"\boxed{7}", True), (r"还剩 \boxed{6} 个。", False)):
        answer = Response(
            question_id=questions[0].id, sample=0, text=text, token_ends=None, finish="stop"
        )
        assert grade_response(answer, questions[0], task).is_right(task.decides) is is_right


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("evalsuite.toml", "questions.jsonl"):
        (tmp_path / name).write_text("# mine\n", "utf-8")

    told = init().output

    assert told.count("kept") == 2
    for name in ("evalsuite.toml", "questions.jsonl"):
        assert (tmp_path / name).read_text("utf-8") == "# mine\n"


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").symlink_to(tmp_path / "elsewhere")

    assert "kept" in init().output
    assert not (tmp_path / "elsewhere").exists()


def test_settings_of_pyproject_are_not_hidden_by_a_new_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.evalsuite.compare]\nsubsets = 3\n", "utf-8")

    assert "the settings stand in pyproject.toml" in init().output
    assert not (tmp_path / "evalsuite.toml").exists()


def test_another_folder_is_made() -> None:
    init("new/one")

    assert Path("new/one/evalsuite.toml").is_file()
