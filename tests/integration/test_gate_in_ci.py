"""The gate as jobs run it: action.yml with GitHub's environment, and the GitLab job of the docs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from github_server import TOKEN, github_server
from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
REPORT = ROOT / "reports" / "qwen-grpo-pair"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
INSTALL, GATE = ACTION["runs"]["steps"]


def runner_environment(folder: Path, **more: str) -> dict[str, str]:
    """Give what a runner sets, and ``evalsuite`` on the path as the install step leaves it."""
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    command = folder / "bin" / "evalsuite"
    command.parent.mkdir(exist_ok=True)
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m evalsuite "$@"\n', "utf-8")
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    return {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "HOME": str(folder),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REF": "refs/pull/7/merge",
        "GITHUB_REPOSITORY": "me/mine",
        "GITHUB_RUN_ID": "12",
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        **more,
    }


def step_of_the_action(
    folder: Path, inputs: dict[str, str], **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the gate's step as a runner does: inputs put into its environment, then bash -e."""
    values = {name: inputs.get(name, i.get("default", "")) for name, i in ACTION["inputs"].items()}
    environment = {
        name: re.sub(r"\$\{\{ inputs\.(\w+) \}\}", lambda match: values[match[1]], text)
        for name, text in GATE["env"].items()
    }
    return run_script(GATE["run"], folder, runner_environment(folder, **more) | environment)


def run_script(script: str, folder: Path, environment: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("policy", "code", "level"),
    [("", 0, "notice"), ('require = ["regressed"]', 1, "error"), ("margin = 1", 2, None)],
)
def test_the_action_answers_by_its_exit_code(
    tmp_path: Path, policy: str, code: int, level: str | None
) -> None:
    (tmp_path / "my gate.toml").write_text(policy, encoding="utf-8")

    done = step_of_the_action(tmp_path, {"results": str(REPORT), "policy": "my gate.toml"})

    assert done.returncode == code, done.stderr
    levels = re.findall(r"^::(\w+) ", done.stdout, re.MULTILINE)
    assert levels == ([level] if level else [])
    assert (tmp_path / "summary.md").is_file() == (level is not None)


def test_the_action_writes_one_comment_and_replaces_it(tmp_path: Path) -> None:
    with github_server("hello") as github:
        for _ in range(2):
            inputs = {"results": str(REPORT), "token": TOKEN}
            done = step_of_the_action(tmp_path, inputs, GITHUB_API_URL=github.url)
            assert done.returncode == 0, done.stderr
            assert TOKEN not in done.stdout + done.stderr

    assert [comment["id"] for comment in github.comments] == [0, 1]
    page = MarkdownIt("commonmark").enable("table").render(github.comments[1]["body"])
    assert "<h3>evalsuite: Gate met</h3>" in page
    assert "Yes: qwen-coder-0.5b-trained scores 3.0 points higher" in page
    assert '<a href="https://github.com/me/mine/actions/runs/12">' in page


@pytest.mark.parametrize(
    ("lang", "warning"),
    [
        ("en", "the comment was not written: HTTP 403 for GET"),
        ("zh", "评论没有写成：GET /repos/me/mine/issues/7/comments 返回 HTTP 403"),
    ],
)
def test_a_comment_that_github_refuses_changes_no_answer(
    tmp_path: Path, lang: str, warning: str
) -> None:
    with github_server() as github:
        github.refusal = 403
        inputs = {"results": str(REPORT), "token": TOKEN}
        more = {"GITHUB_API_URL": github.url, "EVALSUITE_LANG": lang}
        done = step_of_the_action(tmp_path, inputs, **more)

    assert done.returncode == 0
    assert f"::warning title=evalsuite::{warning}" in done.stdout


def test_an_input_is_never_text_of_a_script(tmp_path: Path) -> None:
    done = step_of_the_action(tmp_path, {"results": "$(touch hacked); touch hacked"})

    assert done.returncode == 2
    assert not (tmp_path / "hacked").exists()
    assert "${{" not in INSTALL["run"] + GATE["run"]


def test_the_gitlab_job_of_the_docs_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "gate.md").read_text(encoding="utf-8")
    job = yaml.safe_load(text.partition("## GitLab")[2].split("```")[1].removeprefix("yaml"))[
        "gate"
    ]
    policy = re.search(r"```toml\n(.*?)```", text, re.DOTALL)
    assert policy is not None
    (tmp_path / "gate.toml").write_text(policy[1], encoding="utf-8")
    shutil.copytree(REPORT, tmp_path / "reports" / "base-vs-trained")

    done = run_script(job["script"][-1], tmp_path, runner_environment(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "gate.md").read_text("utf-8").startswith("<!-- evalsuite-gate ")
    assert job["allow_failure"] == {"exit_codes": [3]}
