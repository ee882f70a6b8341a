"""Which questions a report carries: flips and a seeded draw, looked at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest
from report_builders import built

from evalsuite.errors import InvalidInputError
from evalsuite.reporting.browser import selection
from evalsuite.reporting.browser.selection import places_of, places_of_few, row_index, select_rows

if TYPE_CHECKING:
    from evalsuite.records.paired import PairedRow


@pytest.mark.parametrize(("which", "n"), [("all", 50), ("flips", 10), ("none", 0)])
def test_responses_can_be_chosen(which: Any, n: int) -> None:
    _, rows = built((20, 5, 5, 20))

    assert len(select_rows(rows, which)) == n


def test_a_sample_is_every_flip_and_a_seeded_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selection, "SAMPLED", 7)
    _, rows = built((20, 5, 5, 20))

    first, again, other = (select_rows(rows, "sample", seed=seed) for seed in (0, 0, 1))

    assert len(first) == 17
    assert first == again
    assert first != other
    assert sum(r.base.strict != r.trained.strict for r in first) == 10


def test_an_unknown_choice_of_responses_names_the_known_ones() -> None:
    with pytest.raises(InvalidInputError, match="all, flips, sample, none"):
        select_rows([], "some")  # type: ignore[arg-type]  # what is tested


class Counted(Sequence["PairedRow"]):
    """Rows that count how often each is asked for, as one that is made then would be."""

    def __init__(self, rows: Sequence[PairedRow]) -> None:
        self.rows, self.asked = rows, Counter[int]()

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:
        self.asked[index] += 1
        return self.rows[index]


def test_rows_that_are_made_when_asked_for_are_looked_at_once() -> None:
    rows = Counted(built((20, 5, 5, 20))[1])

    index = row_index(rows)
    places_of(index, "sample", seed=0)
    places_of_few(index, seed=0)

    assert set(rows.asked.values()) == {1}
