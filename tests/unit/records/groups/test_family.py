from __future__ import annotations

import json
from typing import TYPE_CHECKING

from recipe_builders import recipe
from report_builders import built

from evalsuite.records.codec import to_json
from evalsuite.records.groups.family import Family

if TYPE_CHECKING:
    from evalsuite.records.judged import Judged


def records() -> tuple[Judged, ...]:
    single, other = built()[0], built((10, 9, 12, 20))[0]
    return single, Family(comparisons=(single, other)), recipe((40, 4, 40, 16), (40, 4, 44, 12))


def test_a_comparison_is_its_own_only_part() -> None:
    single, family, seeds = records()

    assert single.parts == (single,)
    assert (len(family.parts), len(seeds.parts)) == (2, 2)


def test_a_family_takes_from_its_parts_what_they_share_and_judges_nothing() -> None:
    single, family, _ = records()

    assert (family.task, family.headline_budget) == (single.task, single.headline_budget)
    assert family.headline_set == single.headline_set
    assert (family.checks, family.verdict) == ((), None)


def test_only_what_was_trained_as_one_has_a_name() -> None:
    single, family, seeds = records()

    assert (single.base_name, single.trained_name) == ("base", "trained")
    assert (family.base_name, family.trained_name) == ("base", None)
    assert (seeds.base_name, seeds.trained_name) == ("base", "trained")


def test_parts_add_nothing_to_the_written_file() -> None:
    for judged in records():
        assert not {"parts", "parts_name", "base_name"} & set(json.loads(to_json(judged)))
