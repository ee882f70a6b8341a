"""Names of checkpoints: a pattern behind ``path:``, in order of step, or one clear line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.models.checkpoint_names import expand_checkpoints

if TYPE_CHECKING:
    from pathlib import Path


def model(folder: Path) -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    return folder


def test_checkpoints_come_in_order_of_step_not_of_letters(tmp_path: Path) -> None:
    for step in (900, 1000, 50):
        model(tmp_path / f"checkpoint-{step}")

    names = expand_checkpoints(("base", f"path:{tmp_path}/checkpoint-*"))

    assert names is not None
    assert names.steps == (50, 900, 1000)
    assert names.names[0] == "base"
    assert names.trained[-1] == f"path:{tmp_path}/checkpoint-1000"


def test_names_without_a_pattern_stand_for_themselves(tmp_path: Path) -> None:
    odd = model(tmp_path / "odd[1]")

    assert expand_checkpoints(("base", "trained", "trained@*", f"path:{odd}")) is None


def test_a_pattern_that_matches_nothing_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnknownModelError, match="matches nothing"):
        expand_checkpoints(("base", f"path:{tmp_path}/checkpoint-*"))


def test_a_match_that_is_no_model_is_named(tmp_path: Path) -> None:
    model(tmp_path / "checkpoint-1")
    (tmp_path / "checkpoint-2").mkdir()

    with pytest.raises(InvalidInputError, match=r"checkpoint-2, which is no model"):
        expand_checkpoints(("base", f"path:{tmp_path}/checkpoint-*"))


@pytest.mark.parametrize("second", ["best", "last-1"])
def test_every_match_needs_a_step_of_its_own(tmp_path: Path, second: str) -> None:
    model(tmp_path / "checkpoint-1")
    model(tmp_path / second)

    with pytest.raises(InvalidInputError, match="a step of its own"):
        expand_checkpoints(("base", f"path:{tmp_path}/*"))


def test_one_match_is_no_curve(tmp_path: Path) -> None:
    model(tmp_path / "checkpoint-1")

    with pytest.raises(InvalidInputError, match="two checkpoints or more"):
        expand_checkpoints(("base", f"path:{tmp_path}/checkpoint-*"))


def test_a_pattern_stands_alone(tmp_path: Path) -> None:
    pattern = f"path:{tmp_path}/checkpoint-*"
    for names in (("base", pattern, "trained"), (pattern, "trained"), ("base", pattern, pattern)):
        with pytest.raises(InvalidInputError, match="stand alone"):
            expand_checkpoints(names)
