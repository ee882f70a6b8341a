"""What a training log means, in the section that draws it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from report_builders import built, training_log

from evalsuite.records.training import Diagnosis, Packing, SampledAnswer
from evalsuite.reporting.blocks import Facts, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.training import training
from evalsuite.reporting.telling import advised_finding, in_english
from evalsuite.reporting.wording import words
from evalsuite.training.diagnosis import conclude

_STEADY = {"reward": 0.4, "reward_std": 0.4, "grad_norm": 0.5, "rewards/correct/mean": 0.4}
_LOGS: dict[str, list[dict[str, float]]] = {
    "healthy_right": [_STEADY] * 24,
    "healthy_right_short": [_STEADY] * 23,
    "healthy": [{"reward": 0.4, "reward_std": 0.4}] * 24,
    "healthy_short": [{"reward": 0.4, "reward_std": 0.4}],
    "nothing_learned_reward": [_STEADY | {"reward_std": 0.0}] * 2,
    "nothing_learned_gradient": [_STEADY | {"grad_norm": 0.0}] * 2,
    "no_gradient_gradient": [_STEADY, *[_STEADY | {"grad_norm": 0.0}] * 20],
    "no_gradient_reward": [_STEADY, *[_STEADY | {"reward_std": 0.0}] * 20],
    "no_signal_hard": [_STEADY | {"groups_without_signal": 0.9, "groups_all_wrong": 0.9}],
    "no_signal_easy": [_STEADY | {"groups_without_signal": 0.9, "groups_all_wrong": 0.0}],
    "cut_off": [_STEADY | {"completions/clipped_ratio": 0.9}],
    "collapsed": [_STEADY | {"entropy": 0.001}],
    "ratios_clipped": [_STEADY | {"clip_ratio/region_mean": 0.5}],
    "shortened": [_STEADY | {"completions/mean_length": length} for length in (90, *[9] * 40)],
    "fallen": [_STEADY, *[_STEADY | {"rewards/correct/mean": 0.01}] * 9],
    "spread_lost": [_STEADY | {"reward_std": 0.4 if i < 20 else 0.01} for i in range(60)],
}


def blocks_of(findings: tuple[Diagnosis, ...], lang: str = "en") -> list[Any]:
    log = replace(training_log(), findings=findings)
    section = training(Page(built(training=log)[0], words(lang)))
    assert section is not None
    return list(section.blocks)


@pytest.mark.parametrize("name", _LOGS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_meaning_of_a_log_has_its_sentence(name: str, lang: str) -> None:
    log = [{"step": float(i)} | row for i, row in enumerate(_LOGS[name], 1)]
    findings = conclude(log)
    assert name in ["_".join(filter(None, (f.code, f.variant))) for f in findings]
    told = [block for block in blocks_of(findings, lang) if isinstance(block, Text)]
    assert len(told) >= len(findings)
    assert "{" not in "".join(str(block.phrase) for block in told)


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "code", ["unlearned", "reward_up_heldout_down", "reward_up_accuracy_down", "unknown"]
)
def test_what_no_short_log_shows_has_its_sentence_too(code: str, lang: str) -> None:
    values = dict.fromkeys(("start", "now", "first", "last"), 0.5)
    finding = Diagnosis(code=code, level="problem", values=values)
    told = advised_finding(finding, words(lang))
    assert told
    assert "{" not in told


def test_results_hold_the_english_of_a_finding_beside_it() -> None:
    log = replace(training_log(), findings=conclude([_STEADY | {"entropy": 0.001}]))
    written = in_english(built(training=log)[0])
    assert written.training is not None
    assert written.training.findings[0].sentence.startswith("Entropy collapse: it went from 0.001")
    older = replace(log, findings=(Diagnosis(code="of_old", level="note", sentence="As it was."),))
    kept = in_english(built(training=older)[0]).training
    assert kept == older


def test_lines_and_answers_stand_below_their_finding_and_are_made_harmless() -> None:
    answer = SampledAnswer(step=7, text="a\x07b", rewards={"correct": 0.0})
    finding = replace(conclude([_STEADY | {"step": 7.0, "entropy": 0.001}])[0], answers=(answer,))
    text, facts, *_ = blocks_of((finding,))
    assert "Entropy collapse" in str(text.phrase)
    assert isinstance(facts, Facts)
    assert dict(facts.pairs).keys() == {"step 7", "answer at step 7 (correct 0)"}
    assert "\x07" not in str(facts.pairs[1][1])


def test_a_finding_of_a_later_version_is_left_out() -> None:
    unknown = Diagnosis(code="never_heard_of", level="note")
    assert not isinstance(blocks_of((unknown,))[0], Text)


def _section_of(steps: tuple[dict[str, float], ...], lang: str = "en") -> list[Any]:
    log = replace(training_log(), steps=steps)
    section = training(Page(built(training=log)[0], words(lang)))
    assert section is not None
    return list(section.blocks)


def _look(step: int, right: float, **more: float) -> dict[str, float]:
    return {"step": float(step), "heldout/accuracy": right, **more}


def test_looks_at_held_out_questions_are_drawn_with_their_intervals() -> None:
    ends = {"heldout/low": 0.1, "heldout/high": 0.6}
    logged = ({"step": 1.0, "loss": 3.0}, {"step": 2.0, "loss": 2.0})
    steps = (_look(0, 0.2, **ends), logged[0], _look(1, 0.4, **ends), logged[1])
    plot, note, *_ = _section_of(steps)
    (line,) = plot.drawing.panels[0].lines
    assert (line.x, line.y, line.low, line.high) == ((0, 1), (0.2, 0.4), (0.1, 0.1), (0.6, 0.6))
    assert str(plot.title) == "Held-out accuracy went from 20.0% to 40.0% while training"
    assert "not smoothed" in str(note.phrase)
    assert "2 logged steps" in str(plot.grid.caption)


def test_looks_of_earlier_versions_are_drawn_without_intervals() -> None:
    plot, *_ = _section_of((_look(0, 0.2), _look(5, 0.4)))
    (line,) = plot.drawing.panels[0].lines
    assert (line.y, line.low, line.high) == ((0.2, 0.4), (), ())


def test_a_log_without_looks_lacks_nothing_by_it() -> None:
    blocks = _section_of(({"step": 1.0, "loss": 3.0}, {"step": 2.0, "loss": 2.0}))
    [absent] = [str(b.phrase) for b in blocks if isinstance(b, Text)]
    assert absent.startswith("Not in the log: reward")
    assert "held-out" not in absent


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_packed_weights_below_an_adapter_are_told(lang: str) -> None:
    log = replace(training_log(), packing=Packing(bits=4))
    section = training(Page(built(training=log)[0], words(lang)))
    assert section is not None
    bits = words(lang).say("training.packed", bits="4")
    assert str(bits) in [str(b.phrase) for b in section.blocks if isinstance(b, Text)]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "row", [{"reward_std": 0.0}, {"grad_norm": 0.0}, {}, {"rewards/correct/mean": None}]
)
def test_one_logged_step_is_told_as_one(row: dict[str, float | None], lang: str) -> None:
    logged = {k: v for k, v in (_STEADY | {"step": 1.0} | row).items() if v is not None}
    (finding,) = conclude([logged])
    told = advised_finding(finding, words(lang))
    assert {"en": "in the one logged step", "zh": "唯一的记录步里"}[lang] in told
    assert "{" not in told
