"""``evalsuite table``: headline first, every number, one JSON document."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.table import command
from evalsuite.comparing.summary import compare_table
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Table
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import in_english
from evalsuite.verdict.pair import with_verdict

KEYS = {
    "attribution", "base", "budgets", "checks", "diagnostics", "gain", "graders", "headline_budget",
    "headline_set", "intervals", "mcnemar", "noise_floor", "power", "provenance", "schema", "seeds",
    "subsets", "table", "task", "trained", "training", "truncation", "verdict", "family",
    "made_of", "same_weights", "stopped_early",
}  # fmt: skip


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def test_the_headline_comes_first_and_alone() -> None:
    lines = run("59", "6", "16", "80").output.splitlines()

    assert lines[0] == (
        "Suggestive, not established: +6.2 points (0.5 to 12.4); "
        "the exact test does not confirm it."
    )
    assert lines[1] == ""


def test_the_answer_is_compact_and_holds_every_method() -> None:
    output = run("59", "6", "16", "80").output

    assert len(output.splitlines()) <= 20
    assert max(map(len, output.splitlines())) <= 110
    for expected in (
        "40.4%  (33.1 to 48.1)  65 of 161 questions",
        "46.6%  (39.0 to 54.3)  75 of 161 questions",
        "+6.2 points: 16 fixed, 6 broken, 139 unchanged",
        "tango         0.5 to 12.4",
        "newcombe      0.5 to 11.9",
        "bonett-price  0.3 to 11.9",
        "fay-lumbard   -0.1 to 12.7",
        "wald          0.6 to 11.8",
        "bootstrap     0.6 to 11.8",
        "exact p = 0.0525 (decides), mid-p = 0.0347 (for comparison)",
        "2.67 fixed for each one broken (0.991 to 8.32)",
        "no difference beyond 2 points is not shown (p = 0.93); beyond 11.3 it would be",
        "gains of 8.4 points or more with models differing on 13.7%",
        "295 questions, if the gain and the discordance were truly these",
    ):
        assert expected in output


def test_without_a_changed_question_nothing_is_made_up() -> None:
    output = run("27", "0", "0", "27").output

    assert "ratio     undefined: no question changed" in output
    assert "wald          not defined" in output
    assert "needed" not in output
    assert "nan" not in output.lower()


def test_json_is_one_document_with_the_keys_of_results_json() -> None:
    document = json.loads(run("59", "6", "16", "80", "--json").output)

    assert set(document) == KEYS
    assert document["table"] == {"both": 59, "losses": 6, "gains": 16, "neither": 80}
    assert document["mcnemar"]["exact"] == pytest.approx(0.05248, abs=1e-5)
    assert document["verdict"]["decision"] == "suggestive"
    assert document["power"]["required_questions"] == 295
    assert document["diagnostics"]["equivalence"]["smallest_margin"] == pytest.approx(
        0.1131, abs=1e-4
    )


def test_json_is_null_where_four_counts_know_nothing() -> None:
    document = json.loads(run("1", "0", "1", "3", "--json").output)

    for key in ("attribution", "headline_budget", "seeds", "task", "training"):
        assert document[key] is None
    assert document["truncation"] == dict.fromkeys(("base", "bounds", "table", "trained"))
    for side in ("base", "trained"):
        assert document[side]["no_answer"] is None
        assert document[side]["truncated"] is None
    assert document["intervals"]["bootstrap"] is None
    assert document["diagnostics"]["discordant_odds_ratio"]["high"] is None


def test_terminal_and_json_say_the_verdict_of_the_library() -> None:
    table = Table(both=222, losses=64, gains=293, neither=740)
    verdict = in_english(with_verdict(compare_table(table), Policy())).verdict
    assert verdict is not None
    cells = ("222", "64", "293", "740")

    assert run(*cells).output.startswith(verdict.headline + "\n")
    assert json.loads(run(*cells, "--json").output)["verdict"]["headline"] == verdict.headline


def test_margin_alpha_and_confidence_are_used() -> None:
    assert run("100", "20", "28", "52", "--margin", "15").output.startswith(
        "The difference is below 15 points either way"
    )
    assert run("222", "64", "293", "740", "--confidence", "0.9").output.count("90% CI") == 1
    assert run("59", "6", "16", "80", "--alpha", "0.1").output.startswith("Yes")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("-1", "2", "3", "4"), "both is -1"),
        (("0", "0", "0", "0"), "0 questions"),
        (("1", "1", "1", "1", "--margin", "0"), "margin 0 must be above 0"),
        (("1", "1", "1", "1", "--confidence", "95"), "confidence is 95"),
        (("1", "1", "1", "1", "--alpha", "nan"), "alpha is nan"),
    ],
)
def test_bad_numbers_raise_the_domain_error(arguments: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        run(*arguments)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (
            ("-1", "2", "3", "4"),
            "both is -1, but at least 0 is needed\nhint: count questions and pass that number\n",
        ),
        (("1.5", "2", "3", "4"), "1.5"),
        (("nan", "2", "3", "4"), "nan"),
    ],
)
def test_the_process_ends_with_2_and_what_to_do(arguments: tuple[str, ...], line: str) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from evalsuite.cli.main import main; main()", "table", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 2
    assert found.stdout == ""
    assert line in found.stderr
    assert "Traceback" not in found.stderr
