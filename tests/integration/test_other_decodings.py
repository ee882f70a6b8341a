"""The embedded pair sampled and greedy in one command, from generation to the page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path

PAIR = ["compare", "base", "trained", "--no-full", "--subsets", "1", "--subset-size", "24"]
BUDGET = ["--max-new-tokens", "48"]
SAMPLED = ["--temperature", "1", "--samples", "2"]


def test_sampled_and_greedy_stand_in_one_report_and_are_generated_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        assert ended.value.code == 0
        return capsys.readouterr().out

    found = json.loads(ran(*PAIR, *BUDGET, *SAMPLED, "--also", "greedy", "--json"))

    runs = {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()}
    (row,) = found["decodings"]
    assert len(runs) == 4
    assert (row["temperature"], row["samples"], row["n"]) == (0.0, 1, 24)
    assert row["difference"]["gain"] == pytest.approx(row["gain"] - found["gain"]["estimate"])

    # the greedy pair is there now: by itself it shows the very numbers of the row
    alone = json.loads(ran(*PAIR, *BUDGET, "--json"))
    assert alone["gain"]["estimate"] == row["gain"]
    assert alone["mcnemar"]["exact"] == row["exact"]

    # and the other way round, from the store alone, the difference has the other sign
    names = [found["provenance"][side]["run"] for side in ("base", "trained")]
    greedy = [alone["provenance"][side]["run"] for side in ("base", "trained")]
    pairs = [[f"run:{name}" for name in pair] for pair in (greedy, names)]
    back = json.loads(ran("compare", *pairs[0], "--also", ",".join(pairs[1]), "--json"))
    assert back["decodings"][0]["difference"]["gain"] == pytest.approx(-row["difference"]["gain"])
    assert {path.name for path in (tmp_path / "runs").iterdir() if path.is_dir()} == runs
