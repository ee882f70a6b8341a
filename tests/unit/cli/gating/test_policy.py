from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.gate import command
from evalsuite.cli.gating.policy import read_policy, read_suite_policy
from evalsuite.errors import InvalidInputError

REPORT = Path(__file__).parents[4] / "reports" / "qwen-grpo-pair"
"""Improved by 3.0 points, 0.5% of trained's answers cut off, judged with a margin of 2 points."""


def policy(folder: Path, text: str) -> Path:
    path = folder / "gate.toml"
    path.write_text(text, encoding="utf-8")
    return path


def gate(path: Path, *more: str) -> Result:
    return CliRunner().invoke(
        command, [str(REPORT), "--policy", str(path), *more], standalone_mode=False
    )


def test_a_section_of_the_task_replaces_single_rules(tmp_path: Path) -> None:
    path = policy(
        tmp_path,
        'require = ["equivalent"]\nmax_truncation = 0.5\n'
        "[tasks.gsm8k]\nmax_truncation = 0.1\n"
        '[tasks."gsm8k test"]\nmax_loss_rate = 0.2\n'
        "[tasks.other]\nmax_truncation = 0.0\n",
    )

    assert read_policy(path, "gsm8k test") == {
        "require": ("equivalent",),
        "max_truncation": 0.1,
        "max_loss_rate": 0.2,
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max_truncaton = 0.1", "did you mean max_truncation"),
        ("[tasks.gsm8k]\nrequired = []", "did you mean require"),
        ('require = ["good"]', r"require in .*: 'good' is unknown"),
        ('[tasks.x]\nforbid = ["q"]', r"forbid in \[tasks.x\] in .*: 'q' is unknown"),
        ("require = 3", "list of words"),
        ("require = [3]", "list of words"),
        ("max_truncation = 2", "from 0 to 1"),
        ("max_truncation = nan", "from 0 to 1"),
        ("max_truncation = true", "from 0 to 1"),
        ("margin = -1", "from 0 to 100"),
        ('non_inferior = "yes"', "true or false"),
        ("tasks = 3", "sections"),
        ("= 3", "mend the file"),
    ],
)
def test_a_policy_that_says_nothing_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        read_policy(policy(tmp_path, text), "gsm8k test")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 0),
        ('require = ["regressed"]', 1),
        ('forbid = ["one_checkpoint"]', 1),
        ("max_truncation = 0.01", 0),
        ("max_truncation = 0.001", 1),
        ("[tasks.gsm8k]\nmax_truncation = 0.001", 1),
        ("[tasks.math]\nmax_truncation = 0.001", 0),
        ("margin = 2\nnon_inferior = true", 0),
    ],
)
def test_every_rule_of_a_policy_counts(tmp_path: Path, text: str, code: int) -> None:
    assert gate(policy(tmp_path, text)).return_value == code


def test_an_option_wins_over_the_policy(tmp_path: Path) -> None:
    path = policy(tmp_path, "max_truncation = 0.001")

    assert gate(path, "--max-truncation", "0.01").return_value == 0


def test_another_margin_than_the_comparisons_is_refused(tmp_path: Path) -> None:
    done = gate(policy(tmp_path, "margin = 1\nnon_inferior = true"))

    assert isinstance(done.exception, InvalidInputError)
    assert "compare again with --margin 1" in str(done.exception)


def test_a_suite_has_rules_of_its_own_and_of_its_tasks(tmp_path: Path) -> None:
    path = tmp_path / "gate.toml"
    path.write_text(
        'require = ["improved"]\n[tasks."*"]\nforbid = ["regressed"]\nmargin = 1\n'
        '[tasks.gsm8k]\nmargin = 2\nrequire = ["equivalent"]\n',
        encoding="utf-8",
    )

    together, tasks = read_suite_policy(path, ("gsm8k test", "math"))

    assert together == {"require": ("improved",)}
    assert tasks == {
        "gsm8k test": {"require": ("equivalent",), "forbid": ("regressed",), "margin": 2.0},
        "math": {"require": (), "forbid": ("regressed",), "margin": 1.0},
    }
    assert read_policy(path, "math")["require"] == ("improved",)
    assert read_policy(path, "math")["forbid"] == ("regressed",)
