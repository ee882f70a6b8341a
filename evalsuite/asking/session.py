"""The session of one pair: names, questions, runs, comparison with its provenance, verdict.

A session works out first what exists and what must be generated, so that it can say what it will
cost. Models are loaded only when an answer is missing: a second comparison generates nothing and
loads no model library.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.asking.engines import (
    asker_of,
    begin_engine,
    check_engines,
    choose_engine,
    precision_of,
    prompt_of,
)
from evalsuite.asking.logged import alike, log_name, read_logs, refuse_grader, refuse_mixture
from evalsuite.asking.plan import (
    Conditions,
    FinishedRun,
    PlannedRun,
    Selection,
    finished_before,
    plan_run,
    select_questions,
    training_behind,
)
from evalsuite.asking.spec import (
    CompareSpec,
    check_options,
    default_budgets,
    task_of,
)
from evalsuite.comparing.compare import Design, compare_tables
from evalsuite.disk.storage import (
    fingerprint,
    is_complete,
    load_run,
    run_folder,
    stored_environment,
)
from evalsuite.errors import InvalidInputError
from evalsuite.models.names import EMBEDDED, read_aliases, resolve
from evalsuite.records.codec import plain
from evalsuite.records.comparison import SIDES
from evalsuite.records.run import Decoding, SubsetSpec
from evalsuite.tasks.prompts import messages
from evalsuite.tasks.questions import load_questions, read_columns
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.pair_checks import run_checks
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.logs.log import Log
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import ModelSpec, Run
    from evalsuite.records.training import TrainingLog

__all__ = ["compare_planned", "plan_session", "provenance_of"]


def plan_session(
    names: tuple[str, ...], spec: CompareSpec, *, logs: dict[int, Log] | None = None
) -> tuple[PlannedRun, ...]:
    """Resolve every model, base first, and find out what is done already; in the order of names.

    ``logs`` holds those that are read already, by the position of their names; they are taken out.

    Raises
    ------
    EvalsuiteError
        For names, options or data that lead nowhere.
    """
    check_options(spec)
    known = {*read_aliases(), *EMBEDDED}
    named = {i: log for i, name in enumerate(names) if (log := log_name(name, known)) is not None}
    logged = read_logs(named, spec, logs)
    models = [
        logged[i].spec.model if i in logged else resolve(name, runs=spec.runs)
        for i, name in enumerate(names)
    ]
    stored = {i: _load(Path(m.location)) for i, m in enumerate(models) if m.source == "run"}
    refuse_mixture(len(logged), len(models) - len(logged) - len(stored))
    stored = alike(logged | stored, spec)
    if len(stored) < len(models) or any(run.spec.graded_as is None for run in stored.values()):
        refuse_grader(spec.grader)
    selection, budgets = _selection(models, stored, spec)
    planned = tuple(
        _stored(model, stored[i], selection, budgets)
        if i in stored
        else _planned(model, selection, budgets, spec, tuple(stored.values()))
        for i, model in enumerate(models)
    )
    check_engines(planned)
    return planned


def compare_planned(
    base: FinishedRun,
    trained: FinishedRun,
    spec: CompareSpec,
    *,
    training: TrainingLog | None = None,
    also: Sequence[tuple[FinishedRun, FinishedRun]] = (),
    whole_base: FinishedRun | None = None,
) -> Comparison:
    """Compare two finished runs and judge; the comparison has verdict and provenance.

    ``training`` is the log of the run that made ``trained``, sought where ``spec`` says if None;
    ``also`` are finished runs of the same pair under other decodings, ``whole_base`` is base on
    more questions than the pair.

    Raises
    ------
    NotComparableError
        If the runs hold different questions.
    """
    design = Design(
        budgets=base.budgets,
        headline_budget=spec.headline_budget,
        subsets=base.selection.subsets,
        headline_set=base.selection.headline_set,
        policy=spec.policy,
        training_seeds=None if trained.is_stored else 1,
        has_page=spec.has_page,
    )
    comparison = compare_tables(
        base.table,
        trained.table,
        design,
        training=training or training_behind(trained, spec),
        also=[(left.table, right.table) for left, right in also],
        whole_base=None if whole_base is None else whole_base.table,
    )
    comparison = run_checks(comparison, base.run, trained.run, spec.policy)
    comparison = with_verdict(comparison, spec.policy)
    provenance = provenance_of(base.run, trained.run, (base.folder, trained.folder))
    if also:
        provenance["also"] = [
            {"base": _side(left.run, left.folder), "trained": _side(right.run, right.folder)}
            for left, right in also
        ]
    return replace(comparison, provenance=provenance)


def _selection(
    models: list[ModelSpec], stored: dict[int, Run], spec: CompareSpec
) -> tuple[Selection, tuple[int, ...]]:
    """Take the questions from the stored runs where there are any, else from the task."""
    subsets = SubsetSpec(seeds=tuple(range(spec.subsets)), size=spec.subset_size)
    if spec.subset is not None:
        subsets = SubsetSpec(seeds=spec.subset[:1], size=spec.subset[1])
    if stored:
        run = next(iter(stored.values()))
        task, split, questions = run.spec.task, run.spec.split, run.questions
    else:
        task, split = spec.task or task_of(models), spec.split
        columns = read_columns(spec.question_columns) if spec.question_columns else None
        questions = load_questions(task, split, data_file=spec.data, columns=columns)
    selection = select_questions(
        questions,
        subsets,
        task=task,
        split=split,
        full=spec.full and spec.subset is None,
        first=spec.first,
    )
    budgets = spec.max_new_tokens or _default_budgets(task, stored)
    if _is_own_budget(budgets, stored):
        budgets = ()
    if spec.headline_budget is not None and spec.headline_budget not in budgets:
        raise InvalidInputError(
            "headline budget {budget} is not among the budgets {budgets}; add it to "
            "--max-new-tokens",
            budget=spec.headline_budget,
            budgets=",".join(map(str, budgets)),
        )
    return selection, tuple(sorted(set(budgets)))


def _default_budgets(task: str, stored: dict[int, Run]) -> tuple[int, ...]:
    """Report the task's budgets, but never one above what a stored run was generated at."""
    budgets = default_budgets(task)
    if not stored:
        return budgets
    if any(r.token_ends is None for run in stored.values() for r in run.responses):
        return ()
    limits = [run.spec.decoding.max_new_tokens for run in stored.values()]
    recorded = [limit for limit in limits if limit is not None]
    if len(recorded) < len(limits):  # how far a log may be cut, it does not tell
        return ()
    largest = min(recorded)
    return tuple(sorted({*(b for b in budgets if b < largest), largest}))


