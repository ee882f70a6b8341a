"""Tokens of the Hub: mended or refused when they are read, and never shown."""

from __future__ import annotations

import os

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.hub import prepare_hub, settle_offline, without_token

TOKEN = "hf_canary"  # noqa: S105  of this test alone


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    prepare_hub.cache_clear()


@pytest.mark.parametrize("end", ["\n", "\r\n", " ", "\t\n"])
def test_line_ends_of_a_secrets_file_are_cut_off(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN + end)

    prepare_hub()

    assert os.environ["HF_TOKEN"] == TOKEN
    assert without_token(f"Illegal header value b'Bearer {TOKEN}'") == (
        "Illegal header value b'Bearer ***'"
    )


@pytest.mark.parametrize("token", [f"{TOKEN}\nx", f"{TOKEN} x", f"{TOKEN}\x1b", f"{TOKEN}钥"])
def test_a_token_that_no_header_can_hold_is_refused_and_not_shown(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)

    with pytest.raises(InvalidInputError, match="HF_TOKEN holds a blank") as caught:
        prepare_hub()

    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "is_offline"), [("1", True), ("on", True), ("True", True), ("0", False), ("", False)]
)
def test_offline_mode_is_read_as_the_hub_client_reads_it(
    value: str, is_offline: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # no attempt is made behind one

    assert prepare_hub() is not is_offline
    settle_offline()
    assert os.environ["HF_HUB_OFFLINE"] == str(int(is_offline))
