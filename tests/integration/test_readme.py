"""Every command and every link of both READMEs and the docs, run and followed as written."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import click
import pytest

from evalsuite.cli.main import cli, main

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "README.zh.md",
    ROOT / "docs" / "quickstart.md",
    ROOT / "docs" / "quickstart.zh.md",
    *sorted(
        page
        for page in (ROOT / "docs").rglob("*.md")
        if "decisions" not in page.parts and not page.name.startswith("quickstart.")
    ),
]
"""As one reads them: the quickstart comes before the pages that go further."""
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _commands(text: str) -> list[str]:
    """List the commands of a page; what installs before one is run by tests/reproduce."""
    lines = (line for block in BLOCK.findall(text) for line in block.splitlines())
    return [line[2:].split(" && ")[-1] for line in lines if line.startswith("$ ")]


COMMANDS = list(dict.fromkeys(c for text in TEXTS.values() for c in _commands(text)))

ELSEWHERE = {
    "nox -s tests",
    "nox -s calibration",
    "nox -s bench",
    "nox -s bench -- growth",
    "evalsuite train --preset tiny --output runs/tiny",
    "evalsuite train --preset tiny --seeds 5",
    "evalsuite compare base 'trained@*' --subsets 5",
    "evalsuite compare lesson-run/judge/runs/step-0-* lesson-run/judge/runs/step-2-*",
}
"""Of minutes: a session, or run by tests/reproduce, test_training_seeds.py and test_lesson.py."""

NEEDS_HUB = {
    "evalsuite models alias base hf:Qwen/Qwen2.5-0.5B-Instruct",
    "evalsuite compare base trained --task gsm8k --max-new-tokens 300,512,1024",
    "evalsuite compare --preset tutorial",
    "evalsuite train base --task gsm8k --rewards binary,rewards.py:brief=0.2",
    "evalsuite train base --task gsm8k --rewards my_package.rewards:style",
}
"""Without a network these end in one line that names the ways out, and exit code 5."""

NEEDS_SERVER = {line for line in COMMANDS if "openai:" in line}
"""As with the Hub: one line, exit code 5."""

NEEDS_VLLM = {"evalsuite compare base trained --engine vllm"}
"""Where vLLM is not installed: one line with the pip command, exit code 2."""

CODES = dict.fromkeys(NEEDS_HUB | NEEDS_SERVER, 5) | dict.fromkeys(
    NEEDS_VLLM if find_spec("vllm") is None else (), 2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the pages assume: recorded runs, a report, logs, and one's own models."""
    made = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "runs" / "recorded", made / "runs" / "recorded")
    shutil.copytree(ROOT / "reports" / "qwen-grpo-pair", made / "reports" / "qwen-grpo-pair")
    shutil.copytree(ROOT / "tests" / "harnesses" / "logs", made / "logs")
    for own, embedded in {"my-base": "base", "my-grpo": "trained"}.items():
        shutil.copytree(ROOT / "evalsuite" / "embedded" / embedded, made / own)
    (code,) = _blocks("python", ROOT / "docs" / "quickstart.md")
    subprocess.run([sys.executable, "-c", code], cwd=made, env=_environment(made), check=True)
    _write_logs(made)
    return made


