"""Records of a comparison: rows of gains share their fields and stay flat in their JSON."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, json_schema, plain, to_json
from evalsuite.records.comparison import (
    BudgetRow,
    CountedRow,
    FamilyRow,
    GainRow,
    GraderRow,
    Interval,
    NoiseFloor,
    SubsetRow,
)
from evalsuite.records.groups.recipe import RecipeRow, SeedRow

ROW = SubsetRow(
    seed=1,
    n=20,
    base=0.5,
    trained=0.6,
    losses=1,
    gains=3,
    gain=0.1,
    interval=Interval(low=-0.1, high=0.3),
    exact=0.625,
)


def test_a_row_of_gains_is_flat_and_read_back_as_it_was_written() -> None:
    assert set(plain(ROW)) == {
        *("seed", "n", "base", "trained"),
        *("losses", "gains", "gain", "interval", "exact", "clusters"),
    }
    assert from_json(SubsetRow, to_json(ROW)) == ROW


def test_a_row_of_gains_has_one_schema_for_its_own_and_the_shared_fields() -> None:
    schema = json.loads(json_schema(SubsetRow))

    assert set(schema["required"]) == set(plain(ROW)) - {"clusters"}


def test_a_row_without_a_shared_field_is_refused() -> None:
    document = plain(ROW)
    del document["exact"]

    with pytest.raises(InvalidInputError, match="exact"):
        from_json(SubsetRow, json.dumps(document))


@pytest.mark.parametrize("row", [SubsetRow, BudgetRow, NoiseFloor, SeedRow])
def test_rows_with_counts_name_lost_and_gained_questions(row: type[CountedRow]) -> None:
    assert {"losses", "gains"} <= {field.name for field in fields(row)}


@pytest.mark.parametrize("row", [GraderRow, FamilyRow, RecipeRow])
def test_rows_whose_counts_are_elsewhere_do_not_repeat_them(row: type[GainRow]) -> None:
    assert not {"losses", "gains"} & {field.name for field in fields(row)}


def test_rows_hold_no_field_beside_their_own() -> None:
    assert not hasattr(ROW, "__dict__")
    assert replace(ROW, gain=0.2).gain == 0.2
