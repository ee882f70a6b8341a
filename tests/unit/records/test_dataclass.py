"""A dataclass of ours beside the standard library's, of the same fields."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import ClassVar

import numpy as np
import pytest
from pydantic import TypeAdapter

from evalsuite.records.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A place."""

    kind: ClassVar[str] = "place"
    x: int
    y: float = 0.5
    names: list[str] = dataclasses.field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Solid(Point):
    """A place in a room."""

    z: int
    y: float = 2.0

    def __post_init__(self) -> None:
        if self.z < 0:
            object.__setattr__(self, "z", 0)


@dataclass(frozen=True, slots=True)
class Pair:
    left: int
    right: int = 2


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing."""


def by_the_standard_library(record: type) -> type:
    """Give a class with the same fields, all of whose methods the standard library writes."""
    fields = [
        (field.name, field.type, dataclasses.field(default=field.default))
        if field.default_factory is dataclasses.MISSING
        else (field.name, field.type, dataclasses.field(default_factory=field.default_factory))
        for field in dataclasses.fields(record)
    ]
    is_keyword = all(field.kw_only for field in dataclasses.fields(record))
    return dataclasses.make_dataclass(
        record.__name__, fields, frozen=True, slots=True, kw_only=is_keyword
    )


@pytest.mark.parametrize("record", [Point, Pair])
def test_signature_and_text_are_the_standard_librarys(record: type) -> None:
    theirs = by_the_standard_library(record)
    values = {"x": 1} if record is Point else {"left": 1}

    ours, other = inspect.signature(record).parameters, inspect.signature(theirs).parameters
    assert [(p.name, p.kind, p.annotation) for p in ours.values()] == [
        (p.name, p.kind, p.annotation) for p in other.values()
    ]
    assert repr(record(**values)) == repr(theirs(**values))


def test_missing_and_unknown_arguments_are_named_with_the_class() -> None:
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) missing 1 required keyword-only"):
        Point()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"Point\.__init__\(\) got an unexpected keyword"):
        Point(x=1, w=2)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Point(1)  # type: ignore[call-arg]


def test_places_and_defaults_are_kept() -> None:
    assert (Pair(1).right, Pair(1, 3).right, Pair(1, right=4).right) == (2, 3, 4)
    assert (Point.kind, Point(x=1).y, Solid(x=1, z=1).y) == ("place", 0.5, 2.0)


def test_a_made_default_is_made_for_each() -> None:
    first, second = Point(x=1), Point(x=1)

    first.names.append("here")

    assert second.names == []


def test_a_value_that_compares_by_element_is_held() -> None:
    assert Pair(left=np.arange(3)).left.sum() == 3  # type: ignore[arg-type, attr-defined]  # any value


def test_what_runs_after_the_beginning_may_mend_a_field() -> None:
    assert Solid(x=1, z=-1).z == 0


def test_equality_is_that_of_kind_and_values() -> None:
    assert Pair(1) == Pair(1, 2)
    assert Pair(1) != Pair(2)
    assert Pair(1) != by_the_standard_library(Pair)(1)
    assert Solid(x=1, z=1) != Point(x=1)
    assert len({Pair(1), Pair(1, 2), Pair(2)}) == 2
    assert Empty() == Empty()
    assert hash(Empty()) == hash(Empty())


def test_a_record_is_not_changed_and_takes_no_further_name() -> None:
    pair = Pair(1)

    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign to field 'left'"):
        pair.left = 2  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot delete field 'left'"):
        del pair.left
    with pytest.raises(dataclasses.FrozenInstanceError):
        pair.middle = 2  # type: ignore[attr-defined]
    assert not hasattr(pair, "__dict__")


@pytest.mark.parametrize("record", [Pair(1, 3), Solid(x=1, z=2, names=["here"]), Empty()])
def test_copies_are_equal(record: object) -> None:
    assert copy.deepcopy(record) == copy.copy(record) == record
    assert pickle.loads(pickle.dumps(record)) == record  # noqa: S301  ours


def test_the_standard_library_and_pydantic_know_it() -> None:
    assert dataclasses.replace(Pair(1), right=5) == Pair(1, 5)
    assert Pair(1).__replace__(right=5) == Pair(1, 5)  # type: ignore[attr-defined]  # the class has it
    assert dataclasses.asdict(Pair(1)) == {"left": 1, "right": 2}
    assert TypeAdapter(Solid).validate_python({"x": 1, "z": -4}) == Solid(x=1, z=-4)


def test_only_frozen_records_with_slots_are_made() -> None:
    with pytest.raises(TypeError, match=r"dataclasses\.dataclass"):
        dataclass(frozen=False, slots=True)


def test_the_first_records_and_those_after_many_are_alike() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fresh:
        x: int
        names: list[str] = dataclasses.field(default_factory=list)
        y: float = 0.5

        def __post_init__(self) -> None:
            object.__setattr__(self, "y", self.y + 1)

    first = Fresh(x=1)
    assert not inspect.isfunction(vars(Fresh)["__init__"])
    later = [Fresh(x=1, y=0.5) for _ in range(200)][-1]

    assert inspect.isfunction(vars(Fresh)["__init__"])
    assert (first.x, first.y, first.names) == (1, 1.5, [])
    assert first == later
    assert first.names is not later.names


def test_fields_are_looked_up_once_and_of_bases_too() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Fresh(Solid):
        w: int = 4

    assert not isinstance(vars(Fresh)["__dataclass_fields__"], dict)
    assert [field.name for field in dataclasses.fields(Fresh)] == ["x", "y", "names", "z", "w"]
    assert vars(Fresh)["__dataclass_fields__"] is Fresh.__dataclass_fields__
    assert vars(Fresh)["__slots__"] == ("w",)
    assert (Pair.__match_args__, Fresh.__match_args__) == (("left", "right"), ())
    assert Fresh(x=1, z=1).kind == "place"
