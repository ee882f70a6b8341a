from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from github_server import ITEM, LIST, TOKEN, GitHub, github_server

from evalsuite.cli.gating.github import CommentError, append_summary, page_of_job, post_comment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MARKER = "<!-- evalsuite-gate 0123456789ab -->"
NAMES = ("TOKEN", "REPOSITORY", "API_URL", "EVENT_PATH", "REF", "STEP_SUMMARY", "SERVER_URL")


@pytest.fixture(autouse=True)
def _outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(f"GITHUB_{name}", raising=False)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    """Stand in the job of a pull request that 120 people have talked about."""
    with github_server(*(f"comment {i}" for i in range(120))) as server:
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_REPOSITORY", "me/mine")
        monkeypatch.setenv("GITHUB_API_URL", server.url)
        monkeypatch.setenv("GITHUB_REF", "refs/pull/7/merge")
        yield server


def test_a_second_comment_replaces_the_first_and_no_other(github: GitHub) -> None:
    assert post_comment(f"{MARKER}\nfirst") == "written"
    assert post_comment(f"{MARKER}\nsecond") == "replaced"

    assert [c["body"] for c in github.comments[119:]] == ["comment 119", f"{MARKER}\nsecond"]
    assert github.requests == [
        *[f"GET {LIST}"] * 2,
        f"POST {LIST}",
        *[f"GET {LIST}"] * 2,
        f"PATCH {ITEM}120",
    ]


def test_the_event_tells_the_number_where_the_ref_does_not(
    github: GitHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    monkeypatch.setenv("GITHUB_REF", "refs/heads/main")
    assert post_comment(MARKER) is None

    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    assert post_comment(MARKER) == "written"


def test_nothing_is_asked_without_a_token(github: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")

    assert post_comment(MARKER) is None
    assert github.requests == []


@pytest.mark.parametrize("status", [302, 401, 403, 404, 500])
def test_a_refusal_is_told_without_the_token(github: GitHub, status: int) -> None:
    github.refusal = status

    with pytest.raises(CommentError, match=f"HTTP {status}") as error:
        post_comment(MARKER)

    assert TOKEN not in str(error.value)
    assert len(github.requests) == 1  # a redirect is not followed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_API_URL", "http://example.org"),
        ("GITHUB_API_URL", "http://127.0.0.1:1"),
        ("GITHUB_REPOSITORY", "me/mine/../../other"),
        ("GITHUB_TOKEN", "two\nlines"),
    ],
)
def test_a_token_goes_nowhere_else(
    github: GitHub, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(CommentError) as error:
        post_comment(MARKER)

    assert "lines" not in str(error.value)
    assert github.requests == []


def test_the_summary_is_appended_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not append_summary("x")

    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    assert append_summary("✅\n")
    assert summary.read_text(encoding="utf-8") == "before\n✅\n"


def test_the_page_of_a_job_is_an_address_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert page_of_job() == ""

    monkeypatch.setenv("GITHUB_SERVER_URL", "https://github.com")
    monkeypatch.setenv("GITHUB_REPOSITORY", "me/mine")
    monkeypatch.setenv("GITHUB_RUN_ID", "12")
    assert page_of_job() == "https://github.com/me/mine/actions/runs/12"
    monkeypatch.setenv("GITHUB_RUN_ID", "12) [x](y")
    assert page_of_job() == ""