def _is_own_budget(budgets: tuple[int, ...], stored: dict[int, Run]) -> bool:
    """Tell whether logs without token ends are asked for at the very limit they record."""
    limits = {run.spec.decoding.max_new_tokens for run in stored.values()}
    has_ends = all(r.token_ends is not None for run in stored.values() for r in run.responses)
    return bool(stored) and not has_ends and limits == set(budgets)


def _stored(
    model: ModelSpec, run: Run, selection: Selection, budgets: tuple[int, ...]
) -> PlannedRun:
    largest, limit = max(budgets, default=0), run.spec.decoding.max_new_tokens
    if limit is None and budgets:
        raise InvalidInputError(
            "{model} does not record the token limit it was generated with, so it can't be cut; "
            "leave out --max-new-tokens",
            model=model.name,
        )
    if limit is not None and largest > limit:
        raise InvalidInputError(
            "{model} was generated with {limit} tokens and can't tell what it would say with "
            "{largest}; lower --max-new-tokens or generate again",
            model=model.name,
            limit=limit,
            largest=largest,
        )
    return PlannedRun(
        model=model,
        selection=selection,
        budgets=budgets,
        spec=run.spec,
        run=run,
        folder=Path(model.location) if model.source == "run" else None,
    )


def _planned(
    model: ModelSpec,
    selection: Selection,
    budgets: tuple[int, ...],
    spec: CompareSpec,
    stored: tuple[Run, ...],
) -> PlannedRun:
    if not budgets:
        raise InvalidInputError(
            "{model} is not generated yet, and the answers it is compared with can't be cut, so "
            "they give no token limit; run it first (evalsuite run {model} --max-new-tokens N), "
            "then compare its run by name (run:FOLDER)",
            model=model.name,
        )
    prompt = prompt_of(spec, selection.task)
    decoding = Decoding(
        max_new_tokens=max(budgets),
        temperature=spec.temperature,
        top_p=spec.top_p,
        samples=spec.samples,
        seed=spec.seed,
        stop=spec.stop,
        repetition_penalty=spec.repetition_penalty,
    )
    engine = choose_engine(model, spec, stored)
    conditions = Conditions(decoding=decoding, dtype=precision_of(engine, spec), engine=engine)
    # Before rendering: that needs a tokenizer, which takes seconds and a model library, and a
    # second comparison of the same models shall need neither.
    done = finished_before(model, selection.questions, prompt.name, conditions, spec.runs)
    if done is not None:
        return _reused(model, done, selection, budgets)
    begin_engine(model, engine, spec)
    asker = asker_of(model, prompt)
    run_spec, prompts = plan_run(
        model, selection, asker.render, prompt=prompt, conditions=conditions
    )
    done = run_folder(spec.runs, run_spec)
    if is_complete(done):
        return _reused(model, done, selection, budgets)
    return PlannedRun(
        model=model,
        selection=selection,
        budgets=budgets,
        spec=run_spec,
        prompts=prompts,
        prompt_template=asker.render(messages(prompt, "{question}")),
        prompt_record=asker.record(decoding),
        chat_template=prompt.template,
    )


