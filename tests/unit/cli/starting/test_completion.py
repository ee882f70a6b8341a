"""The script is sourced by a real bash, which then asks the real command."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import get_completion_class
from click.testing import CliRunner

from evalsuite.cli.main import cli

ROOT = Path(__file__).parents[4]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_for_each_shell(shell: str) -> None:
    done = CliRunner().invoke(cli, ["completion", shell])

    assert done.exit_code == 0
    assert f"_EVALSUITE_COMPLETE={shell}_complete" in done.output


def test_another_shell_is_refused_with_those_that_are_known() -> None:
    done = CliRunner().invoke(cli, ["completion", "tcsh"])

    assert done.exit_code == 2
    assert "'bash', 'zsh', 'fish'" in done.output


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_a_model(tmp_path: Path) -> None:
    program = tmp_path / "evalsuite"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m evalsuite "$@"\n', "utf-8")
    program.chmod(0o755)
    script = CliRunner().invoke(cli, ["completion", "bash"]).output
    asked = "COMP_WORDS=(evalsuite compare base trained-s); COMP_CWORD=3\n"
    asked += '_evalsuite_completion evalsuite; echo "${COMPREPLY[@]}"\n'

    done = subprocess.run(
        ["bash", "-c", f"{script}\n{asked}"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["trained-seed1"]


def completed(words: list[str], incomplete: str) -> dict[str, str | None]:
    """Ask as a shell's script does, but in this process."""
    completion = get_completion_class("zsh")
    assert completion is not None
    items = completion(cli, {}, "evalsuite", "_EVALSUITE_COMPLETE").get_completions(
        words, incomplete
    )
    return {item.value: item.help for item in items}


def test_what_a_shell_shows_beside_a_name_is_told_in_the_language(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    english = completed(["compare"], "--head"), completed([], "compl")
    monkeypatch.setenv("EVALSUITE_LANG", "zh")
    chinese = completed(["compare"], "--head"), completed([], "compl")

    assert english[0] == {"--headline-budget": "Budget of the verdict"}
    assert chinese[0] == {"--headline-budget": "结论所用的 token 上限"}
    assert english[1] == {"completion": "Print the completion script of bash, zsh or fish."}
    assert chinese[1] == {"completion": "打印 bash、zsh 或 fish 的补全脚本。"}
    assert completed(["runs"], "sh") == {"show": "显示运行里有什么。"}
    monkeypatch.delenv("EVALSUITE_LANG")
    assert completed(["runs"], "sh") == {"show": "Show what a run holds."}
    assert completed(["--lang", "zh", "compare"], "--head") == chinese[0]
