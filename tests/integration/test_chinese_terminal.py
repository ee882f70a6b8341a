"""Every command in Chinese, as a process: no English sentence, and columns that stand still."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from builders import run
from chinese_lines import english_words

from evalsuite.cli.main import COMMANDS, cli
from evalsuite.cli.shared.language import LanguageOption
from evalsuite.disk.storage import write_run
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forked import Forks, Outcome

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "tests" / "harnesses" / "logs"
HAN = re.compile("[\u4e00-\u9fff]")
SILENT = {"completion"}
"""Prints a script."""
TRAINING = "-c t.yaml --task embedded --prompt plain --rewards binary --questions 16 --max-steps 5"

COMMAND_LINES = (
    "show one",
    "show one q-1",
    "show one q-1 --with two",
    "power --base 0.2 --gain 0.2",
    "power --base 0.2 --gain 0.2 --discordance 0.3 --n 61 --simulate",
    "power --base 0.2 --gain 0.2 --tokens-per-second 9 --tokens-per-question 90",
    "table 59 6 16 80",
    "table 1 0 0 1",
    "table 700 10 10 600",
    "run embedded:base --first 20 --max-new-tokens 16 --runs asked",
    "run embedded:trained --first 2 --max-new-tokens 16 --shard 1/2 --runs asked",
    "run embedded:trained --first 2 --max-new-tokens 16 --shard 1/2 --runs asked",
    "runs merge trained --runs asked",
    f"train embedded:base {TRAINING} --max-new-tokens 16 -o trained",
    f"train embedded:base {TRAINING} --max-new-tokens 16 -o trained --resume",
    "models list",
    "models resolve embedded:base",
    "models alias mine embedded:base",
    "runs list",
    "runs list --runs nowhere",
    "runs show two",
    "runs verify",
    "runs rm spare-test-64-00000000 --yes",
    "regrade run:one",
    f"logs {LOGS / 'lm_eval'}",
    f"logs {LOGS / 'inspect'}",
    f"logs {LOGS / 'verifiers'}",
    "import answers.jsonl --name mine --task embedded",
    "import scores.csv --name scored --score score --id id",
    "export one --to evalstats",
    "compare run:one run:two -o report",
    "compare run:one run:two --no-report -v",
    "compare embedded:base embedded:trained --first 2 --dry-run --runs asked",
    "report report --format md",
    "gate report",
    "reports list --reports .",
    "reports list --reports nowhere",
    "reports verify report",
    "reports verify --reports nowhere",
    "doctor",
    "config",
    "config compare",
    "init",
    "init",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay down two runs that answered alike but for a few, a damaged one, and what is imported."""
    root = tmp_path_factory.mktemp("chinese")
    right, wrong = r"\boxed{7}", r"\boxed{6}"
    for name, answers in (
        ("one", [wrong] * 9 + [right] * 3),
        ("two", [right] * 12),
        ("spare", [right]),
        ("changed", [right] * 2),
    ):
        write_run(root / "runs" / f"{name}-test-64-00000000", run(answers, name=name))
    changed = root / "runs" / "changed-test-64-00000000"
    (changed / "responses.jsonl").write_text("{}\n", "utf-8")
    (root / "answers.jsonl").write_text('{"id": "wp-test-0003", "text": "\\\\boxed{7}"}\n', "utf-8")
    (root / "scores.csv").write_text("id,score\na,1\nb,0\n", "utf-8")
    settings = "per_device_train_batch_size: 8\nnum_generations: 4\nuse_cpu: true\n"
    (root / "t.yaml").write_text(settings, "utf-8")
    return root


@pytest.fixture(scope="module")
def outcomes(forks: Forks, folder: Path) -> list[Outcome]:
    """Run every command line once, in order: some stand on what earlier ones left."""
    return [
        forks.run(folder, *line.split(), "--lang", "zh", variables={"HF_HUB_OFFLINE": "1"})
        for line in COMMAND_LINES
    ]


@pytest.mark.parametrize("number", range(len(COMMAND_LINES)), ids=list(COMMAND_LINES))
def test_no_command_prints_an_english_sentence(outcomes: list[Outcome], number: int) -> None:
    outcome = outcomes[number]
    told = f"{outcome.output}\n{outcome.errors}"
    told = re.sub(r"What is number \d+\?", "", told)  # a question of the store
    told = re.sub(rf"^  (?:all|{'|'.join(COMMANDS)})(?: [a-z-]+)+  ", "", told, flags=re.MULTILINE)

    assert "Traceback" not in told
    assert HAN.search(told), told
    assert english_words(told) == []


def test_an_english_sentence_would_be_found() -> None:
    found = english_words("状态：nothing is lost；见 `evalsuite runs list`\n  备注      read it")

    assert found == ["nothing is lost", "read it"]


def leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{path} {name}")
    else:
        yield path, command


def test_every_command_has_the_language_as_an_option_and_stands_above() -> None:
    context = click.Context(cli)
    for name in COMMANDS.keys() - SILENT - {"demo"}:  # the demo's own test runs it in Chinese
        command = cli.get_command(context, name)
        assert command is not None
        for path, leaf in leaves(command, name):
            assert any(isinstance(each, LanguageOption) for each in leaf.params), path
            assert any(line.split()[: len(path.split())] == path.split() for line in COMMAND_LINES)


def output_of(outcomes: list[Outcome], line: str) -> list[str]:
    return outcomes[COMMAND_LINES.index(line)].output.splitlines()


@pytest.mark.parametrize("line", [each for each in COMMAND_LINES if each.startswith("power")])
def test_the_columns_of_a_plan_end_below_each_other(outcomes: list[Outcome], line: str) -> None:
    tables = "\n".join(output_of(outcomes, line)).split("\n\n")
    rows = [
        [re.sub(r"  (?:算法|枚举)$", "", row) for row in table.splitlines() if row[:2] == "  "]
        for table in tables
    ]
    widths = [{columns(row) for row in table} for table in rows if len(table) > 1]

    assert len(widths) >= 2
    assert all(len(each) == 1 for each in widths)


def test_the_columns_of_runs_begin_below_each_other(outcomes: list[Outcome]) -> None:
    head, *rows = output_of(outcomes, "runs list")
    before = {columns(row.partition("runs/")[0]) for row in rows}

    assert len(rows) == 4
    assert before == {columns(head.rpartition("运行")[0])}


def test_verified_folders_stand_below_each_other(outcomes: list[Outcome]) -> None:
    heads = [row for row in output_of(outcomes, "runs verify") if not row.startswith("  ")]

    assert len({columns(row.partition("runs/")[0]) for row in heads[:4]}) == 1


@pytest.mark.parametrize(
    "line", ["show one", "table 59 6 16 80", f"logs {LOGS / 'lm_eval'}", "runs show two"]
)
def test_what_is_told_begins_in_one_column(outcomes: list[Outcome], line: str) -> None:
    rows = [row for row in output_of(outcomes, line) if re.match(r"  \S+ {2,}", row)]
    rows = [row for row in rows if "题中答对" not in row]  # begins with a share, set to its right
    begins = {columns(row) - columns(re.sub(r"^  \S+ +", "", row)) for row in rows}

    assert len(rows) >= 4
    assert begins == {12}
