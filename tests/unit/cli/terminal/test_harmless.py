"""Everything printed passes one door: tried on the commands, not only on the renderers."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.terminal.harmless import HarmlessStream, harmless

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = "0\x1b]0;owned\x07\u202eabc\x9b31m"


def test_foreign_control_is_written_out_and_ours_passes() -> None:
    assert harmless("\x1b[1;32mYes\x1b[0m\r\x1b[K") == "\x1b[1;32mYes\x1b[0m\r\x1b[K"
    assert harmless(HOSTILE) == "0\\u001b]0;owned\\u0007\\u202eabc\\u009b31m"
    assert harmless("a\n\tb 中文 é") == "a\n\tb 中文 é"
    assert harmless("\x1b[8mhidden\x1b[2J") == "\\u001b[8mhidden\\u001b[2J"


@pytest.mark.parametrize("text", [HOSTILE, "\U000e0041 tag", "\ud800 alone", "plain"])
def test_json_printed_through_it_reads_back_the_same(text: str) -> None:
    out = io.StringIO()

    HarmlessStream(out).write(json.dumps({"name": text}, ensure_ascii=False))

    assert json.loads(out.getvalue()) == {"name": text}
    assert out.getvalue().isprintable()


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", HOSTILE, "0"),
        ("models", "resolve", HOSTILE),
        ("compare", "base", HOSTILE, "--dry-run"),
        ("models", "list"),
        ("gate", f"nowhere/{HOSTILE}"),
        (HOSTILE,),
    ],
)
def test_no_command_lets_a_control_character_through(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    alias = json.dumps(HOSTILE).replace("\x9b", "\\u009b")
    (tmp_path / "evalsuite.toml").write_text(
        f'[models."wide"]\nsource = {alias}\n', encoding="utf-8"
    )

    result = subprocess.run(
        [sys.executable, "-c", "from evalsuite.cli.main import main; main()", *arguments],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )

    shown = (result.stdout + result.stderr).decode("utf-8")
    assert shown
    assert "Traceback" not in shown
    assert not set(shown) & {"\x1b", "\x07", "\u202e", "\x9b"}