def _reused(
    model: ModelSpec, folder: Path, selection: Selection, budgets: tuple[int, ...]
) -> PlannedRun:
    """Read a finished run back, under the name the model has today."""
    run = _load(folder)
    model = replace(run.spec.model, name=model.name)
    run = replace(run, spec=replace(run.spec, model=model))
    return PlannedRun(
        model=model, selection=selection, budgets=budgets, run=run, folder=folder, spec=run.spec
    )


def _load(folder: Path) -> Run:
    """Read a run whose texts are read again: whatever its own grades say, an older grader may."""
    return load_run(folder, own_grades=False)


def provenance_of(
    base: Run, trained: Run, folders: tuple[Path | None, Path | None]
) -> dict[str, Any]:
    """Collect what a reader needs to repeat a comparison, as JSON types.

    Equal runs give equal bytes. Only the names of the folders are told: a machine's paths help
    nobody else.
    """
    templates = [run.surroundings.prompt_template for run in (base, trained)]
    return {
        "evalsuite": __version__,
        "base": _side(base, folders[0]),
        "trained": _side(trained, folders[1]),
        "prompts": dict(zip(SIDES, templates, strict=True)) if all(templates) else None,
    }


def _side(run: Run, folder: Path | None) -> dict[str, Any]:
    spec = run.spec
    return {
        "model": plain(spec.model),
        "run": folder.name if folder else None,
        "fingerprint": fingerprint(spec),
        "prompt": spec.prompt,
        "prompts_sha256": spec.prompts_sha256,
        "questions_sha256": spec.questions_sha256,
        "decoding": plain(spec.decoding),
        "dtype": spec.dtype,
        "engine": spec.engine,
        "environment": _shown_environment(run),
    }


def _shown_environment(run: Run) -> dict[str, Any]:
    """Tell a run's environment without the text of a given chat template, whose hash is there."""
    environment = stored_environment(run)
    record = run.surroundings.prompt_record or {}
    if "template" not in record:
        return environment
    shown = {key: value for key, value in record.items() if key != "template"}
    return environment | {"prompt_record": shown}
