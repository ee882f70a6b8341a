"""Early stopping: a look after every batch of questions, until the answer is known.

Questions are asked in one seeded random order, both models in turn. What is said afterwards uses
the anytime-valid p-value and interval of that order, which hold at every look; the fixed-size
test would not. The runs stay unfinished and can be completed by the same command without
``--stop-early``.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from operator import sub
from typing import TYPE_CHECKING

from evalsuite.asking.engines import load_engine
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import join_tables, tabulate
from evalsuite.errors import InvalidInputError
from evalsuite.generation.engine import requests_for
from evalsuite.records.comparison import McNemar, StoppedEarly
from evalsuite.records.run import Run
from evalsuite.records.statement import Statement
from evalsuite.seeds import stream
from evalsuite.stats import look
from evalsuite.storage import open_journal, run_folder
from evalsuite.verdict.checks import Finding, state
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.asking.evaluate import Progress
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Question, Response
    from evalsuite.stats import Look

__all__ = ["judge_early", "run_until_decided"]

_BATCH = 64
"""Questions between two looks; looks are free, the batch keeps the engine busy."""


def run_until_decided(
    base: PlannedRun, trained: PlannedRun, spec: CompareSpec, *, progress: Progress
) -> tuple[PlannedRun, PlannedRun, Look]:
    """Ask both models question by question until a look decides.

    A finished run is read, not generated. Both runs given back hold the same questions, those
    answered until the last look; ``progress`` is told after every look.

    Raises
    ------
    InvalidInputError
        For several samples a question, where a look is not defined.
    """
    if spec.samples > 1:
        raise InvalidInputError("--stop-early needs one sample a question; set --samples 1")
    questions = base.selection.questions
    # The order is random, so that whoever stops has seen a random sample, and seeded, so that a
    # resumed run asks in the same order and looks at the same points.
    order = stream(spec.seed, "stop-early").permutation(len(questions))
    # Trained minus base of each question, in the order asked.
    steps: list[int] = []
    sides: tuple[list[GradedTable], list[GradedTable]] = ([], [])
    with ExitStack() as opened:
        asks = [_asker(planned, spec, opened) for planned in (base, trained)]
        while True:
            batch = [questions[i] for i in order[len(steps) : len(steps) + _BATCH]]
            for planned, ask, side in zip((base, trained), asks, sides, strict=True):
                part = _run_of(planned, ask(batch), batch)
                side.append(tabulate(part, planned.budgets, spec.headline_budget))
            latest = pair_tables(sides[0][-1], sides[1][-1])
            paired = latest.at(latest.base.headline_budget)
            steps.extend(map(sub, paired.trained.correct, paired.base.correct))
            # Over all steps since the first one: the evidence of an anytime-valid test is a product
            # over the order asked, and a later look goes on from the earlier ones.
            latest_look = look(
                steps,
                n_planned=len(questions),
                alpha=spec.policy.alpha,
                margin=spec.policy.margin,
            )
            progress(done=len(steps), total=len(questions), tokens=0, truncated=0, seconds=0.0)
            if latest_look.action == "stop":
                answered = [questions[i] for i in sorted(order[: len(steps)])]
                parts = _part(base, sides[0], answered), _part(trained, sides[1], answered)
                return *parts, latest_look


def judge_early(comparison: Comparison, last_look: Look, spec: CompareSpec) -> Comparison:
    """Replace what holds for a fixed number of questions by what holds at every look.

    ``gain.method`` becomes ``confidence-sequence``, and both p-values the anytime-valid one.
    """
    gain = replace(
        comparison.gain,
        interval=last_look.interval,
        confidence_level=round(1 - last_look.alpha, 12),
        method="confidence-sequence",
    )
    saved = last_look.n_planned - last_look.n
    values = {
        "batch": _BATCH,
        "n": last_look.n,
        "planned": last_look.n_planned,
        "reason": Statement(key=f"check_reason.{last_look.reason}"),
        "saved": 2 * saved,
        "p": last_look.pvalue,
    }
    check = state("EVS060", "passed", Finding(True, values=values))
    early = replace(
        comparison,
        headline_set="early",
        gain=gain,
        mcnemar=McNemar(exact=last_look.pvalue, mid_p=last_look.pvalue),
        checks=(*comparison.checks, check),
        stopped_early=StoppedEarly(
            n=last_look.n,
            n_planned=last_look.n_planned,
            reason=last_look.reason,
            saved_answers=2 * saved,
            pvalue=last_look.pvalue,
            e_value=last_look.evidence.e_value,
        ),
    )
    return with_verdict(early, spec.policy)


def _asker(
    planned: PlannedRun, spec: CompareSpec, opened: ExitStack
) -> Callable[..., list[Response]]:
    """Return a function that answers a batch: from a finished run, the journal or the engine."""
    if planned.run is not None or planned.spec is None:
        stored = {r.question_id: r for r in planned.run.responses} if planned.run else {}
        return lambda batch: [stored[q.id] for q in batch]
    run_spec, prompts = planned.spec, planned.prompts
    folder = run_folder(spec.runs, run_spec)
    journal = opened.enter_context(open_journal(folder, run_spec, planned.selection.questions))
    engine = load_engine(planned, spec)

    def ask(batch: list[Question]) -> list[Response]:
        have = {r.question_id for r in journal.done}
        missing = requests_for({q.id: prompts[q.id] for q in batch if q.id not in have})
        journal.append(engine.generate(missing, run_spec.generation))
        done = {r.question_id: r for r in journal.done}
        return [done[q.id] for q in batch]

    return ask


def _run_of(planned: PlannedRun, responses: list[Response], questions: list[Question]) -> Run:
    """Make a run of some questions only; it is compared, never stored."""
    spec = planned.run.spec if planned.run is not None else planned.spec
    if spec is None:
        raise InvalidInputError(f"{planned.model.name} has neither a run nor a plan")
    return Run(
        spec=replace(spec, question_ids=tuple(q.id for q in questions)),
        environment=planned.run.environment if planned.run is not None else {},
        questions=tuple(questions),
        responses=tuple(responses),
        grades=planned.run.grades if planned.run is not None else (),
    )


def _part(planned: PlannedRun, tables: list[GradedTable], questions: list[Question]) -> PlannedRun:
    """Bring the answered questions together, in the order of the task."""
    responses = [response for table in tables for response in table.run.responses]
    table = join_tables(tables, _run_of(planned, responses, questions))
    selection = replace(planned.selection, questions=tuple(questions), subsets=())
    return replace(planned, run=table.run, selection=selection, table=table)
