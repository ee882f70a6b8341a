from __future__ import annotations

from evalsuite.cli.shared.verified import verified_lines
from evalsuite.disk.verification import Finding, VerifiedRun


def test_a_verified_thing_is_a_line_and_one_for_each_finding() -> None:
    findings = (
        Finding(level="note", sentence="x is left over"),
        Finding(level="problem", sentence="y changed"),
    )
    run = VerifiedRun(folder="runs/a", state="complete", answers=4, wanted=4, findings=findings[:1])
    assert verified_lines(run, "4/4") == [
        "sound    complete              4/4  runs/a",
        "  note: x is left over",
    ]

    unsound = VerifiedRun(folder="runs/a", state="complete", answers=4, wanted=4, findings=findings)
    assert verified_lines(unsound, "4/4")[0].startswith("UNSOUND  complete")
