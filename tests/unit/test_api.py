"""``evalsuite.compare``: names and options as on the command line, a verdict in English."""

from __future__ import annotations

from pathlib import Path

import pytest
from builders import run, stored

import evalsuite
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Store a base without a right answer and a trained model that is always right."""
    monkeypatch.chdir(tmp_path)
    base, trained = run([WRONG] * 40), run([RIGHT] * 40, name="trained")
    return stored(tmp_path / "runs", base), stored(tmp_path / "runs", trained)


def test_options_are_those_of_the_command(names: tuple[str, str]) -> None:
    comparison = evalsuite.compare(*names, seeds=2, subset_size=10, margin=3.0, alpha=0.01)

    assert isinstance(comparison, Comparison)
    assert [row.seed for row in comparison.subsets] == [0, 1]
    assert comparison.verdict is not None
    assert comparison.verdict.policy.margin == pytest.approx(0.03)
    assert comparison.verdict.policy.alpha == 0.01


def test_headline_and_checks_are_english(names: tuple[str, str]) -> None:
    comparison = evalsuite.compare(*names, subsets=0)

    assert comparison.verdict is not None
    assert comparison.verdict.headline.startswith("Yes: trained scores 100")
    assert all(check.title and check.detail for check in comparison.parts[0].checks)


def test_several_trained_models_come_back_as_one_family(names: tuple[str, str]) -> None:
    base, trained = names
    other = stored(Path("runs"), run([RIGHT] * 20 + [WRONG] * 20, name="other"))

    family = evalsuite.compare(base, trained, other, subsets=0)

    assert [part.trained.name for part in family.parts] == ["trained", "other"]


def test_a_preset_that_does_not_exist_is_refused(names: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="preset 'huge' does not exist"):
        evalsuite.compare(*names, preset="huge")
