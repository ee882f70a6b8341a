"""Test questions among those trained on, as far as texts tell."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from evalsuite.records.run import Question
from evalsuite.tasks.contamination import by_hash, contamination_of, find_contamination, normalised
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.wordproblems import word_problems

LONG = "A farmer carries {n} red boxes from the old barn to the new one by the river every day."


def asked(question_id: str, text: str) -> Question:
    return Question(id=question_id, text=text, gold="1")


def test_copies_and_shared_passages_are_counted_and_listed() -> None:
    train = [asked("a", LONG.format(n=7) + " How many?"), asked("b", "2 + 2?"), asked("c", "Else.")]
    test = [
        asked("copy", "2 + 2 ?!"),
        asked("passage", LONG.format(n=9) + " Why?"),
        asked(
            "other", "Nothing of this sort stands anywhere in the questions that are trained on."
        ),
    ]

    found, every = find_contamination(train, test[::-1], name="t")

    assert found.pairs == (("passage", "a", "overlap"), ("copy", "b", "exact"))
    assert [each.test for each in every] == ["passage", "copy", "other"]
    assert [each.short for each in every] == [False, True, False]
    assert (found.n_train, found.n_test, found.exact, found.overlapping) == (3, 3, 1, 1)
    assert (found.short, found.words) == (1, 13)


def test_twelve_shared_words_are_no_overlap() -> None:
    words = [f"w{i}" for i in range(20)]
    shared = " ".join(words[:12])
    train, test = asked("a", f"{shared} x y z"), asked("b", f"{shared} p q r")
    assert find_contamination([train], [test], name="t")[0].pairs == ()
    longer = asked("a", " ".join(words[:13]))
    test = asked("b", f"p {longer.text} q")
    assert find_contamination([longer], [test], name="t")[0].overlapping == 1


@given(
    st.text(st.characters(max_codepoint=127), max_size=40) | st.text("ab1 2.,?!-'()%x_", max_size=9)
)
def test_a_text_without_accents_has_the_words_it_has_beside_one_with_accents(text: str) -> None:
    """Texts in ASCII are read by a shorter way."""
    assert normalised(f"\u00e9. {text}") == ("\u00e9", *normalised(text))


def test_case_signs_and_ways_of_writing_do_not_count() -> None:
    assert normalised("Caf\u00e9,  \uff34\uff37\uff2f") == normalised("cafe\u0301 two!")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("What is 7 - 3?", "What is 7 * 3?"),
        ("What is 7 - 3?", "What is 7, 3?"),
        ("x + 2 > 5", "x - 2 < 5"),
        ("∀∃?", "→ ⊂ !"),
        ("2 * (3 + 4)", "2 * 3 + 4"),
        ("(2 + 3) * 4", "2 + 3 * 4"),
        ("3.5 pears", "3 5 pears"),
        ("5² pears", "52 pears"),
        ("5! = ?", "5 = ?"),
    ],
)
def test_another_calculation_in_the_same_words_is_another_text(one: str, other: str) -> None:
    assert find_contamination([asked("a", one)], [asked("b", other)], name="t")[0].exact == 0


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7 − 3 × 2 ÷ 1", "7-3*2/1"),
        ("A well-known dog - Tom - barks.", "a well known dog, Tom, barks"),
        ("(He has **two**.)", "He has two!"),
    ],
)
def test_ways_of_writing_one_calculation_are_one(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)


def test_texts_without_a_word_are_no_copies() -> None:
    train = [asked("a", "?!"), asked("b", "")]
    assert find_contamination(train, [asked("c", "..."), asked("d", "")], name="t")[0].exact == 0


def test_chinese_is_compared_by_its_characters() -> None:
    shared = "农夫每天把红色的箱子从旧谷仓搬到河边的新谷仓"
    train, test = asked("a", f"{shared}，一共多少？"), asked("b", f"昨天{shared}几次？")
    found, _ = find_contamination([train], [test], name="t")
    assert (found.pairs, found.short) == ((("b", "a", "overlap"),), 0)


def test_of_a_part_of_the_test_only_what_is_asked_is_counted() -> None:
    train = [asked("a", LONG.format(n=7)), asked("b", "2 + 2?")]
    test = [
        asked("copy", "2 + 2 ?!"),
        asked("passage", LONG.format(n=9) + " Why?"),
        asked("c", "x"),
    ]
    found, every = find_contamination(train, test, name="t")

    part = contamination_of(found, every, test[1:])

    assert (part.n_test, part.exact, part.overlapping, part.short) == (2, 0, 1, 1)
    assert part.pairs == (("passage", "a", "overlap"),)
    assert part.test_sha256 == questions_sha256(tuple(test[1:]))
    assert contamination_of(found, every, test) == found


def test_of_questions_that_were_not_looked_for_nothing_new_is_counted() -> None:
    test = [asked("a", "2 + 2?"), asked("b", "3 + 3?")]
    found, every = find_contamination(test, test, name="t")

    assert contamination_of(found, every, [test[0], asked("b", "4 + 4?")]) == found
    assert contamination_of(found, every, [replace(test[0], gold="2")]) == found
    assert contamination_of(found, every, []) == found


def test_a_split_by_hash_depends_on_no_other_question() -> None:
    questions = word_problems("dev")
    train, test = by_hash(questions, 0.2)
    _, fewer = by_hash(questions[::-1][:150], 0.2)
    assert {q.id for q in fewer} == {q.id for q in test} & {q.id for q in questions[150:]}
    assert not {q.id for q in train} & {q.id for q in test}
    assert 40 <= len(test) <= 80


def test_copies_fall_on_the_same_side() -> None:
    copies = [asked(str(i), "Tom has 3 PEARS" + "!" * i) for i in range(9)]
    assert sorted(map(len, by_hash(copies, 0.5))) == [0, 9]
