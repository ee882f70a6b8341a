"""Several tasks of one pair through the command: real logs, the embedded pair, gate and report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.main import cli, main
from evalsuite.errors import EvalsuiteError
from evalsuite.tasks.questions import load_questions

LOGS = Path(__file__).parents[1] / "harnesses" / "logs" / "lm_eval"
PAIR = (str(LOGS / "base"), str(LOGS / "trained"))


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compare the logs of all tasks once."""
    place: Path = tmp_path_factory.mktemp("compared")
    assert call("compare", *PAIR, "-o", str(place / "out")).exit_code == 0
    return place / "out"


@pytest.fixture
def out(compared: Path, workplace: Path) -> None:
    """Lay that report beside the test."""
    shutil.copytree(compared, workplace / "out")


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def refused(*arguments: str) -> EvalsuiteError:
    """Run a command that ends in an error, which the door tells in one line."""
    error = CliRunner().invoke(cli, list(arguments)).exception
    assert isinstance(error, EvalsuiteError)
    return error


def results(folder: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(Path(folder, "results.json").read_text("utf-8"))
    return document


def question_files() -> tuple[str, str]:
    """Write two tasks of our own, from the embedded questions."""
    questions = load_questions("embedded", "test")
    for name, part in (("first", questions[:24]), ("second", questions[24:40])):
        rows = [{"id": q.id, "question": q.text, "answer": q.gold} for q in part]
        Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return "first.jsonl", "second.jsonl"


def test_logs_of_several_tasks_give_one_verdict_with_a_row_a_task() -> None:
    done = call("compare", *PAIR, "-o", "out")

    assert done.exit_code == 0
    headline = " ".join(done.output.split())
    assert "Better on 1 of 3 tasks, worse on none shown; mean +25.0 points" in headline
    document = results("out")
    assert [part["task"] for part in document["comparisons"]] == [
        "larger",
        "word_problems",
        "word_problems_repeats",
    ]
    # each task's accuracies are those of the harness's own results
    stated = json.loads(next((LOGS / "trained").glob("results_*.json")).read_text("utf-8"))
    measured = {part["task"]: part["trained"]["accuracy"] for part in document["comparisons"]}
    own = stated["results"]
    assert measured["larger"] == own["larger"]["acc,none"]
    assert measured["word_problems"] == own["word_problems"]["exact_match,strict-match"]
    for name in ("larger", "word_problems", "word_problems_repeats"):
        assert (Path("out") / name / "report.html").is_file()


def test_some_tasks_can_be_chosen_and_one_is_an_ordinary_comparison() -> None:
    two = ("--task", "larger", "--task", "word_problems")
    assert call("compare", *PAIR, *two, "-o", "two").exit_code == 0
    assert call("compare", *PAIR, "--task", "larger", "-o", "one").exit_code == 0

    assert len(results("two")["comparisons"]) == 2
    assert "comparisons" not in results("one")


def test_a_task_that_only_one_side_holds_is_named_and_left_out_only_where_allowed() -> None:
    for log in LOGS.glob("base/*"):
        if "larger" not in log.name:
            Path("fewer").mkdir(exist_ok=True)
            Path("fewer", log.name).write_bytes(log.read_bytes())

    error = refused("compare", "fewer", PAIR[1])
    assert error.exit_code == 4
    assert "larger only in" in str(error)

    done = call("compare", "fewer", PAIR[1], "--allow-missing", "-o", "out")
    assert done.exit_code == 0
    assert results("out")["suite"]["trained_only"] == ["larger"]
    assert "only one of the two models answered them: 1 (larger)" in " ".join(done.output.split())


def test_question_files_are_asked_as_tasks_and_their_runs_compared_again() -> None:
    tasks = ",".join(question_files())
    asked = ("--prompt", "plain", "--max-new-tokens", "64", "--subsets", "0")

    first = call("compare", "base", "trained", "--task", tasks, *asked, "-o", "out")
    again = call("compare", "run:base-*", "run:trained-*", "--subsets", "0", "-o", "again")

    assert (first.exit_code, again.exit_code) == (0, 0)
    assert "base on first.jsonl (embedded): 24 answers to generate" in first.stderr
    one, two = results("out"), results("again")
    assert one["suite"]["mean"] == two["suite"]["mean"]
    assert one["suite"]["n_questions"] == 40
    estimate = call("compare", "base", "trained", "--task", tasks, *asked, "--dry-run")
    assert "trained on second.jsonl: nothing to generate" in estimate.output


@pytest.mark.usefixtures("out")
def test_the_report_is_made_again_in_every_shape_and_in_chinese() -> None:
    before = Path("out/report.html").read_bytes()

    assert call("report", "out").exit_code == 0
    assert Path("out/report.html").read_bytes() == before
    for form in ("md", "text", "latex", "junit"):
        written = call("report", "out", "--format", form, "-o", "-").output
        assert "word_problems_repeats" in written.replace("\\", "")
    chinese = call("report", "out", "--lang", "zh", "--format", "text", "-o", "-").output
    assert chinese.startswith("3 个任务中有 1 个确有提升")
    assert "is about one task" in str(refused("report", "out", "--format", "csv"))


@pytest.mark.usefixtures("out")
def test_the_gate_can_require_that_no_task_regressed() -> None:
    Path("gate.toml").write_text(
        'require = ["improved"]\nforbid = ["regressed"]\n'
        '[tasks."*"]\nforbid = ["regressed"]\n[tasks.larger]\nrequire = ["non_inferior"]\n',
        encoding="utf-8",
    )

    answers = call("gate", "out", "--policy", "gate.toml").output.splitlines()

    assert [line[:11].strip() + " " + line[11:].split(": ")[0] for line in answers[:2]] == [
        "met require improved",
        "met forbid regressed",
    ]
    assert answers[2].startswith("undecided  larger: require non_inferior")
    assert all(line.startswith("met ") for line in answers[3:])
    with pytest.raises(SystemExit) as ended:
        main(["gate", "out", "--policy", "gate.toml"])
    assert ended.value.code == 3


@pytest.mark.usefixtures("out")
def test_an_edited_mean_is_refused() -> None:
    document = results("out")
    document["suite"]["mean"]["gain"] = 0.9
    Path("out/results.json").write_text(json.dumps(document), encoding="utf-8")

    error = refused("gate", "out")

    assert error.exit_code == 2
    assert "contradicts itself: its mean gain is 0.9" in str(error)


def test_the_settings_file_names_one_task_or_several() -> None:
    Path("evalsuite.toml").write_text('[compare]\ntask = "larger"\n', encoding="utf-8")
    call("compare", *PAIR, "-o", "one")
    Path("evalsuite.toml").write_text(
        '[compare]\ntask = ["larger", "word_problems"]\n', encoding="utf-8"
    )
    call("compare", *PAIR, "-o", "two")

    assert results("one")["task"] == "larger"
    assert len(results("two")["comparisons"]) == 2
