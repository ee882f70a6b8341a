from __future__ import annotations

import pytest

from evalsuite.cli.terminal.verified_lines import verified_lines
from evalsuite.disk.verification import VerifiedRun, note, problem
from evalsuite.reporting.outputs.inert import columns
from evalsuite.reporting.wording import LANGUAGES, words

FINDINGS = (note("{name} is left over; remove it", name="x"), problem("y changed"))


def verified(*findings: object, folder: str = "runs/a", answers: int | None = 4) -> VerifiedRun:
    return VerifiedRun(
        folder=folder,
        state="complete",
        answers=answers,
        wanted=4,
        findings=tuple(each for each in FINDINGS if each in findings),
    )


def test_a_verified_run_is_a_line_and_one_for_each_finding() -> None:
    assert verified_lines(verified(FINDINGS[0]), words("en")) == [
        "sound    complete              4/4  runs/a",
        "  note: x is left over; remove it",
    ]
    unsound = verified_lines(verified(*FINDINGS), words("en"))
    assert unsound[0].startswith("UNSOUND  complete")
    assert unsound[2] == "  problem: y changed"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_folders_stand_below_each_other_in_every_language(lang: str) -> None:
    items = (verified(), verified(*FINDINGS), verified(answers=None))
    heads = [verified_lines(item, words(lang))[0] for item in items]

    assert {columns(head.removesuffix("runs/a")) for head in heads} == {36}
