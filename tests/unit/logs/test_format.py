"""A format describes its files alike, whether it looks at one, at all of them, or at none."""

from __future__ import annotations

from pathlib import Path

from evalsuite.logs.format import LogFormat, holding_several
from evalsuite.logs.log import LogFile

PATHS = (Path("a.jsonl"), Path("b.jsonl"))


def test_what_looks_at_no_file_names_the_format_alone() -> None:
    plain = LogFormat(name="rows", read=holding_several(lambda _: ()))

    assert plain.describe(PATHS[0], PATHS) == LogFile(format="rows", path=PATHS[0])


def test_files_that_are_one_log_are_described_together() -> None:
    joined = LogFormat(
        name="nemo-skills",
        read=holding_several(lambda _: ()),
        describe_among=lambda path, paths: LogFile(
            format="nemo-skills", path=path, model=str(len(paths))
        ),
    )

    assert [joined.describe(path, PATHS).model for path in PATHS] == ["2", "2"]
