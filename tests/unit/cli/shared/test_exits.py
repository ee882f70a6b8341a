from __future__ import annotations

import errno
import os
import re
import signal

import click
import pytest

from evalsuite.cli.shared.exits import CRASHED, close_with, ending_of, with_hint
from evalsuite.cli.shared.signals import Stopped
from evalsuite.cli.terminal.harmless import harmless
from evalsuite.errors import Clause, InvalidInputError, NotComparableError, RunFailedError

GATE_CODES = {0, 1, 3}


class OutOfMemoryError(RuntimeError):
    """Named as torch names the one of a GPU."""


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_the_disk_is_one_line_with_a_way_out(number: int) -> None:
    error = OSError(number, os.strerror(number), "runs/x/spec.json")
    ending = ending_of(error)

    assert ending.code not in GATE_CODES
    assert ending.code != CRASHED
    if not isinstance(error, BrokenPipeError):
        assert re.fullmatch(r"error: .*; .+", ending.line)
        assert "\n" not in ending.line


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidInputError("x"), 2),
        (NotComparableError("x"), 4),
        (RunFailedError("x"), 5),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (Stopped(signal.SIGTERM), 143),
        (Stopped(signal.SIGHUP), 129),
        (BrokenPipeError(), 141),
        (MemoryError(), 5),
        (OutOfMemoryError("CUDA"), 5),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 5),
        (EOFError(), 5),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), 2),
        (ValueError("embedded null byte"), 2),
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000), 2),
        (Exception("a tokenizer's"), 5),
        (KeyError("ours"), CRASHED),
        (RecursionError(), CRASHED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_ending_has_its_code(error: BaseException, code: int) -> None:
    assert ending_of(error).code == code


def test_an_end_of_file_that_click_calls_an_interrupt_is_none() -> None:
    abort = click.Abort()
    abort.__cause__ = EOFError("Ran out of input")

    assert ending_of(abort).code == 5
    assert "interrupted" not in ending_of(abort).line


def test_a_stop_that_click_calls_an_interrupt_keeps_its_code_and_its_way_out() -> None:
    abort = click.Abort()
    abort.__cause__ = Stopped(signal.SIGTERM)
    assert ending_of(abort).line == (
        "ended by SIGTERM; nothing is lost: the same command continues"
    )
    abort.__cause__.add_note("add --resume to go on")
    assert (ending_of(abort).code, ending_of(abort).line) == (
        143,
        "ended by SIGTERM; add --resume to go on",
    )


def test_an_error_of_a_library_names_it() -> None:
    safetensors = pytest.importorskip("safetensors")
    try:
        safetensors.deserialize(b"hostile!")
    except Exception as error:  # noqa: BLE001  the library's own
        ending = ending_of(error)

    assert ending.code == 5
    assert ending.line.startswith("error: safetensors failed")


def test_a_crash_says_how_to_report_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert close_with(KeyError("n"), debug=False) == 70

    shown = capsys.readouterr().err
    assert "evalsuite crashed: KeyError: 'n'" in shown
    assert "--debug" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("debug", [False, True])
def test_no_key_is_in_what_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, debug: bool
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-123\n")
    monkeypatch.setenv("HF_TOKEN", "hf_canary_456")
    try:
        raise ValueError("Invalid header b'Bearer sk-canary-123\\n' and hf_canary_456")  # noqa: TRY301
    except ValueError as error:
        close_with(error, debug=debug)

    assert "canary" not in capsys.readouterr().err


def test_an_unwritable_name_is_told_in_short() -> None:
    ending = ending_of(OSError(errno.ENAMETOOLONG, "File name too long", "x" * 9000))

    assert len(ending.line) < 400


def test_a_line_that_repeats_a_file_leaves_its_middle_out() -> None:
    long = "x\0" * 35_000

    line = with_hint(Clause(f"error: a.csv has column {long!r}; name one of {long}"))

    assert line.startswith(r"error: a.csv has column 'x\x00x")
    assert "…" in line
    assert len(harmless(line)) < 1000


def test_a_line_of_ordinary_length_is_told_whole() -> None:
    assert with_hint(Clause(f"error: {'a, ' * 300}; b")).startswith(f"error: {'a, ' * 300}")


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_every_error_of_the_disk_has_its_way_out_in_chinese(
    number: int, capsys: pytest.CaptureFixture[str]
) -> None:
    error = OSError(number, os.strerror(number), "runs/x/spec.json")
    code = close_with(error, debug=False, lang="zh")

    assert code == ending_of(error).code
    if not isinstance(error, BrokenPipeError):
        assert re.fullmatch("错误：runs/x/spec.json：.+\n提示：请.+\n", capsys.readouterr().err)


@pytest.mark.parametrize(
    ("error", "chinese"),
    [
        (InvalidInputError("{name} is {value}; use 1 or more.", name="n", value=0), "n 是 0"),
        (KeyboardInterrupt(), "已中断；什么也没有丢"),
        (Stopped(signal.SIGTERM), "被 SIGTERM 终止；"),
        (MemoryError(), "内存不足"),
        (EOFError(), "有文件过早结束"),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"), "请换一个名称"),
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "pip install 'evalsuite["),
        (Exception("a tokenizer's"), "某个库 出错"),
        (KeyError("ours"), "evalsuite 崩溃了"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_ending_is_told_in_chinese(
    error: BaseException, chinese: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = close_with(error, debug=False, lang="zh")

    assert chinese in capsys.readouterr().err
    assert code == ending_of(error).code


def test_an_untranslated_error_keeps_its_hint(capsys: pytest.CaptureFixture[str]) -> None:
    close_with(RunFailedError("{file} is odd; look at it", file="x"), debug=False, lang="zh")

    assert capsys.readouterr().err == "错误：x is odd\n提示：look at it\n"


def test_a_semicolon_of_a_name_parts_no_english_line(capsys: pytest.CaptureFixture[str]) -> None:
    close_with(RunFailedError("{file} is odd; look at {file}", file="a；b"), debug=False)

    assert capsys.readouterr().err == "error: a；b is odd\nhint: look at a；b\n"


@pytest.mark.parametrize(
    ("lang", "way_out"),
    [
        ("en", "hint: free some space; nothing is lost, the same command continues"),
        ("zh", "提示：请腾出一些空间，什么也没有丢，再次执行同一条命令即可接续"),
    ],
)
def test_a_way_out_with_a_semicolon_is_told_whole(
    lang: str, way_out: str, capsys: pytest.CaptureFixture[str]
) -> None:
    full = OSError(errno.ENOSPC, "No space left on device", "x.json")

    close_with(full, debug=False, lang=lang)

    assert capsys.readouterr().err.splitlines()[1:] == [way_out]


def test_a_semicolon_in_a_library_s_words_parts_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = RunFailedError("{file} failed ({why})", file="x", why="no route; errno 3")

    close_with(error, debug=False)

    assert capsys.readouterr().err == "error: x failed (no route; errno 3)\n"