def _write_logs(made: Path) -> None:
    """Write a table with scores and a plain log, both about the 50 questions of the quickstart."""
    lines = (made / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    golds = [json.loads(line)["answer"] for line in lines]
    for name, right in {"base": 20, "trained": 40}.items():
        rows = [f"q{i},{int(i < right)}" for i in range(len(golds))]
        (made / f"{name}.csv").write_text("\n".join(["id,correct", *rows]) + "\n", "utf-8")
    answers = (
        {"id": f"questions-{i}", "text": rf"\boxed{{{gold}}}"} for i, gold in enumerate(golds)
    )
    (made / "base.jsonl").write_text("".join(json.dumps(a) + "\n" for a in answers), "utf-8")
    (made / "my_package").mkdir()
    (made / "my_package" / "rewards.py").write_text(
        "def style(completions, **_): return [0.0] * len(completions)\n", "utf-8"
    )
    (made / "rewards.py").write_text(
        "def brief(completions, **_): return [0.0] * len(completions)\n", "utf-8"
    )


def _environment(made: Path) -> dict[str, str]:
    offline = {"HF_HUB_OFFLINE": "1", "HF_HOME": str(made), "COLUMNS": "100"}
    return os.environ | {"PYTHONPATH": str(ROOT)} | offline


def _blocks(language: str, page: Path) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXTS[page], re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    """Collect what each command prints."""
    return {}


@pytest.mark.parametrize("line", [c for c in COMMANDS if c not in ELSEWHERE])
def test_a_command_of_the_pages_works(
    folder: Path,
    printed: dict[str, str],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    program, *arguments = shlex.split(line)
    assert program == "evalsuite"
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    for variable, value in _environment(folder).items():
        monkeypatch.setenv(variable, value)

    with pytest.raises(SystemExit) as ending:  # in this process: libraries are imported once
        main(arguments)

    (folder / "evalsuite.toml").unlink(missing_ok=True)  # one page's aliases are not another's
    printed[line], errors = capsys.readouterr()
    assert ending.value.code == CODES.get(line, 0), errors
    assert "Traceback" not in errors


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_shows_is_what_its_commands_print(page: Path, printed: dict[str, str]) -> None:
    shown = re.findall(
        r"^(```console\n.*?^```)\n\n```text\n(.*?)^```", TEXTS[page], re.MULTILINE | re.DOTALL
    )
    for console, text in shown:
        commands = _commands(console + "\n")
        if not set(commands) <= printed.keys():
            continue  # run elsewhere, or not chosen
        output = "".join(printed[command] for command in commands).splitlines()
        lines = [line for line in text.splitlines() if line.strip() not in ("", "...")]
        assert [line for line in lines if line not in output] == []


def test_the_readme_begins_with_what_the_real_pair_prints(printed: dict[str, str]) -> None:
    line = next(c for c in COMMANDS if "coder-0.5b-trained --max-new-tokens 200" in c)
    (sentence,) = _blocks("text", ROOT / "README.md")
    if line not in printed:
        pytest.skip("the command was not chosen")

    # the command shows as many doubts as fit a small terminal, and counts the others
    assert printed[line].startswith(sentence.rpartition("  ! ")[0])


@pytest.mark.parametrize(("page", "language"), [("README.md", "en"), ("README.zh.md", "zh")])
def test_a_readme_begins_with_the_report_in_its_language(
    page: str, language: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    report = str(ROOT / "reports" / "qwen-grpo-pair")
    (sentence,) = _blocks("text", ROOT / page)

    with pytest.raises(SystemExit):
        main(["report", report, "--format", "text", "--lang", language, "-o", "-"])

    assert capsys.readouterr().out.startswith(sentence)


def test_the_table_of_the_readme_holds_the_numbers_of_the_recorded_pair() -> None:
    stored = json.loads((ROOT / "reports/qwen-grpo-pair/results.json").read_text("utf-8"))
    rows = {row["max_new_tokens"]: row for row in stored["budgets"]}
    counts = {tokens: (row["losses"], row["gains"]) for tokens, row in rows.items()}
    table = re.findall(
        r"^\| \D*([\d,]+)\D* .*?\| (\d+) / (\d+) \|", TEXTS[ROOT / "README.md"], re.MULTILINE
    )
    told = {int(n.replace(",", "")): (int(losses), int(gains)) for n, losses, gains in table}

    assert len(told) == 4
    assert told == {tokens: counts[tokens] for tokens in told}


INLINE = re.compile(r"`evalsuite ([a-z]+ [^`\n]*)`")
WRITTEN = sorted({command for text in TEXTS.values() for command in INLINE.findall(text)})


@pytest.mark.parametrize("line", WRITTEN)
def test_a_command_within_a_sentence_has_a_name_and_options_that_exist(line: str) -> None:
    name, *words = line.split()
    command = cli.get_command(click.Context(cli), name)

    assert command is not None, name
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known


def test_commands_run_elsewhere_are_still_in_the_pages() -> None:
    assert set(COMMANDS) >= ELSEWHERE | NEEDS_HUB | NEEDS_VLLM
    assert len(NEEDS_SERVER) == 1


def test_both_quickstarts_hold_the_same_commands_and_code() -> None:
    english, chinese = (ROOT / "docs" / name for name in ("quickstart.md", "quickstart.zh.md"))

    commands = [f"{line} --lang zh" for line in _commands(TEXTS[english])]
    assert _commands(TEXTS[chinese]) == commands
    assert _blocks("python", chinese) == _blocks("python", english)


def test_both_readmes_hold_the_same_commands_and_numbers() -> None:
    english, chinese = (TEXTS[ROOT / name] for name in ("README.md", "README.zh.md"))

    assert _commands(english) == _commands(chinese)
    assert _numbers(english) == _numbers(chinese)


def _numbers(readme: str) -> list[str]:
    """List the numbers of the table of budgets."""
    rows = [line for line in readme.splitlines() if line.startswith("| ") and "%" in line]
    return re.findall(r"\d[\d.,]*%|\d+ / \d+|\de-\d+|0\.\d+", "\n".join(rows))


@pytest.mark.parametrize(
    ("variable", "shard"), [("SLURM_ARRAY_TASK_ID=3", 3), ("JOB_COMPLETION_INDEX=3", 4)]
)
def test_the_job_of_the_docs_answers_its_shard(tmp_path: Path, variable: str, shard: int) -> None:
    """As SLURM counts from 1 and Kubernetes from 0; a handful of questions stands for all."""
    small = "--no-full --seeds 1 --subset-size 16"
    (job,) = _blocks("bash", ROOT / "docs" / "how-to" / "many-machines.md")
    program = tmp_path / "evalsuite"
    program.write_text('#!/bin/sh\nprintf \'%s\\n\' "$@" > "$ASKED"\n', "utf-8")
    program.chmod(0o755)
    asked = tmp_path / "asked"
    places = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "ASKED": str(asked)}

    subprocess.run(
        ["bash", "-euc", f"{variable}\n{job.replace('/shared', str(tmp_path))}"],
        env=os.environ | places,
        capture_output=True,
        check=True,
        timeout=300,
    )
    with pytest.raises(SystemExit) as ending:  # in this process: libraries are imported once
        main([*asked.read_text("utf-8").splitlines(), *small.split()])
    assert ending.value.code == 0

    (record,) = tmp_path.glob("runs/*/shard-*.json")
    assert record.name == f"shard-{shard}-of-8.json"


def test_the_python_of_the_docs_runs(folder: Path) -> None:
    (code,) = _blocks("python", ROOT / "docs" / "reference" / "python.md")

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    assert done.stdout.startswith("Yes")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_and_anchors_that_a_page_links_to_exist(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", TEXTS[page], flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\((?!https?:)([^)\s]+)\)", prose)

    broken = [link for link in links if not _leads_somewhere(page, link)]

    assert broken == []


def _leads_somewhere(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists() or not anchor:
        return target.exists()
    titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE)
    return anchor in {re.sub(r"[^\w\- ]", "", t).lower().replace(" ", "-") for t in titles}
