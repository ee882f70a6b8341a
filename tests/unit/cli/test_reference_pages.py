"""Reference pages of the docs are held to the code: commands, results, rules, exit codes."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import get_args

import click
from click.testing import CliRunner
from command_page import PAGE, command_page

from evalsuite.cli.main import COMMANDS, cli
from evalsuite.cli.shared import exits
from evalsuite.cli.shared.config import read_defaults
from evalsuite.errors import InvalidInputError, NotComparableError, RunFailedError
from evalsuite.records.verdict import Decision, Qualifier

ROOT = Path(__file__).parents[3]
REFERENCE = ROOT / "docs" / "reference"


def _codes(page: str) -> set[str]:
    """Collect what stands as code in the first column of a page's tables."""
    rows = re.findall(r"^\| (`[^|]+) \|", (REFERENCE / page).read_text("utf-8"), re.MULTILINE)
    return {code for row in rows for code in re.findall(r"`([^`]+)`", row)}


def test_the_page_on_commands_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text("utf-8") == command_page(), "run: python tests/support/command_page.py"


def test_the_page_on_commands_has_every_command() -> None:
    titles = re.findall(r"^## evalsuite (\S+)$", PAGE.read_text("utf-8"), re.MULTILINE)

    assert titles == list(COMMANDS)


def test_the_page_on_results_has_every_key_of_a_report() -> None:
    stored = json.loads((ROOT / "reports/qwen-grpo-pair/results.json").read_text("utf-8"))

    assert stored.keys() - _codes("results.md") == set()


def test_the_page_on_the_verdict_has_every_decision_and_qualifier_and_no_other() -> None:
    assert _codes("verdict.md") == {*get_args(Decision), *get_args(Qualifier)}


def test_the_page_on_exit_codes_has_every_code() -> None:
    page = (REFERENCE / "exit-codes.md").read_text("utf-8")
    ours = {error.exit_code for error in (InvalidInputError, NotComparableError, RunFailedError)}
    ours |= {exits.USAGE, exits.FAILED, exits.CRASHED, exits.INTERRUPTED, exits.PIPE_CLOSED}
    ours |= {128 + signal.SIGHUP, 128 + signal.SIGTERM}

    assert set(map(int, re.findall(r"^\| (\d+) \|", page, re.MULTILINE))) == ours | {0, 1, 3}


def test_the_site_has_every_page_in_its_navigation() -> None:
    navigation = (ROOT / "mkdocs.yml").read_text("utf-8")
    pages = [p.relative_to(ROOT / "docs") for p in (ROOT / "docs").rglob("*.md")]

    assert [p for p in pages if "decisions" not in p.parts and str(p) not in navigation] == []


def test_the_settings_of_the_page_are_accepted(tmp_path: Path) -> None:
    page = (REFERENCE / "settings.md").read_text("utf-8")
    (settings,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "evalsuite.toml").write_text(settings, "utf-8")

    defaults = read_defaults(click.Context(cli), tmp_path)

    assert defaults["compare"] == {
        "max_new_tokens": "300,512,1024",
        "subsets": "5",
        "margin": "2.0",
    }


def test_the_variable_of_the_page_sets_the_option() -> None:
    environment = {"EVALSUITE_COMPARE_SUBSETS": "none"}

    done = CliRunner(env=environment).invoke(cli, ["compare", "base", "trained", "--dry-run"])

    assert "EVALSUITE_COMPARE_SUBSETS" in (REFERENCE / "settings.md").read_text("utf-8")
    assert "'none' is not a valid integer" in done.output
