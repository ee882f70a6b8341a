"""Statements told: headlines and checks as sentences of one language.

Records hold keys and values. Files of schema 1 hold English alone: it is shown as it stands, and a
page of another language says that it is English.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from evalsuite.records.verdict import FAILING, Statement
from evalsuite.reporting.blocks import CheckItem
from evalsuite.reporting.naming import names_of
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from evalsuite.records.gate import GateResult
    from evalsuite.records.judged import Judged
    from evalsuite.records.training import Diagnosis, TrainingLog
    from evalsuite.records.verdict import Check, Verdict
    from evalsuite.reporting.wording import Words

__all__ = [
    "advised_finding",
    "doubts",
    "finding_statement",
    "headline_text",
    "in_english",
    "told_check",
    "told_gate",
]

STORED = "en"
"""Language of the sentences in ``results.json``."""

Record = TypeVar("Record", bound="Judged")


def headline_text(verdict: Verdict | None, catalogue: Words) -> str:
    """Tell the headline, or that nothing was judged."""
    if verdict is None:
        return catalogue.text("no_verdict")
    return visible(_sentences(verdict, catalogue) or verdict.headline)


def _sentences(verdict: Verdict, catalogue: Words) -> str:
    """Tell the statements; nothing where an earlier version stated what no catalogue tells now."""
    if not all(map(catalogue.knows, verdict.statements)):
        return ""
    # "Not comparable: {reason}." brings its own full stop
    return catalogue.gap.join(map(catalogue.tell, verdict.statements))


def told_check(check: Check, catalogue: Words) -> CheckItem:
    """Tell a check: its title by code and outcome, its detail by statement, and what to do."""
    fails = check.level in FAILING
    known = _title(check, catalogue)
    remedy = catalogue.find(f"check_remedy.{check.code}") if fails else None
    statement = check.statement
    if statement is not None and not catalogue.knows(statement):
        statement = None  # of an earlier version: its English is shown
    foreign = None if catalogue.lang == STORED else STORED
    return CheckItem(
        code=one_line(check.code),
        title=one_line(check.title if known is None else known),
        detail=visible(catalogue.tell(statement) if statement else check.detail),
        title_lang=foreign if known is None else None,
        detail_lang=None if statement else foreign,
        remedy=remedy,
    )


def _title(check: Check, catalogue: Words) -> str | None:
    """Title a check by its outcome: only what holds stands under what should hold."""
    if check.level == "passed":
        return catalogue.find(f"check_title.{check.code}")
    if check.level == "not_applicable":
        return catalogue.find(f"check_open.{check.code}")
    variant = check.statement.key.rpartition(".")[2] if check.statement else ""
    by_code = catalogue.find(f"check_failed.{check.code}")
    return catalogue.find(f"check_failed.{variant}") or by_code


def doubts(checks: Iterable[Check], verdict: Verdict | None, catalogue: Words) -> Iterator[str]:
    """List every check that does not hold: code, title and detail, blocking ones first.

    What the headline gives as its reason is not said again.
    """
    headline = () if verdict is None else verdict.statements
    reasons = [value for statement in headline for value in statement.values.values()]
    checks = tuple(check for check in checks if check.statement not in reasons)
    for level in FAILING:
        for check in checks:
            if check.level == level:
                item = told_check(check, catalogue)
                line = catalogue.say("chips.detail", title=item.title, detail=item.detail)
                yield one_line(f"{item.code} {line}", longest=400)


def in_english(judged: Record) -> Record:
    """Fill in the English that ``results.json`` holds beside its statements, parts included."""
    record: Any = judged
    catalogue = words(STORED).calling(names_of(record))
    changes: dict[str, Any] = {}
    if record.verdict is not None and record.verdict.statements:
        text = _sentences(record.verdict, catalogue) or record.verdict.headline
        changes["verdict"] = replace(record.verdict, headline=text)
    if record.checks:
        changes["checks"] = tuple(_english(check, catalogue) for check in record.checks)
    log = getattr(record, "training", None)
    if log is not None and log.findings:
        changes["training"] = _english_log(log, catalogue)
    if record.parts != (record,):
        changes["comparisons"] = tuple(map(in_english, record.parts))
    return replace(record, **changes) if changes else judged


def _english(check: Check, catalogue: Words) -> Check:
    if check.statement is None or not catalogue.knows(check.statement):
        return check
    title = _title(check, catalogue)
    return replace(check, title=title or check.code, detail=catalogue.tell(check.statement))


def finding_statement(finding: Diagnosis) -> Statement:
    """State what a training's log means, by the finding's code and variant."""
    of_one_step = "_one" if finding.values.get("n") == 1 else ""
    key = f"training.failure_{_name(finding)}{of_one_step}"
    return Statement(key=key, values=dict(finding.values))


def advised_finding(finding: Diagnosis, catalogue: Words) -> str:
    """Say what a training's log means and the way out, while it can still be gone."""
    statement = finding_statement(finding)
    if not catalogue.knows(statement):
        return finding.sentence
    own = catalogue.find(f"training_advice.{_name(finding)}")
    advice = own or catalogue.find(f"training_advice.{finding.code}")
    return catalogue.gap.join(filter(None, (catalogue.tell(statement), advice)))


def _name(finding: Diagnosis) -> str:
    return "_".join(filter(None, (finding.code, finding.variant)))


def _english_log(log: TrainingLog, catalogue: Words) -> TrainingLog:
    """Fill in the findings' English; one of an earlier version keeps its own."""
    findings = (
        replace(finding, sentence=catalogue.tell(statement))
        if catalogue.knows(statement := finding_statement(finding))
        else finding
        for finding in log.findings
    )
    return replace(log, findings=tuple(findings))


def told_gate(outcome: GateResult, catalogue: Words) -> GateResult:
    """Say in words why each rule of a gate came out as it did."""
    rules = (
        replace(rule, detail=catalogue.gap.join(map(catalogue.tell, rule.statements)))
        for rule in outcome.rules
    )
    return replace(outcome, rules=tuple(rules))
