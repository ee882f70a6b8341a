from __future__ import annotations

import time
from difflib import SequenceMatcher

from hypothesis import given, strategies as st

from evalsuite.logs.generic import LONG_REPEAT, MASK, masked_repeats


def by_longest_match(text: str, question: str) -> str:
    """Mask as the standard library finds repeats, longest first, until none is left."""
    blocks = SequenceMatcher(None, question, text, autojunk=False).get_matching_blocks()
    masked = text
    for block in blocks:
        if block.size >= LONG_REPEAT:
            masked = masked[: block.b] + MASK * block.size + masked[block.b + block.size :]
    return text if masked == text else by_longest_match(masked, question)


@given(st.lists(st.sampled_from(["ab" * 30, "c" * 45, "d", "e" * 39, "f" * 41]), max_size=8))
def test_no_stretch_of_the_question_stays_and_every_sign_keeps_its_place(parts: list[str]) -> None:
    text, question = "".join(parts), f"{'ab' * 30}x{'c' * 45}{'f' * 41}"

    masked = masked_repeats(text, question)

    assert len(masked) == len(text)
    assert all(m in (MASK, t) for m, t in zip(masked, text, strict=True))
    matches = SequenceMatcher(None, question, masked, autojunk=False)
    assert max((b.size for b in matches.get_matching_blocks()), default=0) < LONG_REPEAT
    other = by_longest_match(text, question)
    assert all(m == MASK for m, o in zip(masked, other, strict=True) if o == MASK)


def test_a_repetitive_answer_is_masked_in_time_that_grows_with_its_length() -> None:
    question = "".join(chr(97 + i * 7 % 26) for i in range(200))

    def seconds(times: int) -> float:
        started = time.process_time()
        assert set(masked_repeats(question * times, question)) == {MASK}
        return time.process_time() - started

    assert seconds(4800) < 8 * seconds(1200)
    assert seconds(1200) < 2.0  # 240 kB
