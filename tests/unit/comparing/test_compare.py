from __future__ import annotations

from dataclasses import replace

import pytest
from builders import checked, paired, question, run

from evalsuite.comparing.compare import Design
from evalsuite.comparing.gain_parts import cause_counts, causes
from evalsuite.comparing.tables import PairedRows
from evalsuite.comparing.tabulate import tabulate
from evalsuite.errors import NotComparableError
from evalsuite.records.run import Decoding
from evalsuite.stats import difference_interval, mcnemar

RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"
LONG = "so many words before " + RIGHT


def test_questions_are_paired_by_id_not_by_order() -> None:
    base, trained = run([RIGHT, WRONG, RIGHT]), run([WRONG, WRONG, RIGHT])
    shuffled = replace(
        trained,
        questions=trained.questions[::-1],
        responses=trained.responses[::-1],
        grades=trained.grades[::-1],
    )

    assert paired(base, shuffled) == paired(base, trained)


def test_other_questions_are_refused_and_named() -> None:
    with pytest.raises(NotComparableError, match=r"1 ids are in one only \(q-2\)"):
        paired(run([RIGHT] * 3), run([RIGHT] * 2))


@pytest.mark.parametrize(("field", "what"), [("gold", "gold answers"), ("text", "texts")])
def test_other_golds_or_texts_are_refused(field: str, what: str) -> None:
    base = run([RIGHT] * 2)
    changed = {"gold": question(1, gold=9), "text": replace(question(1), text="Else?")}[field]
    trained = replace(base, questions=(base.questions[0], changed))

    with pytest.raises(NotComparableError, match=what):
        paired(base, trained)


def test_every_discordant_question_has_one_cause() -> None:
    base = run(
        [WRONG, PLAIN, LONG[:24], RIGHT, RIGHT],
        finishes=["stop", "stop", "length", "stop", "stop"],
        budget=24,
    )
    trained = run([RIGHT, RIGHT, RIGHT, WRONG, RIGHT], budget=24)

    assert causes(paired(base, trained)) == (
        "reasoned",
        "formatted",
        "finished",
        "reasoned",
        None,
    )


def test_the_three_parts_sum_to_the_gain_exactly() -> None:
    base = run(
        [WRONG, PLAIN, LONG[:20], LONG[:20], RIGHT],
        finishes=["stop", "stop", "length", "length", "stop"],
    )
    parts = cause_counts(paired(base, run([RIGHT, RIGHT, RIGHT, RIGHT, WRONG])))

    assert parts is not None
    three = (parts.finished, parts.formatted, parts.reasoned)
    assert sum(p.gains - p.losses for p in three) == 3
    assert [(p.losses, p.gains) for p in three] == [(0, 2), (0, 1), (1, 1)]
    assert parts.without_finished is not None
    assert (parts.without_finished.losses, parts.without_finished.gains) == (1, 2)


def test_without_recorded_ends_there_is_no_attribution() -> None:
    base = run([WRONG, RIGHT], finishes=["unknown", "unknown"])

    assert cause_counts(paired(base, run([RIGHT, RIGHT]))) is None


def test_a_comparison_holds_what_the_statistics_say() -> None:
    base = run([RIGHT] * 10 + [WRONG] * 20)
    trained = run([WRONG] * 2 + [RIGHT] * 20 + [WRONG] * 8)

    found = checked(base, trained, Design(budgets=(8, 64)))

    table = found.table
    assert (table.both, table.losses, table.gains, table.neither) == (8, 2, 12, 8)
    tango = difference_interval(8, 2, 12, 8)
    assert found.gain.interval.low == tango.low
    assert found.mcnemar.exact == mcnemar(2, 12).pvalue
    assert found.gain.estimate == pytest.approx(10 / 30)
    assert found.base.accuracy == pytest.approx(1 / 3)


def test_every_budget_has_its_row_and_the_largest_is_the_headline() -> None:
    base = run([LONG, RIGHT], budget=64)

    found = checked(base, base, Design(budgets=(12, 64)))

    assert found.headline_budget == 64
    assert [row.base.truncated for row in found.budgets] == [1, 0]
    assert [row.base.accuracy for row in found.budgets] == [0.5, 1.0]


def test_swapping_the_models_negates_everything() -> None:
    base, trained = run([RIGHT, WRONG, WRONG, LONG]), run([WRONG, RIGHT, RIGHT, LONG])
    design = Design(budgets=(12, 64), subsets=((0, ("q-0", "q-1")),))

    forth, back = checked(base, trained, design), checked(trained, base, design)

    assert forth.gain.estimate == -back.gain.estimate
    assert forth.gain.interval.low == pytest.approx(-back.gain.interval.high)
    assert forth.mcnemar == back.mcnemar
    assert [r.gain for r in forth.budgets] == [-r.gain for r in back.budgets]
    assert [r.gain for r in forth.subsets] == [-r.gain for r in back.subsets]


