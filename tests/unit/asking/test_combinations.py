from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from evalsuite.asking.combinations import refuse_combinations
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.verdict import Policy

DECLARED: dict[str, Any] = {"policy": Policy(declared=("budgets",))}
FAMILY: dict[str, Any] = {"policy": Policy(family=3)}
EARLY: dict[str, Any] = {"stop_early": True}
FLOOR: dict[str, Any] = {"noise_floor": True}
ALSO: dict[str, Any] = {"also": ("greedy",)}
TWINS: dict[str, Any] = {"twins": True}
WHOLE: dict[str, Any] = {"use_all_of_base": True}


@pytest.mark.parametrize("options", [EARLY, FLOOR, ALSO, WHOLE, DECLARED, FAMILY])
@pytest.mark.parametrize(
    ("design", "sentence"),
    [
        ("tasks", "several tasks are judged together on all their questions"),
        ("checkpoints", "judged together on all questions"),
    ],
)
def test_tasks_and_checkpoints_are_judged_on_whole_runs_alone(
    design: str, sentence: str, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        refuse_combinations(CompareSpec(**options), design)


@pytest.mark.parametrize(
    ("options", "designs", "sentence"),
    [
        (WHOLE | EARLY, (), "--use-all-of-base is about one BASE"),
        (WHOLE | FLOOR, (), "--use-all-of-base is about one BASE"),
        (WHOLE | ALSO, (), "--use-all-of-base is about one BASE"),
        (WHOLE, ("models",), "--use-all-of-base is about one BASE"),
        (ALSO, ("models",), "give one BASE and one TRAINED"),
        (ALSO | EARLY, (), "leave out --stop-early"),
        (TWINS | {"data": Path("mine.jsonl")}, (), "leave one of them out"),
        (FLOOR | EARLY, (), "--noise-floor needs one base"),
        (FLOOR, ("seeds", "models"), "--noise-floor needs one base"),
        (DECLARED | EARLY, (), "--declare counts"),
        (DECLARED, ("seeds", "models"), "--declare counts"),
        (EARLY, ("models",), "--stop-early looks at one pair"),
        (EARLY, ("seeds", "models"), "--stop-early looks at one pair"),
    ],
)
def test_options_that_exclude_each_other_are_refused(
    options: dict[str, Any], designs: tuple[str, ...], sentence: str
) -> None:
    with pytest.raises(InvalidInputError, match=sentence):
        refuse_combinations(CompareSpec(**options), *designs)


@pytest.mark.parametrize(
    ("options", "designs"),
    [
        (FLOOR | ALSO, ()),
        (FLOOR | DECLARED, ("models",)),
        (WHOLE | DECLARED, ()),
        (FAMILY | EARLY, ()),
        ({}, ("seeds", "models")),
        ({}, ("tasks",)),
    ],
)
def test_what_goes_together_is_let_through(
    options: dict[str, Any], designs: tuple[str, ...]
) -> None:
    refuse_combinations(CompareSpec(**options), *designs)
