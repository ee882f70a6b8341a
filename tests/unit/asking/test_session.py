from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import run, stored

from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.run import LoggedDecoding

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run


def log(limit: int | None) -> Run:
    return run([r"\boxed{7}"] * 3, decoding=LoggedDecoding(max_new_tokens=limit, samples=1))


def test_a_log_without_a_token_limit_has_no_budgets(tmp_path: Path) -> None:
    name = stored(tmp_path, log(None))

    (planned,) = plan_session((name,), CompareSpec(runs=tmp_path))

    assert planned.budgets == ()


def test_a_log_without_a_token_limit_is_not_cut(tmp_path: Path) -> None:
    name = stored(tmp_path, log(None))

    with pytest.raises(InvalidInputError, match="does not record the token limit"):
        plan_session((name,), CompareSpec(runs=tmp_path, max_new_tokens=(5,)))


def test_a_run_is_cut_up_to_its_limit_and_no_further(tmp_path: Path) -> None:
    name = stored(tmp_path, log(64))

    (planned,) = plan_session((name,), CompareSpec(runs=tmp_path, max_new_tokens=(5, 64)))

    assert planned.budgets == (5, 64)
    with pytest.raises(InvalidInputError, match="was generated with 64 tokens"):
        plan_session((name,), CompareSpec(runs=tmp_path, max_new_tokens=(65,)))


def test_a_model_beside_a_log_that_is_not_cut_must_be_generated_first(tmp_path: Path) -> None:
    name = stored(tmp_path, log(None))

    with pytest.raises(InvalidInputError, match=r"trained is not generated yet.*run it first"):
        plan_session((name, "trained"), CompareSpec(runs=tmp_path))
