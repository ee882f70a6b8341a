"""``evalsuite power``: what a gain needs, before any GPU hour."""

import json

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.power import command
from evalsuite.errors import InvalidInputError
from evalsuite.stats import power


def run(*arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def row(output: str, start: str) -> list[str]:
    """Take the cells of the line that starts with a word."""
    return next(line.split() for line in output.splitlines() if line.strip().startswith(start))


def test_without_a_discordance_the_bounds_are_shown() -> None:
    output = run("--base", "0.2", "--gain", "0.2").output

    assert output.startswith("To see 20.0% -> 40.0% (+20.0 points) with 80% power, exact")
    assert row(output, "20.0%")[-5:] == ["0%", "20.0%", "39", "33", "37"]
    assert row(output, "44.0%")[-5:] == ["12.0%", "32.0%", "91", "83", "84"]
    assert row(output, "60.0%")[-3:-1] == ["124", "115"]


def test_what_the_usual_numbers_of_questions_see() -> None:
    output = run("--base", "0.5", "--gain", "0.2").output

    assert row(output, "5 ") == ["5", "impossible", "impossible"]
    assert row(output, "20 ") == ["20", "36.6", "43.1"]
    assert row(output, "1,319") == ["1,319", "0.6", "5.5"]


def test_a_given_discordance_is_one_row_and_one_column() -> None:
    output = run("--base", "0.2", "--gain", "0.2", "--discordance", "0.3", "--n", "61").output

    assert row(output, "30.0%")[-5:] == ["5.0%", "25.0%", "61", "53", "57"]
    assert "61 questions, models differing on 30.0%: 8" in output
    assert "most" not in output


def test_a_loss_sees_what_the_mirrored_gain_sees() -> None:
    loss = run("--base", "0.55", "--gain", "-0.05").output
    gain = run("--base", "0.45", "--gain", "0.05").output

    assert loss.split("Smallest")[1] == gain.split("Smallest")[1]


def test_minutes_count_both_models() -> None:
    output = run(
        "--base", "0.2", "--gain", "0.2", "--discordance", "0.3",
        "--tokens-per-second", "100", "--tokens-per-question", "300",
    ).output  # fmt: skip

    assert row(output, "30.0%")[-1] == "6.1"  # 61 questions x 2 models x 3 seconds


def test_the_self_check_reports_the_methods_in_use() -> None:
    output = run("--base", "0.2", "--gain", "0.2", "--n", "50", "--simulate").output
    check = output.split("Self-check")[1].splitlines()[3].split()

    assert check[0] == "50"
    assert check[2] == f"{100 * power(50, 0.12, 0.32):.1f}%"
    assert check[-1] == "enumeration"


def test_json_is_one_document() -> None:
    arguments = ("--base", "0.2", "--gain", "0.2", "--n", "20", "--n", "91", "--simulate", "--json")
    document = json.loads(run(*arguments).output)

    assert [need["exact"] for need in document["required_questions"]] == [39, 91, 124]
    assert document["required_questions"][0]["minutes"] is None
    assert len(document["power_at"]) == 6
    assert [sight["n"] for sight in document["smallest_detectable_gain"]] == [20, 91]
    assert len(document["self_check"]) == 6


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("--base", "0.2", "--gain", "0.9"), "base \\+ gain is 1.1"),
        (("--base", "20", "--gain", "0.2"), "base is 20"),
        (("--base", "0.2", "--gain", "0"), "no gain to see"),
        (("--base", "0.2", "--gain", "0.2", "--discordance", "0.9"), "0.2 to 0.6"),
        (("--base", "0.2", "--gain", "0.2", "--n", "0"), "n is 0"),
        (("--base", "0.2", "--gain", "0.2", "--power", "1"), "power is 1"),
        (("--base", "0.2", "--gain", "0.2", "--tokens-per-second", "9"), "minutes need both"),
        (("--base", "nan", "--gain", "0.2"), "base is nan"),
    ],
)
def test_bad_numbers_raise_the_domain_error(arguments: tuple[str, ...], match: str) -> None:
    with pytest.raises(InvalidInputError, match=match):
        run(*arguments)
