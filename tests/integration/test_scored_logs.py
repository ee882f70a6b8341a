"""Logs with scores between 0 and 1, from the command line to the page."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from click.testing import CliRunner

from evalsuite.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

UP, DOWN, SAME = (0.0, 0.5), (1.0, 0.5), (0.5, 0.5)


def written(folder: Path, pairs: list[tuple[float, float]]) -> list[str]:
    """Write both models' logs; a pair is base's score and trained's."""
    paths = []
    for side, name in enumerate(("base", "trained")):
        rows = [{"id": f"q{i}", "score": pair[side]} for i, pair in enumerate(pairs)]
        path = folder / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        paths.append(str(path))
    return paths


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_partial_scores_are_compared_by_their_means_without_mcnemar(
    tmp_path: Path, lang: str
) -> None:
    logs = written(tmp_path, [UP] * 40 + [DOWN] * 4 + [SAME] * 56)
    out = tmp_path / "report"
    result = CliRunner().invoke(cli, ["compare", *logs, "-o", str(out), "--lang", lang])

    assert result.exit_code == 0, result.output
    found = json.loads((out / "results.json").read_text("utf-8"))
    assert found["verdict"]["decision"] == "improved"
    assert found["gain"]["estimate"] == pytest.approx(0.18)
    assert found["gain"]["method"] == "score-t"
    assert found["base"]["accuracy"] == pytest.approx(0.32)
    assert {name: found["gain"]["clusters"][name] for name in ("better", "worse", "same")} == {
        "better": 40,
        "worse": 4,
        "same": 56,
    }
    page = re.sub(r"(?s)<(script|style).*?</\1>", "", (out / "report.html").read_text("utf-8"))
    for shown in (page, (out / "summary.md").read_text("utf-8"), result.output):
        assert "McNemar" not in shown
        assert "exact p" not in shown
        assert "精确 p" not in shown
    lines = (out / "questions.jsonl").read_text("utf-8").splitlines()
    assert json.loads(lines[0])["trained"]["score"] == 0.5


def test_half_scores_on_both_sides_are_no_grader_that_found_nothing(tmp_path: Path) -> None:
    logs = written(tmp_path, [SAME] * 30 + [(0.5, 0.25)] * 5 + [(0.25, 0.5)] * 5)
    out = tmp_path / "report"
    result = CliRunner().invoke(cli, ["compare", *logs, "-o", str(out)])

    assert result.exit_code == 0, result.output
    found = json.loads((out / "results.json").read_text("utf-8"))
    assert found["verdict"]["decision"] == "inconclusive"
    assert found["gain"]["estimate"] == 0


def shown(folder: Path, answers: dict[str, list[list[int]]]) -> str:
    """Give the text of the page on sampled answers, without what is about single answers."""
    paths = []
    folder.mkdir()
    for name, questions in answers.items():
        path = folder / f"{name}.jsonl"
        rows = [
            {"id": f"q{i}", "sample": sample, "score": score}
            for i, question in enumerate(questions)
            for sample, score in enumerate(question)
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        paths.append(str(path))
    options = ["--subset-size", "20", "--subsets", "2", "-o", str(folder / "report")]
    result = CliRunner().invoke(cli, ["compare", *paths, *options])
    assert result.exit_code == 0, result.output
    page = (folder / "report" / "report.html").read_text("utf-8")
    page = re.sub(r"(?s)<(script|style).*?</\1>", "", page)
    # samples alone and single answers are what they are; hashes are of the files
    page = re.sub(r'(?s)<section[^>]*id="(seeds|questions|provenance)".*?</section>', "", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("seed", [1, 2])
def test_relabelled_samples_change_nothing_shown(tmp_path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    answers = {
        name: (rng.random((60, 3)) < chance).astype(int)
        for name, chance in (("base", 0.4), ("trained", 0.6))
    }
    relabelled = {name: rng.permuted(rows, axis=1) for name, rows in answers.items()}
    pages = [
        shown(tmp_path / name, {key: rows.tolist() for key, rows in each.items()})
        for name, each in (("first", answers), ("second", relabelled))
    ]

    assert (answers["trained"] != relabelled["trained"]).any()
    assert "got better" in pages[0]
    assert "McNemar" not in pages[0]
    assert pages[0] == pages[1]
