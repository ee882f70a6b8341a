"""Checks of two logs of other tools: what only a log can have wrong.

They look at what the reader of the logs noted; a pair of our own runs has no notes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import quoted
from evalsuite.records.log_notes import LogNotes
from evalsuite.records.packed import column
from evalsuite.verdict.checks import Finding, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.run import Run
    from evalsuite.verdict.checks import Facts

__all__ = ["LOG_CHECKS", "are_logs", "graders_agree", "prompts_sent"]

_ROUNDING = 1e-9
"""Between two sums of the same scores in another order."""


def are_logs(facts: Facts) -> bool:
    """Return whether both sides were read from logs with scores of their own."""
    return all(run.log is not None for run in facts.runs)


def prompts_sent(facts: Facts) -> Finding:
    """Count the questions that were asked in other words."""
    changed, n = facts.comparison.changed_prompts, len(facts.base.questions)
    if changed is None:
        return Finding(None, "imported")
    return Finding(changed == 0, "changed" if changed else "equal", {"changed": changed, "n": n})


def graders_agree(facts: Facts) -> Finding:
    """Hold every other grader against the one that decides."""
    comparison, alpha = facts.comparison, facts.policy.alpha
    deciding = comparison.graders.get(comparison.decides)
    others = {
        name: row
        for name, row in comparison.graders.items()
        if name != comparison.decides and row.base + row.trained > 0
    }
    if deciding is None or not others:
        return Finding(None, "alone", {"grader": comparison.decides})
    odd = [
        name
        for name, row in others.items()
        if (row.exact <= alpha) != (deciding.exact <= alpha)
        or (row.gain > 0) != (deciding.gain > 0)
    ]
    values = {
        "grader": comparison.decides,
        "gain": deciding.gain,
        "p": deciding.exact,
        "names": ", ".join(map(quoted, odd or others)),
    }
    variant = "logged_other" if odd else "logged"
    unit = "" if comparison.gain.clusters is None else "_questions"
    return Finding(not odd, variant + unit, values)


def _same_harness(facts: Facts) -> Finding:
    base, trained = (_made_by(run) for run in facts.runs)
    if base is None or trained is None:
        return Finding(None, "unrecorded")
    return Finding(base == trained, values={"base": base, "trained": trained})


def _made_by(run: Run) -> str | None:
    log = run.log
    if log is None or log.harness is None or log.version is None:
        return None
    return " ".join(filter(None, (log.harness, log.version, log.task_version)))


def _two_logs(facts: Facts) -> Finding:
    models = {_notes(run).model for run in facts.runs}
    names = {"base": facts.base.spec.model.name, "trained": facts.trained.spec.model.name}
    files = [run.surroundings.sha256 for run in facts.runs]
    if files[0] == files[1] and len(models) == 1:
        return Finding(False, "file", names)
    if any(text is None for run in facts.runs for text in column(run.responses, "text")):
        # scores alone are no identity: two models may be right on the same few questions
        return Finding(None, "unrecorded")
    # a model with known weights may be asked twice on purpose; then the verdict says so itself
    if facts.comparison.same_weights is not True and _same_texts(*facts.runs):
        return Finding(False, "answers", names)
    return Finding(True)


def _same_texts(base: Run, trained: Run) -> bool:
    """Tell whether all answers are alike; most runs have one order and differ at once."""
    for left, right in zip(_texts(base), _texts(trained), strict=False):
        if left[:2] != right[:2]:
            return sorted(_texts(base)) == sorted(_texts(trained))
        if left != right:
            return False
    return len(base.responses) == len(trained.responses)


def _texts(run: Run) -> Iterator[tuple[str, int, str]]:
    names = ("question_id", "sample", "text")
    return zip(*(column(run.responses, name) for name in names), strict=True)


def _something_graded(facts: Facts) -> Finding:
    comparison = facts.comparison
    has_rights = any(
        True
        for run in facts.runs
        for scores in column(run.grades, "scores")
        if scores.get(comparison.decides)
    )
    others = [
        name
        for name, row in comparison.graders.items()
        if name != comparison.decides and row.base + row.trained > 0
    ]
    if has_rights:
        return Finding(True, values={"grader": comparison.decides})
    values = {"grader": comparison.decides, "names": ", ".join(map(quoted, others))}
    return Finding(False, "other" if others else "none", values)


def _results_agree(facts: Facts) -> Finding:
    compared = 0
    for run in facts.runs:
        notes, name = _notes(run), run.spec.model.name
        stated, counted = notes.stated, notes.counted
        if stated.n is not None:
            compared += 1
            if stated.n != counted.n:
                return Finding(
                    False, "rows", {"name": name, "stated": stated.n, "counted": counted.n}
                )
        for grader, mean in stated.means.items():
            mean_here = counted.means.get(grader)
            if mean_here is None:  # a figure that no row has is not held against any
                continue
            compared += 1
            if abs(mean - mean_here) > _ROUNDING:
                values = {"name": name, "grader": grader, "stated": mean}
                return Finding(False, "mean", values | {"counted": mean_here})
    return Finding(True, values={"k": compared}) if compared else Finding(None, "unrecorded")


def _all_shared(facts: Facts) -> Finding:
    missing = _notes(facts.trained).missing
    if missing is None:
        return Finding(True, values={"n": len(facts.base.questions)})
    k, n = missing.base_only + missing.trained_only, len(facts.base.questions)
    values: dict[str, Any] = {"k": k, "n": n}
    if missing.least is None or missing.most is None:
        return Finding(False, "unbounded", values)
    total = facts.comparison.gain.estimate * n
    low, high = ((total + end) / (n + k) for end in (missing.least, missing.most))
    return Finding(False, "bounded", values | {"low": low, "high": high})


def _notes(run: Run) -> LogNotes:
    return run.log or LogNotes()


LOG_CHECKS = (
    Rule("EVS005", "warning", _same_harness),
    Rule("EVS009", "blocking", _two_logs),
    Rule("EVS015", "blocking", _something_graded),
    Rule("EVS016", "warning", _results_agree),
    Rule("EVS017", "warning", _all_shared),
)
"""In order of code."""
