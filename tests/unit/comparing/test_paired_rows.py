from __future__ import annotations

from dataclasses import replace

import pytest
from builders import question, run

from evalsuite.comparing.tables import PairedRows, gold_text
from evalsuite.comparing.tabulate import tabulate


def test_a_gold_is_shown_as_a_plain_number_or_as_its_source_has_it() -> None:
    golds = ["7/2", "1,080", "blue", None]

    shown = [gold_text(replace(question(0), gold=gold)) for gold in golds]

    assert shown == ["3.5", "1080", "blue", None]


def test_rows_pair_by_id_and_show_the_whole_text_with_its_grade_at_the_headline() -> None:
    base = run([r"first \boxed{7}", "it is 7"])
    trained = replace(base, questions=base.questions[::-1], responses=base.responses[::-1])

    tables = [tabulate(side, (6, 64), 6) for side in (base, trained)]
    rows = PairedRows(tables[0], tables[1], (6, 64))

    assert [row.question_id for row in rows] == ["q-0", "q-1"]
    assert rows[0].base == rows[0].trained
    assert (rows[0].base.text, rows[0].base.cuts) == (r"first \boxed{7}", (6, None))
    assert (rows[0].base.strict, rows[0].base.answer, rows[0].base.span) == (False, None, None)


def test_rows_of_logs_that_can_not_be_cut_are_shown_as_stored() -> None:
    log = run(["it is 7"], finishes=["unknown"])
    bare = replace(
        log, responses=tuple(replace(r, token_ends=None, n_tokens=None) for r in log.responses)
    )

    (row,) = PairedRows(tabulate(bare), tabulate(bare), ())

    assert (row.base.finish, row.base.flexible, row.base.cuts) == ("unknown", True, ())


def test_rows_are_a_sequence_whose_rows_are_made_when_they_are_asked_for() -> None:
    table = tabulate(run(["it is 7", "it is 8", "it is 9"]), (64,))

    rows = PairedRows(table, table, (64,))

    assert len(rows) == 3
    assert rows[-1] == rows[2] == list(rows)[2]
    assert rows[1:] == [rows[1], rows[2]]
    assert rows[0] is not rows[0]
    with pytest.raises(IndexError):
        rows[3]


def test_flips_and_rows_without_widths_are_those_of_the_rows() -> None:
    base = tabulate(run([r"\boxed{7}", r"\boxed{8}", "it is 9", "10"]), (64,))
    trained = tabulate(run([r"\boxed{7}", r"\boxed{7}", "it is 8", r"\boxed{9}"]), (64,))

    rows = PairedRows(base, trained, (64,))

    flips = [(row.question_id, row.base.strict != row.trained.strict) for row in rows]
    assert [*rows.flips()] == flips
    assert {is_flip for _, is_flip in flips} == {True, False}
    for i, row in enumerate(rows):
        base_side, trained_side = (replace(s, widths=None) for s in (row.base, row.trained))
        assert row.base.widths is not None
        assert rows.without_widths(i) == replace(row, base=base_side, trained=trained_side)
