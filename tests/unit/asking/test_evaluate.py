from __future__ import annotations

import time

from builders import run

from evalsuite.asking.evaluate import Tally

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def test_progress_counts_the_answers_and_tokens_of_all_parts() -> None:
    shown: list[tuple[int, int, int, int]] = []

    def progress(*, done: int, total: int, tokens: int, truncated: int, seconds: float) -> None:
        del seconds
        shown.append((done, total, tokens, truncated))

    tally = Tally(progress, total=8)
    tally.begin()
    for part, tokens in (("base", 30), ("trained", 50)):
        tally.tell(part, done=1, tokens=tokens, truncated=1, total=2, seconds=1.0)
        tally.add(part, run([RIGHT, WRONG]).responses)
        tally.show()
    tally.tell("base", done=3, tokens=70, truncated=0, total=4, seconds=2.0)
    tally.begin()

    assert shown == [
        (0, 8, 0, 0),
        (1, 8, 30, 1),
        (2, 8, 30, 0),
        (3, 8, 80, 1),
        (4, 8, 80, 0),
        (5, 8, 120, 0),
        (5, 8, 0, 0),
    ]


def test_the_time_that_models_take_to_load_is_no_time_of_answers() -> None:
    seconds: list[float] = []
    tally = Tally(lambda **state: seconds.append(state["seconds"]), total=8)
    tally.begin()
    time.sleep(0.3)

    tally.tell("base", done=1, tokens=3, truncated=0, total=4, seconds=0.1)
    tally.tell("trained", done=1, tokens=3, truncated=0, total=4, seconds=0.0)

    assert seconds[0] == 0
    assert 0.1 <= seconds[1] <= seconds[2] < 0.3
