from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import evalsuite.generation.memory
from evalsuite.errors import RunFailedError
from evalsuite.generation.engine import requests_for
from evalsuite.generation.memory import decode_in_memory, peak_rss_mb
from evalsuite.generation.tokens import EncodedPrompt
from evalsuite.records.run import Decoding, Response

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalsuite.generation.engine import Request

USE = "x = bytearray({} * 10**6); x[::1024] = b'x' * len(x[::1024]); del x; "
TELL = "from evalsuite.generation.memory import peak_rss_mb; print(peak_rss_mb())"


def peak_of(code: str) -> int:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_peak_remembers_memory_that_was_given_back() -> None:
    assert 170 < peak_of(USE.format(200) + TELL) - peak_of(TELL) < 230


def test_the_peak_is_of_this_program_not_of_the_one_that_started_it() -> None:
    """A child's getrusage would begin with its parent's memory."""
    child = f"import subprocess, sys; x = b'x' * (300 * 10**6); code = {TELL!r}; "
    child += "sys.stdout.write(subprocess.run([sys.executable, '-c', code], "
    child += "capture_output=True, text=True, check=True).stdout)"

    assert peak_of(child) < 150


def test_without_proc_the_system_is_asked_in_the_same_unit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    known = peak_rss_mb()
    monkeypatch.setattr(evalsuite.generation.memory, "_STATUS", tmp_path / "status")

    found = peak_rss_mb()

    assert known is not None
    assert found is not None
    assert known <= found + 1 < 20 * known


def decode_log(fitting: int) -> tuple[list[int], list[str]]:
    """Decode six prompts where only so many rows fit: the rows tried, the answers in order."""
    rows_tried: list[int] = []

    def decode(waiting: list[EncodedPrompt], rows: int) -> Iterator[Response]:
        rows_tried.append(rows)
        for position, prompt in enumerate(waiting[:rows]):
            if rows > fitting and position == 1:
                raise MemoryError
            yield response_to(prompt.request)

    prompts = [EncodedPrompt(request, [0]) for request in requests_for(dict.fromkeys("abcdef", ""))]
    responses = decode_in_memory(prompts, 4, decode, Decoding(max_new_tokens=8))
    return rows_tried, [response.question_id for response in responses]


def response_to(request: Request) -> Response:
    return Response(
        question_id=request.question_id,
        sample=request.sample,
        text="",
        token_ends=(),
        finish="stop",
        n_tokens=0,
    )


def test_a_failed_allocation_halves_the_rows_and_every_question_is_answered_once() -> None:
    rows_tried, answered = decode_log(fitting=2)

    assert rows_tried == [4, 2, 2, 1]
    assert answered == list("abcdef")


def test_rows_that_fit_are_not_lowered() -> None:
    rows_tried, answered = decode_log(fitting=4)

    assert rows_tried == [4, 2]
    assert answered == list("abcdef")


def test_memory_for_not_even_one_row_is_an_error_with_a_way_out() -> None:
    def decode(waiting: list[EncodedPrompt], rows: int) -> Iterator[Response]:
        if rows >= 1:
            raise MemoryError
        yield response_to(waiting[0].request)

    prompts = [EncodedPrompt(request, [0]) for request in requests_for({"a": ""})]

    with pytest.raises(RunFailedError, match="lower --max-new-tokens"):
        list(decode_in_memory(prompts, 4, decode, Decoding(max_new_tokens=8)))
