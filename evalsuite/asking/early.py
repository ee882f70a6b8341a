"""Early stopping: looks before all questions are answered, until the answer is known.

Questions are asked in one seeded random order, both models in turn or at once, and looked at by a
design that was fixed before: five planned looks, or one after every batch. What is said afterwards
uses the p-value and interval of that design, which hold at every look; those of a fixed number of
questions would not. The runs stay unfinished and can be completed by the same command without
``--stop-early``; the run store remembers the looks, and what is said then still allows for them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from evalsuite.asking.answering.at_once import run_pieces
from evalsuite.asking.answering.runs import share_nothing
from evalsuite.asking.engines import load_engine
from evalsuite.asking.evaluate import Tally, generate_missing, lasting_environment, silent
from evalsuite.asking.plan import FinishedRun, finished
from evalsuite.comparing.looks import LookDesign, after_looks, is_look, look_at, steps_in_order
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import join_tables, tabulate
from evalsuite.disk.storage import open_journal, run_folder
from evalsuite.errors import InvalidInputError
from evalsuite.records.run import Run
from evalsuite.records.verdict import Statement
from evalsuite.seeds import stream
from evalsuite.verdict.checks import Finding, state
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.evaluate import Progress
    from evalsuite.asking.ledger import LookOrder
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.looks import LookResult
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.disk.journal import Journal
    from evalsuite.generation.engine import Engine
    from evalsuite.records.comparison import Comparison, StoppedEarly
    from evalsuite.records.run import Question, Response
    from evalsuite.records.verdict import Check

__all__ = ["check_of_looks", "judge_early", "refuse_samples", "run_until_decided"]

_Ask = Callable[[list["Question"], Callable[..., None]], Run]
"""Answers a batch; takes a function that is told its progress."""

_BATCH = 64
"""Questions asked at a time; it keeps the engine busy. The anytime design looks after each."""


def run_until_decided(
    base: PlannedRun,
    trained: PlannedRun,
    spec: CompareSpec,
    looks: LookOrder,
    *,
    progress: Progress,
) -> tuple[FinishedRun, FinishedRun, LookResult]:
    """Ask both models question by question until a look decides.

    A finished run is read, not generated. Both runs returned hold the same questions: those
    answered until the last look. ``progress`` counts the answers of both.

    Raises
    ------
    InvalidInputError
        For several samples a question, where a look is not defined.
    """
    refuse_samples((base, trained), spec)
    questions = _in_order_asked(base, looks)
    design = _design(spec, looks, len(questions))
    # Trained minus base of each question, in the order asked.
    steps: list[int] = []
    sides: tuple[list[GradedTable], list[GradedTable]] = ([], [])
    is_read = base.run is not None and trained.run is not None
    tally = Tally(silent if is_read else progress, total=2 * len(questions))
    with ExitStack() as opened:
        asks, at_once = _askers((base, trained), spec, opened, tally)
        while True:
            batch = _next_batch(questions, len(steps), design)
            parts = run_pieces(
                [partial(ask, batch) for ask in asks], partial(_tell, tally, batch), at_once=at_once
            )
            for number, planned in enumerate((base, trained)):
                tally.add((number, batch[0].id), parts[number].responses)
                table = tabulate(parts[number], planned.budgets, spec.headline_budget)
                sides[number].append(table)
            tally.show()
            latest = pair_tables(sides[0][-1], sides[1][-1])
            paired = latest.at(latest.base.headline_budget)
            steps.extend(steps_in_order(paired, [question.id for question in batch]))
            if not is_look(len(steps), design):
                continue
            # Over all steps since the first one: the evidence is about the whole order asked, and a
            # later look goes on from the earlier ones.
            last = look_at(steps, design)
            if last.action == "stop":
                ids = {question.id for question in questions[: len(steps)]}
                answered = [q for q in base.selection.questions if q.id in ids]
                left, right = (
                    _part(planned, side, answered, spec)
                    for planned, side in zip((base, trained), sides, strict=True)
                )
                return left, right, last


def refuse_samples(models: Sequence[PlannedRun], spec: CompareSpec) -> None:
    """Refuse several samples a question, asked for or stored: a look is not defined for them."""
    stored = [len({r.sample for r in planned.run.responses}) for planned in models if planned.run]
    if max([spec.samples, *stored]) > 1:
        raise InvalidInputError("--stop-early needs one sample a question; set --samples 1")


def judge_early(
    comparison: Comparison,
    base: FinishedRun,
    trained: FinishedRun,
    spec: CompareSpec,
    looks: LookOrder,
    *,
    planned: PlannedRun,
) -> Comparison:
    """Replace what holds for a fixed number of questions by what holds at every look.

    ``base`` and ``trained`` are the runs that were compared, ``planned`` is one with all questions
    that were to be asked; the two are the same where the runs were completed.
    """
    order = _in_order_asked(planned, looks)
    answered = {question.id for question in base.selection.questions}
    early = after_looks(
        comparison,
        pair_tables(base.table, trained.table),
        [question.id for question in order if question.id in answered],
        _design(spec, looks, len(order)),
    )
    if early.stopped_early is None:
        return early
    is_stopped = early.stopped_early.n < early.stopped_early.n_planned
    early = replace(
        early,
        headline_set="early" if is_stopped else comparison.headline_set,
        checks=(*comparison.checks, check_of_looks(early.stopped_early)),
    )
    return with_verdict(early, spec.policy)


def check_of_looks(stopped: StoppedEarly) -> Check:
    """State how a pair was looked at, and that what is said allows for it."""
    variant = "planned" if stopped.design == "planned" else ""
    if stopped.n == stopped.n_planned:
        variant = "completed"
    values = {
        "batch": _BATCH,
        "looks": len(stopped.looks),
        "n": stopped.n,
        "planned": stopped.n_planned,
        "reason": Statement(key=f"check_reason.{stopped.reason}"),
        "saved": stopped.saved_answers,
        "p": stopped.pvalue,
    }
    return state("EVS060", "passed", Finding(True, variant=variant, values=values))


def _in_order_asked(planned: PlannedRun, looks: LookOrder) -> list[Question]:
    """Put the questions in the order of a design.

    The order is random, so that whoever stops has seen a random sample, and seeded, so that a
    resumed or completed run has the same order and the same looks.
    """
    questions = planned.selection.questions
    return [questions[i] for i in stream(looks.seed, "stop-early").permutation(len(questions))]


def _design(spec: CompareSpec, looks: LookOrder, n_planned: int) -> LookDesign:
    return LookDesign(name=looks.design, n_planned=n_planned, policy=spec.policy)


def _next_batch(questions: list[Question], done: int, design: LookDesign) -> list[Question]:
    """Take the questions up to the next look, but no more than keep an engine busy."""
    end = done + 1
    while end < min(done + _BATCH, len(questions)) and not (
        design.name == "planned" and is_look(end, design)
    ):
        end += 1
    return questions[done:end]


def _tell(tally: Tally, batch: Sequence[Question], side: int, /, **state: Any) -> None:
    """Count how far one model's batch is."""
    tally.tell((side, batch[0].id), **state)


