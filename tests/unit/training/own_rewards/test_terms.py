"""The words of ``--rewards``: sets, columns, own functions, and their weights."""

from __future__ import annotations

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.training.own_rewards.terms import read_terms
from evalsuite.training.rewards import WEIGHTS


def _terms(rewards: str) -> dict[str, float]:
    return {term.name: term.weight for term in read_terms(rewards)}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_set_alone_means_its_columns(name: str) -> None:
    assert _terms(name) == WEIGHTS[name]


def test_own_functions_stand_beside_ours_with_weights() -> None:
    assert _terms("shaped=2, rewards.py:brief=0.2,package.module:style") == {
        "correct": 2.0,
        "format": 0.2,
        "steps_f1": 0.6,
        "rewards.py:brief": 0.2,
        "package.module:style": 1.0,
    }


def test_the_outcome_is_always_a_column_even_where_nobody_pays_it() -> None:
    assert _terms("rewards.py:brief") == {"rewards.py:brief": 1.0, "correct": 0.0}


@pytest.mark.parametrize("rewards", ["binary,shaped", "a.py:f,a.py:f=2"])
def test_a_column_named_twice_is_refused(rewards: str) -> None:
    with pytest.raises(InvalidInputError, match="more than once"):
        read_terms(rewards)


@pytest.mark.parametrize("rewards", ["a.py:f=much", "a.py:f=nan", "binary="])
def test_a_weight_that_is_no_number_is_refused(rewards: str) -> None:
    with pytest.raises(InvalidInputError, match="is no number"):
        read_terms(rewards)
