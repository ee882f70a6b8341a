"""What a user types, as a real process on the embedded models, with sockets blocked."""

from __future__ import annotations

import json
import re
import shlex
import signal
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from forked import OFFLINE
from run_processes import SLOW_MACHINE, STABLE, wait_for

if TYPE_CHECKING:
    from forked import Forks, Outcome

SMALL = ("--no-full", "--seeds", "2", "--subset-size", "40")
KEYS = {
    "schema",
    "base",
    "trained",
    "table",
    "gain",
    "mcnemar",
    "intervals",
    "graders",
    "verdict",
    "subsets",
    "budgets",
    "attribution",
    "truncation",
    "power",
    "seeds",
    "checks",
    "provenance",
}


def run(forks: Forks, folder: Path, *arguments: str, code: int = 0) -> Outcome:
    done = forks.run(folder, *arguments, call=OFFLINE, seconds=300)
    assert done.code == code, done.errors
    return done


@pytest.fixture(scope="module")
def compared(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compare base and trained once, in a folder of its own."""
    folder = tmp_path_factory.mktemp("work")
    run(forks, folder, "compare", "base", "trained", *SMALL)
    return folder


def report(folder: Path) -> Path:
    (found,) = (folder / "reports").glob("base-vs-trained-*")
    return found


def test_compare_leaves_runs_and_a_report(compared: Path) -> None:
    names = {p.name for p in report(compared).iterdir()}

    assert names == {"report.html", "results.json", "summary.md", "questions.jsonl"}
    assert len([p for p in (compared / "runs").iterdir() if p.is_dir()]) == 2


@pytest.mark.parametrize(
    ("option", "n", "chosen"),
    [(("--first", "5"), 5, "first"), (("--subset", "42:20"), 20, "subset")],
)
def test_a_lesson_s_few_questions_are_asked_alone_and_the_report_repeats_them(
    forks: Forks, tmp_path: Path, option: tuple[str, str], n: int, chosen: str
) -> None:
    done = run(forks, tmp_path, "compare", "base", "trained", *option)

    results = json.loads((report(tmp_path) / "results.json").read_text(encoding="utf-8"))
    assert (results["base"]["n"], results["headline_set"]) == (n, chosen)
    assert "not the full split" in done.output
    page = (report(tmp_path) / "report.html").read_text(encoding="utf-8")
    assert " ".join(option) in page


def test_results_hold_every_documented_key(compared: Path) -> None:
    results = json.loads((report(compared) / "results.json").read_text(encoding="utf-8"))

    assert results.keys() >= KEYS
    assert results["verdict"].keys() >= {"decision", "qualifiers", "headline", "scope", "policy"}
    assert results["attribution"].keys() >= {"finished", "formatted", "reasoned"}
    assert results["verdict"]["decision"] == "improved"


@dataclass(frozen=True)
class Again:
    """What a second compare said, and the files that were there before it."""

    said: Outcome
    before: dict[str, bytes]


@pytest.fixture(scope="module")
def again(forks: Forks, compared: Path) -> Again:
    """Compare a second time."""
    before = {p.name: p.read_bytes() for p in report(compared).iterdir()}
    return Again(run(forks, compared, "compare", "base", "trained", *SMALL), before)


def test_a_second_compare_generates_nothing_and_writes_the_same_bytes(
    compared: Path, again: Again
) -> None:
    assert "to generate" not in again.said.errors
    assert {p.name: p.read_bytes() for p in report(compared).iterdir()} == again.before


def test_the_headline_comes_first_and_is_the_same_everywhere(compared: Path, again: Again) -> None:
    results = json.loads((report(compared) / "results.json").read_text(encoding="utf-8"))
    headline = results["verdict"]["headline"]

    assert " ".join(again.said.output.split()).startswith(headline)
    assert headline in (report(compared) / "summary.md").read_text(encoding="utf-8")
    assert headline in (report(compared) / "report.html").read_text(encoding="utf-8")


def test_json_prints_one_document_and_nothing_else(forks: Forks, compared: Path) -> None:
    done = run(forks, compared, "compare", "base", "trained", *SMALL, "--json")

    assert json.loads(done.output)["verdict"]["decision"] == "improved"


def test_the_report_is_rebuilt_to_the_byte(forks: Forks, compared: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.html"

    run(forks, compared, "report", str(report(compared) / "results.json"), "-o", str(out))

    assert out.read_bytes() == (report(compared) / "report.html").read_bytes()


def test_the_gate_answers_by_exit_code(forks: Forks, compared: Path) -> None:
    results = str(report(compared))

    run(forks, compared, "gate", results)
    run(forks, compared, "gate", results, "--require", "regressed", code=1)
    run(forks, compared, "gate", results, "--forbid", "one_checkpoint", code=1)
    run(forks, compared, "gate", results, "--forbid", "nonsense", code=2)


def test_runs_can_be_listed_shown_and_regraded(forks: Forks, compared: Path) -> None:
    listed = run(forks, compared, "runs", "list").output
    name = next(Path(word).name for word in listed.split() if "/trained-" in word)

    assert "strict" in run(forks, compared, "show", name).output
    assert "gold" in run(forks, compared, "show", name, "0").output
    assert "0 of" in run(forks, compared, "regrade", name).output


def test_a_dry_run_says_what_it_would_cost(forks: Forks, tmp_path: Path) -> None:
    done = run(forks, tmp_path, "compare", "base", "trained", *SMALL, "--dry-run")

    assert re.search(r"in all about \d+ seconds?, at most \d", done.output)
    assert not (tmp_path / "reports").exists()


def test_stopping_early_saves_questions_and_says_so(forks: Forks, tmp_path: Path) -> None:
    asked = ("compare", "base", "trained", "--stop-early", "--json", "--no-report")
    done = run(forks, tmp_path, *asked)
    results = json.loads(done.output)

    assert results["headline_set"] == "early"
    assert results["base"]["n"] < 1319
    assert results["gain"]["method"] == "group-sequential"
    assert results["verdict"]["decision"] == "improved"
    assert any(check["code"] == "EVS060" for check in results["checks"])
    assert "loading libraries and model" in done.errors
    assert re.search(r"both models +[1-9][\d,]*/2,638  [\d,]+ tokens/s  cut off", done.errors)
    for side in ("base", "trained"):
        known = results["provenance"][side]["environment"]
        assert known["torch"]
        assert known["prompt_record"]
    journals = list((tmp_path / "runs").glob("*/sessions.jsonl"))
    assert [len(path.read_text().splitlines()) for path in journals] == [1, 1]

    again = run(forks, tmp_path, *asked)

    assert again.output == done.output


@pytest.mark.parametrize(
    "asked",
    [
        ("--seeds", "0", "--max-new-tokens", "48,128", "--headline-budget", "48"),
        ("--seeds", "1", "--subset-size", "30", "--alpha", "0.01", "--declare", "budgets"),
        ("--seeds", "0", "--confidence", "0.9", "--alpha", "0.05", "--margin", "30"),
        ("--seeds", "0", "--stop-early", "--looks", "anytime"),
    ],
    ids=["headline-budget", "declared", "two-levels", "looks"],
)
def test_the_command_in_a_report_makes_the_same_results(
    forks: Forks, compared: Path, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    names = [path.name for path in sorted((compared / "runs").glob("*-*"))]
    models = [f"run:{name}" for name in names if (compared / "runs" / name).is_dir()]
    # In folders of their own, for a report tells the last one of its pair beside it.
    first, second = (tmp_path / name / "report" for name in ("first", "second"))
    run(forks, compared, "compare", *models, *asked, "-o", str(first))
    page = (first / "report.html").read_text()
    shown = re.search(r'id="command"[^>]*>(?:<code>)?([^<]+)<', page)
    assert shown is not None
    command = shlex.split(unescape(shown[1]))
    assert command[:2] == ["evalsuite", "compare"]

    run(forks, compared, *command[1:], "-o", str(second))

    assert (second / "results.json").read_text() == (first / "results.json").read_text()


@pytest.mark.parametrize(
    ("sent", "code", "line"),
    [
        (signal.SIGINT, 130, "interrupted; nothing is lost: the same command continues"),
        (signal.SIGTERM, 143, "ended by SIGTERM; nothing is lost: the same command continues"),
        (signal.SIGHUP, 129, "ended by SIGHUP; nothing is lost: the same command continues"),
        (signal.SIGKILL, -9, None),
    ],
    ids=["ctrl-c", "terminated", "hung-up", "kill-9"],
)
def test_an_interrupted_compare_continues_to_the_same_files(
    forks: Forks,
    compared: Path,
    tmp_path: Path,
    sent: signal.Signals,
    code: int,
    line: str | None,
) -> None:
    asked = ("compare", "base", "trained", *SMALL, "--no-report")
    process = forks.start(tmp_path, *asked, "--batch-size", "4", call=OFFLINE)
    wait_for(process, tmp_path, 1)
    process.send(sent)
    done = process.ended(SLOW_MACHINE)
    assert done is not None
    assert done.code == code
    assert line is None or done.errors.splitlines()[-1] == line
    assert "Traceback" not in done.errors

    run(forks, tmp_path, *asked)

    for folder in filter(Path.is_dir, (compared / "runs").iterdir()):
        for name in STABLE:
            ours = tmp_path / "runs" / folder.name / name
            assert ours.read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (("compare", "bse", "trained"), 2, "did you mean base"),
        (("compare", "org/none", "trained"), 5, "can't reach org/none"),
        (("compare", "base", "trained", "--max-new-tokens", "abc"), 2, "whole numbers"),
        (("compare", "base", "trained", "--max-new-tokens", "0"), 2, "below 1"),
        (("compare", "base", "trained", "--headline-budget", "7"), 2, "not among"),
        (("compare", "base", "trained", "--samples", "2"), 2, "set --temperature"),
        (("compare", "base", "trained", "--task", "gsm8k"), 5, "--data FILE"),
        (("compare", "base", "trained", "--task", "nowhere.jsonl"), 2, "check the path"),
        (("compare", "base", "trained", "--data", "nowhere.jsonl"), 2, "nowhere.jsonl"),
        (("compare", "base", "trained", "--preset", "huge"), 2, "use one of"),
        (("compare", "base", "trained", "--device", "cuda"), 5, "no CUDA"),
        (("report", "nowhere"), 2, "nowhere"),
        (("gate", "nowhere"), 2, "nowhere"),
        (("show", "base"), 2, "is no run"),
        (("comprae",), 2, "Did you mean compare"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_a_mistake_is_one_clear_line_and_its_exit_code(
    forks: Forks, tmp_path: Path, arguments: tuple[str, ...], code: int, complaint: str
) -> None:
    if "cuda" in arguments:
        import torch

        if torch.cuda.is_available():
            pytest.skip("this machine has CUDA")
        code = 2
    done = run(forks, tmp_path, *arguments, code=code)

    assert complaint in done.errors
    assert "Traceback" not in done.errors
    assert done.output == ""


def test_runs_that_do_not_match_are_not_compared(forks: Forks, compared: Path) -> None:
    listed = run(forks, compared, "runs", "list").output
    base = next(Path(word).name for word in listed.split() if "/base-" in word)
    run(forks, compared, "run", "trained", "--no-full", "--seeds", "1", "--subset-size", "8")
    other = next(
        str(p.parent)
        for p in (compared / "runs").glob("trained-*/spec.json")
        if len(json.loads(p.read_text(encoding="utf-8"))["question_ids"]) == 8
    )

    done = run(forks, compared, "compare", f"run:{base}", f"run:{other}", code=4)

    assert "different questions" in done.errors


def test_base_against_itself_is_shown_and_kept(forks: Forks, compared: Path) -> None:
    """In float32 not one answer changes with order and batch size."""
    before = run(forks, compared, "runs", "list").output

    asked = ("compare", "base", "trained", *SMALL, "--noise-floor", "--no-report")
    first = run(forks, compared, *asked, "--json")
    floor = json.loads(first.output)["noise_floor"]
    assert (floor["differing_answers"], floor["gains"], floor["losses"]) == (0, 0, 0)
    assert floor["n"] == json.loads(first.output)["base"]["n"]
    assert floor["batch_sizes"][0] != floor["batch_sizes"][1]

    second = run(forks, compared, *asked)

    assert "again" not in second.errors
    assert "Base against itself, asked again in reverse order" in second.output
    assert run(forks, compared, "runs", "list").output == before
