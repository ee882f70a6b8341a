from __future__ import annotations

import numpy as np
import pytest
from builders import run

from evalsuite.comparing.groups.recipe import lay_out_seeds
from evalsuite.comparing.tabulate import GradedTable, tabulate
from evalsuite.errors import NotComparableError
from evalsuite.stats.several.training_seeds import recipe_contrast, recipe_difference

RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"


def table(right: int, plain: int = 0, n: int = 12) -> GradedTable:
    texts = [RIGHT] * right + [PLAIN] * plain + [WRONG] * (n - right - plain)
    return tabulate(run(texts), (4, 64))


def flags(right: int, n: int = 12) -> np.ndarray:
    return np.array([[int(i < right)] for i in range(n)])


@pytest.mark.parametrize("is_paired", [True, False])
def test_the_difference_is_that_of_the_statistics_room(is_paired: bool) -> None:
    base = table(4)
    seeds = lay_out_seeds(
        [(base, table(6)), (base, table(7)), (base, table(9))],
        is_paired=is_paired,
        confidence_level=0.9,
    )
    trained = np.array([flags(6), flags(7), flags(9)])
    bases = np.array([flags(4)] * 3)

    expected = (
        recipe_contrast(bases, trained, confidence_level=0.9)
        if is_paired
        else recipe_difference(bases[0], trained, confidence_level=0.9)
    )

    assert seeds.difference(64, "strict") == expected


def test_every_budget_and_grader_is_read_from_the_same_tables() -> None:
    seeds = lay_out_seeds(
        [(table(4), table(4, plain=3)), (table(4), table(5, plain=3))],
        is_paired=True,
        confidence_level=0.95,
    )

    assert seeds.graders == ("strict", "flexible")
    assert seeds.decides == "strict"
    assert seeds.difference(64, "flexible").estimate > seeds.difference(64, "strict").estimate
    assert seeds.cut_off(4) == {"base": 1.0, "trained": 1.0}
    assert seeds.cut_off(64) == {"base": 0.0, "trained": 0.0}


def test_seeds_on_other_questions_are_refused() -> None:
    pairs = [(table(4), table(5)), (table(4, n=11), table(5, n=11))]

    with pytest.raises(NotComparableError, match="different questions"):
        lay_out_seeds(pairs, is_paired=True, confidence_level=0.95)