def _askers(
    pair: Sequence[PlannedRun], spec: CompareSpec, opened: ExitStack, tally: Tally
) -> tuple[list[_Ask], bool]:
    """Give what answers a batch for base and for trained, and whether both may do so at once."""
    # Before anything is loaded: another process may be working on a run.
    journals = [_journal(planned, spec, opened) for planned in pair]
    asks: list[_Ask] = []
    engines: list[Engine] = []
    for planned, journal in zip(pair, journals, strict=True):
        if journal is None:
            asks.append(_reader(planned))
            continue
        tally.begin()
        engines.append(load_engine(planned, spec))
        asks.append(_asker(planned, engines[-1], journal))
    return asks, len(engines) == len(pair) and share_nothing(pair, engines, spec)


def _journal(planned: PlannedRun, spec: CompareSpec, opened: ExitStack) -> Journal | None:
    """Open the journal of a run that isn't finished."""
    if planned.run is not None:
        return None
    folder = run_folder(spec.runs, planned.spec)
    return opened.enter_context(open_journal(folder, planned.spec, planned.selection.questions))


def _reader(planned: PlannedRun) -> _Ask:
    """Answer batches from a finished run."""
    run = planned.run
    stored = {} if run is None else {r.question_id: r for r in run.responses}
    environment = {} if run is None else run.environment

    def ask(batch: list[Question], tell: Callable[..., None]) -> Run:
        del tell
        return _run_of(planned, [stored[q.id] for q in batch], batch, environment)

    return ask


def _asker(planned: PlannedRun, engine: Engine, journal: Journal) -> _Ask:
    """Answer batches from the journal, and by the engine what is not in it."""
    # Not what a session took: the same command would write another report each time.
    environment = lasting_environment(engine, planned.prompt_template, planned.prompt_record)

    def ask(batch: list[Question], tell: Callable[..., None]) -> Run:
        ids = [question.id for question in batch]
        generate_missing(
            planned.spec, planned.prompts, engine, journal, question_ids=ids, progress=tell
        )
        done = {r.question_id: r for r in journal.done}
        return _run_of(planned, [done[id_] for id_ in ids], batch, environment)

    return ask


def _run_of(
    planned: PlannedRun,
    responses: list[Response],
    questions: list[Question],
    environment: dict[str, Any],
) -> Run:
    """Make a run of some questions only; it is compared, never stored."""
    return Run(
        spec=replace(planned.spec, question_ids=tuple(q.id for q in questions)),
        environment=environment,
        questions=tuple(questions),
        responses=tuple(responses),
        grades=planned.run.grades if planned.run is not None else (),
    )


def _part(
    planned: PlannedRun, tables: list[GradedTable], questions: list[Question], spec: CompareSpec
) -> FinishedRun:
    """Bring the answered questions together, in the order of the task."""
    responses = [response for table in tables for response in table.run.responses]
    environment = tables[-1].run.environment
    table = join_tables(tables, _run_of(planned, responses, questions, environment))
    selection = replace(planned.selection, questions=tuple(questions), subsets=())
    return finished(replace(planned, selection=selection), table.run, spec, table=table)
