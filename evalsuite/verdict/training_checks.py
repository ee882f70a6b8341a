"""Checks of the training behind the trained model, by the log and the records that it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.records.verdict import Statement
from evalsuite.verdict.checks import Facts, Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from evalsuite.records.run import Run
    from evalsuite.records.training import Contamination, PromptRecord

__all__ = ["TRAINING_CHECKS"]

_LONGEST_TEXT = 120
"""Characters of a system message in a sentence; the record has it whole."""
_MOST = 0.5
"""Shared passages are no fault one by one: tasks have their phrases. With more than half of the
questions, the passages trained on are what most of the gain was counted on. Not so where both are
generated from the same sentences: then chance makes the more of them, the more is trained on."""
_ABSENT = object()
"""What a record does not have, where None is a value."""


def _training_log(facts: Facts) -> Finding:
    log = facts.comparison.training
    if log is None:
        return Finding(False, "none")
    trained = [step for step in log.steps if "reward" in step or "loss" in step]
    return Finding(True, values={"n": len(trained), "source": log.source})


def _reward_agrees(facts: Facts) -> Finding:
    log = facts.comparison.training
    rewards = [step["reward"] for step in log.steps if "reward" in step] if log else []
    if not rewards:
        return Finding(None, "none")
    first, last = rewards[0], rewards[-1]
    fell = last > first and facts.comparison.gain.estimate <= 0
    return Finding(None if len(rewards) < 2 else not fell, values={"first": first, "last": last})


def _trained_as_asked(facts: Facts) -> Finding:
    log, asked = facts.comparison.training, _asked(facts.trained)
    if log is None:
        return Finding(None, "none")
    if log.prompt is None or not asked:
        return Finding(None, "unrecorded")
    differences = tuple(_differences(log.prompt, asked))
    if differences:
        return Finding(False, "other", {"differences": differences})
    unknown = tuple(_unknown(log.prompt, asked))
    if unknown:
        return Finding(None, "partly", {"unknown": unknown})
    return Finding(True, values={"name": log.prompt.name})


def _no_test_questions_trained_on(facts: Facts) -> Finding:
    """Read what the training looked for, where it looked for these very questions."""
    log = facts.comparison.training
    if log is None:
        return Finding(None, "none")
    found = log.contamination
    if found is None:
        return Finding(None, "unrecorded")
    if found.test_sha256 != facts.trained.spec.questions_sha256:
        made = Statement(key="check_reason.generated_test")
        return Finding(None, "other", {"test": made if found.generated else found.test})
    values = {
        "exact": found.exact,
        "overlapping": found.overlapping,
        "n": found.n_test,
        "k": found.words,
        "short": found.short,
    }
    return Finding(*_contaminated(found), values)


def _contaminated(found: Contamination) -> tuple[bool | None, str]:
    """Judge what was found: whether none was trained on, and which sentence says so."""
    if found.exact:
        return False, "exact"
    n_long = found.n_test - found.short
    if n_long == 0:
        return None, "short"
    if found.generated and found.overlapping:
        return True, "generated"
    is_mostly = found.overlapping > _MOST * n_long
    return (False, "overlap") if is_mostly else (True, "")


def _asked(run: Run) -> Mapping[str, Any]:
    """Give what a run records of how it asked; runs of earlier versions have the text alone."""
    known = run.surroundings
    if known.prompt_record is not None:
        return known.prompt_record
    return {"rendered": known.prompt_template} if known.prompt_template else {}


def _differences(training: PromptRecord, asked: Mapping[str, Any]) -> Iterator[Statement]:
    """Name what differs; the rendered text alone where nothing else explains it."""
    before = _of_training(training)
    differing = [
        name
        for name, value in before.items()
        # What one side leaves open is never said to differ.
        if not _is_open(name, value, asked.get(name, _ABSENT)) and value != asked[name]
    ]
    for name in [each for each in differing if each != "rendered"] or differing:
        yield _told_apart(name, before[name], asked[name])


def _unknown(training: PromptRecord, asked: Mapping[str, Any]) -> Iterator[Statement]:
    """Name what one side leaves open; the text as sent has all of it but the penalty."""
    sides = {
        name: (value, asked.get(name, _ABSENT)) for name, value in _of_training(training).items()
    }
    names = [name for name, values in sides.items() if _is_open(name, *values)]
    for name in names if "rendered" in names else {"repetition_penalty"}.intersection(names):
        yield _told_apart(name, *sides[name])


def _of_training(training: PromptRecord) -> dict[str, Any]:
    return {
        "system": training.system,
        "arguments": dict(training.arguments),
        "template_sha256": training.template_sha256,
        "repetition_penalty": training.repetition_penalty,
        "rendered": training.rendered,
    }


def _is_open(name: str, *values: Any) -> bool:
    """Say whether a side does not tell: a server has a template and a penalty of its own."""
    has_none = name in ("system", "arguments")
    return any(value is _ABSENT or (not value and not has_none) for value in values)


def _told_apart(name: str, training: Any, evaluation: Any) -> Statement:
    values = {"training": _side(name, training), "evaluation": _side(name, evaluation)}
    return Statement(key=f"check_detail.asked_{name}", values=values)


def _side(name: str, value: Any) -> Any:
    return Statement(key="check_detail.asked_unknown") if _is_open(name, value) else _text(value)


def _text(value: Any) -> Any:
    if value in (None, {}):
        return Statement(key="check_detail.asked_none")
    if isinstance(value, dict):
        return ", ".join(f"{name}={value[name]}" for name in sorted(value))
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


TRAINING_CHECKS = (
    Rule("EVS031", "warning", _training_log),
    Rule("EVS032", "warning", _reward_agrees),
    Rule("EVS033", "warning", _trained_as_asked),
    Rule("EVS034", "warning", _no_test_questions_trained_on),
)
"""In order of code."""
