"""Checks of the training behind the trained model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders import checked, run

from evalsuite.comparing.compare import Design
from evalsuite.records.codec import plain
from evalsuite.records.training import Contamination, PromptRecord, TrainingLog
from evalsuite.records.verdict import Check, Policy
from evalsuite.reporting.wording import words

ASKED = PromptRecord(
    name="boxed@1",
    system="Box it.",
    system_in_user=False,
    template_sha256="a" * 64,
    rendered="system: Box it. user: {question}",
)


def check(training: PromptRecord | None, environment: dict[str, Any]) -> Check:
    """Check whether the trained model was asked as in training."""
    log = TrainingLog(source="l", max_completion_length=64, steps=(), prompt=training)
    return checks_of(log, environment)["EVS033"]


def checks_of(log: TrainingLog, environment: dict[str, Any]) -> dict[str, Check]:
    """Compare two runs of one question, the trained one asked as its environment says."""
    base, trained = run([r"\boxed{7}"]), run([r"\boxed{7}"], name="trained")
    design = Design(
        budgets=(64,), headline_budget=64, subsets=(), headline_set="full", policy=Policy()
    )
    judged = checked(base, replace(trained, environment=environment), design, training=log)
    return {each.code: each for each in judged.checks}


def told(found: Check, lang: str = "en") -> str:
    assert found.statement is not None
    return words(lang).tell(found.statement)


def test_a_model_asked_as_in_training_passes() -> None:
    found = check(ASKED, {"prompt_record": plain(ASKED)})
    assert (found.level, told(found)) == ("passed", "asked as in training: boxed@1")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"system": None, "rendered": "x"}, "system message (training: Box it.; evaluation: none)"),
        ({"arguments": {"enable_thinking": False}}, "evaluation: enable_thinking=False)"),
        ({"template_sha256": "b" * 64}, "the chat template itself"),
        ({"repetition_penalty": 1.1}, "repetition penalty (training: 1.0; evaluation: 1.1)"),
        ({"rendered": "user: Box it. {question}"}, "the prompt as sent"),
    ],
)
def test_every_difference_is_named(changes: dict[str, Any], reason: str) -> None:
    found = check(ASKED, {"prompt_record": plain(replace(ASKED, **changes))})
    assert found.level == "warning"
    assert reason in told(found)
    assert "不同之处" in told(found, "zh")


def test_what_is_not_recorded_is_never_said_to_differ() -> None:
    levels = [check(None, {"prompt_record": plain(ASKED)}), check(ASKED, {})]
    assert {found.level for found in levels} == {"not_applicable"}


def test_what_a_server_does_not_tell_is_no_pass() -> None:
    server = replace(ASKED, template_sha256=None, rendered="", repetition_penalty=None)
    found = check(ASKED, {"prompt_record": plain(server)})
    assert found.level == "not_applicable"
    assert told(found).endswith(
        "not known: the chat template itself, the repetition penalty (training: 1.0; evaluation: "
        "not known), the prompt as sent"
    )
    assert "未知" in told(found, "zh")
    other = check(ASKED, {"prompt_record": plain(replace(server, system=None))})
    assert other.level == "warning"


def test_a_run_of_an_earlier_version_is_held_to_the_text_it_sent() -> None:
    same = check(replace(ASKED, repetition_penalty=1.3), {"prompt_template": ASKED.rendered})
    assert same.level == "not_applicable"
    assert told(same).endswith(
        "not known: the repetition penalty (training: 1.3; evaluation: not known)"
    )
    assert told(check(ASKED, {"prompt_template": "other"})).endswith("differ in the prompt as sent")


def contaminated(exact: int, **changes: Any) -> Check:
    found = Contamination(
        test="held out",
        n_train=9,
        n_test=2,
        exact=exact,
        overlapping=1 - exact,
        short=0,
        words=13,
        test_sha256=run([r"\boxed{7}"]).spec.questions_sha256,
    )
    found = replace(found, **changes)
    log = TrainingLog(source="l", max_completion_length=64, steps=(), contamination=found)
    return checks_of(log, {})["EVS034"]


def test_copies_of_test_questions_in_the_training_set_are_warned_of() -> None:
    assert contaminated(1).level == "warning"
    assert told(contaminated(1)).startswith("1 of the 2 questions are among those trained on")
    assert contaminated(0).level == "passed"
    assert "1 share 13 words in a row" in told(contaminated(0))
    assert "连续 13 个词" in told(contaminated(0), "zh")


def test_questions_too_short_for_passages_are_counted_and_alone_no_pass() -> None:
    assert "for which 1 are too short" in told(contaminated(0, short=1, overlapping=0))
    short = contaminated(0, short=2, overlapping=0)
    assert short.level == "not_applicable"
    assert told(short).startswith("all 2 questions are shorter than 13 words")


def test_passages_shared_with_most_questions_are_warned_of() -> None:
    most = contaminated(0, overlapping=2)
    assert (most.level, contaminated(0, overlapping=1, short=1).level) == ("warning", "warning")
    assert "but 2 share 13 words in a row" in told(most)


def test_passages_that_generated_questions_share_by_design_are_told_and_no_warning() -> None:
    most = contaminated(0, overlapping=2, generated=True)
    assert most.level == "passed"
    assert "generated from the same sentences, so that 2 share 13 words" in told(most)
    assert "--twins" in told(most, "zh")
    assert contaminated(1, generated=True).level == "warning"


def test_a_look_for_other_questions_says_nothing_about_these() -> None:
    other = contaminated(1, test_sha256="elsewhere")
    assert (other.level, told(other)) == (
        "not_applicable",
        "the training was held against other questions (held out) than these",
    )
    log = TrainingLog(source="l", max_completion_length=64, steps=())
    assert checks_of(log, {})["EVS034"].level == "not_applicable"