def test_subsets_are_index_sets_over_the_same_answers() -> None:
    base, trained = run([WRONG] * 4), run([RIGHT, WRONG, RIGHT, WRONG])

    found = checked(base, trained, Design(subsets=((0, ("q-0", "q-2")), (1, ("q-1",)))))

    assert [(s.n, s.gains, s.trained) for s in found.subsets] == [(2, 2, 1.0), (1, 0, 0.0)]


def test_other_prompts_or_decoding_block_the_comparison() -> None:
    base = run([RIGHT])
    levels = {}
    for name, other in {
        "EVS002": run([RIGHT], prompt="boxed@1"),
        "EVS003": run([RIGHT], decoding=Decoding(max_new_tokens=64, temperature=0.7)),
        "EVS007": run([RIGHT], dtype="bfloat16"),
    }.items():
        checks = {c.code: c.level for c in checked(base, other, Design()).checks}
        levels[name] = checks[name]

    assert levels == dict.fromkeys(("EVS002", "EVS003", "EVS007"), "blocking")


def test_rows_show_where_each_budget_cuts() -> None:
    base = run([LONG, RIGHT])

    table = tabulate(base, (12, 64), 12)

    rows = PairedRows(table, table, (12, 64))

    assert rows[0].base.cuts == (12, None)
    assert rows[0].base.finish == "length"
    assert not rows[0].base.strict
    assert rows[0].base.text == LONG
    assert rows[1].base.cuts == (None, None)


def test_several_answers_a_question_widen_every_interval() -> None:
    """Ten questions answered alike four times are ten questions, not forty."""
    from evalsuite.comparing.gain import accuracy_interval, paired_gain

    ids = [f"q-{i}" for i in range(10) for _ in range(4)]
    base = [i % 2 == 0 for i in range(10) for _ in range(4)]
    trained = [i % 5 != 0 for i in range(10) for _ in range(4)]

    once = paired_gain(base[::4], trained[::4], ids[::4])
    rows = paired_gain(base, trained, [str(i) for i in range(40)])
    several = paired_gain(base, trained, ids)

    assert several.estimate == once.estimate
    assert several.exact == once.exact
    assert several.method == "cluster-t"
    width = several.interval.high - several.interval.low
    assert width > rows.interval.high - rows.interval.low
    alone = accuracy_interval(base, [str(i) for i in range(40)])
    together = accuracy_interval(base, ids)
    assert together.high - together.low > alone.high - alone.low


def test_the_bounds_free_only_answers_that_were_cut_off_and_wrong() -> None:
    """One of base's two cut-off answers is right already and can't become more right."""
    base = run([RIGHT + " and", LONG[:20], WRONG], finishes=["length", "length", "stop"])

    found = checked(base, run([RIGHT, WRONG, WRONG]), Design())

    assert found.base.right_although_truncated == 1
    assert found.truncation.bounds is not None
    assert found.truncation.bounds.low == pytest.approx(-1 / 3)
    assert found.truncation.bounds.high == 0


def test_answers_that_hold_no_box_are_counted() -> None:
    found = checked(run([PLAIN, WRONG, RIGHT]), run([RIGHT, WRONG, RIGHT]), Design())

    assert (found.base.no_answer, found.trained.no_answer) == (1, 0)


def test_warnings_speak_up_exactly_when_their_limit_is_passed() -> None:
    cut = run([LONG[:20]] * 2 + [RIGHT] * 18, finishes=["length"] * 2 + ["stop"] * 18)
    whole = run([WRONG] * 2 + [RIGHT] * 18)

    levels = {c.code: c.level for c in checked(cut, whole, Design()).checks}
    calm = {c.code: c.level for c in checked(whole, whole, Design()).checks}
    lost = {c.code: c.level for c in checked(run([RIGHT] * 9), run([WRONG] * 9), Design()).checks}

    assert (levels["EVS010"], levels["EVS011"]) == ("warning", "warning")
    assert (calm["EVS010"], calm["EVS011"], calm["EVS022"]) == ("passed", "passed", "passed")
    assert lost["EVS022"] == "warning"
    assert calm["EVS008"] == "warning"


def test_without_a_page_the_rest_of_a_comparison_is_the_same() -> None:
    runs = run([RIGHT, WRONG, RIGHT] * 20), run([RIGHT, RIGHT, WRONG] * 20)
    whole = checked(*runs, Design())
    bare = checked(*runs, Design(has_page=False))

    assert whole.power.curve
    assert whole.diagnostics.pop("self_check")
    assert (bare.power.curve, bare.power.expectations) == ((), ())
    assert replace(whole, power=bare.power) == bare
