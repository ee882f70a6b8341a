"""Further decodings of a pair, from what ``--also`` says to a judged comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import run, stored
from passes_builders import sampled_run

from evalsuite.asking.beside.decodings import plan_pairs
from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.disk.ledger import read_ledger
from evalsuite.errors import EvalsuiteError, InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.run import Decoding

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
N = 80


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Store a greedy pair without a gain, and the same pair sampled, where trained gains much."""
    monkeypatch.chdir(tmp_path)
    runs = [
        run([RIGHT] * 40 + [WRONG] * 40, name="base"),
        run([RIGHT] * 40 + [WRONG] * 40, name="trained"),
        as_sampled(sampled_run([8] * 40 + [0] * 40, "base")),
        as_sampled(sampled_run([8] * 40 + [6] * 40, "trained")),
    ]
    return [stored(tmp_path / "runs", each) for each in runs]


def as_sampled(answers: Run) -> Run:
    decoding = Decoding(max_new_tokens=64, temperature=1.0, samples=8)
    return replace(answers, spec=replace(answers.spec, decoding=decoding))


def spec(*also: str, **options: Any) -> CompareSpec:
    return CompareSpec(subsets=0, max_new_tokens=(64,), also=also, **options)


def compared(names: list[str]) -> Comparison:
    plan = plan_comparison(names[:2], spec(",".join(names[2:])))
    judged = run_comparison(plan).judged
    assert isinstance(judged, Comparison)
    return judged


def test_a_stored_pair_beside_the_headline_is_tested_against_it(names: list[str]) -> None:
    judged = compared(names)

    (row,) = judged.decodings
    assert row.gain == pytest.approx(0.375)
    assert row.difference.gain == pytest.approx(0.375)
    assert judged.verdict is not None
    assert "decoding_dependent" in judged.verdict.qualifiers
    assert judged.gain.estimate == 0  # the headline is about the pair named first


def test_a_further_decoding_leaves_the_decision_as_it_is(names: list[str]) -> None:
    alone = run_comparison(plan_comparison(names[:2], spec())).judged
    assert isinstance(alone, Comparison)

    judged = compared(names)

    assert judged.verdict is not None
    assert alone.verdict is not None
    assert judged.verdict.decision == alone.verdict.decision
    assert judged.verdict.statements == alone.verdict.statements


def test_both_pairs_stand_in_the_provenance(names: list[str]) -> None:
    known = compared(names).provenance

    assert [known[side]["run"] for side in ("base", "trained")] == [n[4:] for n in names[:2]]
    assert [known["also"][0][side]["run"] for side in ("base", "trained")] == [
        n[4:] for n in names[2:]
    ]


def test_another_decoding_is_another_look_on_the_questions(
    names: list[str], tmp_path: Path
) -> None:
    judged = compared(names)

    assert judged.look == 1
    assert len(list(read_ledger(tmp_path / "runs"))) == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("warm", "no decoding; use greedy"),
        ("temperature=hot", "'hot' is no such number"),
        ("samples=1.5", "'1.5' is no such number"),
        ("temperature=nan", "'nan' is no such number"),
        ("heat=1", "no decoding; use greedy"),
        ("", "no decoding; use greedy"),
        ("greedy", "can't be asked again"),
        ("temperature=0.7,samples=8", "can't be asked again"),
        ("base,trained", "is a model"),
    ],
)
def test_a_decoding_that_leads_nowhere_is_refused(names: list[str], text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError, match=reason):
        plan_pairs(names[:2], spec(text))


def test_several_trained_models_have_no_further_decoding(names: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="one BASE and one TRAINED"):
        plan_comparison(names[:3], spec("greedy"))


def test_looks_have_no_further_decoding(names: list[str]) -> None:
    with pytest.raises(InvalidInputError, match="leave out --stop-early"):
        plan_comparison(names[:2], spec("greedy", stop_early=True))


def test_the_headlines_own_runs_are_refused(names: list[str]) -> None:
    plan = plan_comparison(names[:2], spec(",".join(names[:2])))

    with pytest.raises(EvalsuiteError, match="the decoding that the headline has"):
        run_comparison(plan)


def test_settings_that_contradict_each_other_are_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInputError, match="all the same answer"):
        plan_pairs(("base", "trained"), spec("samples=8", full=True))


def test_what_a_decoding_does_not_name_stays_as_the_headlines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = spec("greedy", "temperature=0.5", temperature=1.0, samples=3, seed=4)

    headline, also = plan_pairs(("base", "trained"), wanted)

    pairs = [headline, *also]
    decodings = [planned.spec.decoding for pair in pairs for planned in pair]
    known = [(d.temperature, d.samples, d.seed) for d in decodings]
    assert known == [(1.0, 3, 4)] * 2 + [(0.0, 1, 0)] * 2 + [(0.5, 3, 4)] * 2
