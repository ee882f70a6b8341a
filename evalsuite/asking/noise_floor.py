"""The noise floor: base against itself, asked again in another order and batch size.

In float32 no answer should change. Where answers change, the gain of a trained model is measured
with the same unrest on both sides, and a reader should see how much of it there is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.asking.engines import asker_of, load_engine, template_of
from evalsuite.asking.evaluate import Progress, evaluate, silent
from evalsuite.comparing.gain import counted_columns, paired_gain
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.disk.storage import is_complete, load_run, run_folder
from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.records.codec import from_plain, sha256_of
from evalsuite.records.comparison import NoiseFloor
from evalsuite.records.training import PromptRecord
from evalsuite.stats import proportion_interval
from evalsuite.tasks.prompts import Prompt, load_prompt, messages, read_arguments
from evalsuite.verdict.checks import Finding, state

if TYPE_CHECKING:
    from evalsuite.asking.plan import FinishedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.comparison import Comparison, Gain
    from evalsuite.records.run import ModelSpec, Run, RunSpec

__all__ = ["measure_noise_floor", "noise_floor", "with_noise_floor"]

_COMPARABLE = 1 / 3
"""Share of the gain from which on the noise is worth a warning."""
_MANY_SLOTS = 48
"""For a first run that had fewer, or does not tell."""


def measure_noise_floor(
    base: FinishedRun, spec: CompareSpec, *, progress: Progress = silent
) -> NoiseFloor:
    """Ask a finished base everything once more, the other way round, and compare it with itself.

    The second run lies in ``again/`` in base's run folder and is generated once only.

    Raises
    ------
    InvalidInputError
        If base can't be asked again: an imported log, or weights, prompt or questions are gone.
    """
    run_spec = _again(base.run)
    if base.folder is None:  # what was not imported is stored
        raise InvalidInputError("the noise floor needs a stored run of base; finish it first")
    folder = run_folder(base.folder / "again", run_spec)
    if is_complete(folder):
        second = load_run(folder)
    else:
        prompt = _prompt(base.run, spec)
        planned = replace(
            base, model=_model(run_spec), spec=run_spec, chat_template=prompt.template
        )
        second, _ = evaluate(
            run_spec,
            # Reversed and in other batches: the two things that may not change an answer.
            base.run.questions[::-1],
            _prompts(base, prompt),
            load_engine(planned, _otherwise(base.run, spec)),
            base.folder / "again",
            prompt_template=base.run.surroundings.prompt_template or "",
            progress=progress,
        )
    again = tabulate(second, (), base.table.headline_budget)
    return noise_floor(base.table, again, confidence_level=spec.policy.confidence_level)


def noise_floor(
    first: GradedTable, second: GradedTable, *, confidence_level: float = 0.95
) -> NoiseFloor:
    """Compare two runs of one model at their headline budget.

    ``gain`` is the second run's accuracy minus the first's.
    """
    tables = pair_tables(first, second)
    paired = tables.at(first.headline_budget)
    gain = paired_gain(
        paired.base.correct,
        paired.trained.correct,
        paired.question_ids,
        confidence_level=confidence_level,
    )
    slots = tuple(table.run.surroundings.slots for table in (first, second))
    return NoiseFloor(
        n=len(paired.question_ids),
        differing_answers=sum(
            response.text != second.responses[row].text
            for response, row in zip(first.responses, tables.trained_rows, strict=True)
        ),
        batch_sizes=(slots[0], slots[1]),
        dtype=first.run.spec.dtype,
        **counted_columns(gain),
    )


def with_noise_floor(comparison: Comparison, floor: NoiseFloor) -> Comparison:
    """Set the noise floor beside the gain, with a check; the verdict stays as it is."""
    is_quiet = not _is_shown_to_matter(floor, comparison.gain)
    values = {
        "n": floor.n,
        "differing": floor.differing_answers,
        "flips": floor.losses + floor.gains,
        "noise": floor.gain,
        "low": floor.interval.low,
        "high": floor.interval.high,
        "far": max(abs(floor.interval.low), abs(floor.interval.high)),
        "gain": comparison.gain.estimate,
    }
    finding = Finding(is_quiet, "measured" if floor.differing_answers else "quiet", values)
    check = state("EVS054", "passed" if is_quiet else "warning", finding)
    checks = sorted((*comparison.checks, check), key=lambda c: c.code)
    return replace(comparison, noise_floor=floor, checks=tuple(checks))


def _is_shown_to_matter(floor: NoiseFloor, gain: Gain) -> bool:
    """Say whether asking again is shown to move base by a third of the gain.

    Either more answers flip between right and wrong than that, by the lower end of their rate's
    interval, or accuracy moves by that much and the move is established. Few questions alone never
    warn: they widen the intervals, and show no noise.
    """
    comparable, flips = _COMPARABLE * abs(gain.estimate), floor.losses + floor.gains
    rate = proportion_interval(
        flips, floor.n, method="clopper-pearson", confidence_level=gain.confidence_level
    )
    moves = floor.interval.excludes_zero and abs(floor.gain) >= comparable
    return moves or (flips > 0 and rate.low >= comparable)


def _again(run: Run) -> RunSpec:
    """Ask the same in reverse, which makes it a run of its own: the fingerprint has the order."""
    if run.spec.engine == "imported":
        raise InvalidInputError(
            "{model} is an imported log and can't be asked again; leave out --noise-floor, or "
            "generate with evalsuite run",
            model=run.spec.model.name,
        )
    return replace(run.spec, question_ids=run.spec.question_ids[::-1])


def _model(spec: RunSpec) -> ModelSpec:
    """Make sure that the files of a stored run's model are still those that answered."""
    model = spec.model
    if model.source in ("folder", "adapter", "gguf"):
        resolved = resolve(f"path:{model.location}")
        if resolved.weights != model.weights:
            raise InvalidInputError(
                "{location} holds other weights than those that answered as {model}; restore "
                "them, or run base again",
                location=model.location,
                model=model.name,
            )
    return model


def _prompt(run: Run, spec: CompareSpec) -> Prompt:
    """Find the prompt of a run: as it is recorded, or as the comparison is told to ask."""
    record = _recorded(run)
    if record is not None and (record.template or not _has_template(run.spec)):
        return Prompt(
            name=run.spec.prompt,
            system=record.system,
            arguments=record.arguments,
            template=record.template,
        )
    if _has_template(run.spec) and spec.chat_template is None:
        raise InvalidInputError(
            "{model} was asked through a chat template ({prompt}) that its run does not hold; name "
            "it with --chat-template, or run base again",
            model=run.spec.model.name,
            prompt=run.spec.prompt,
        )
    name, *written = run.spec.prompt.split(" ")
    arguments = read_arguments(spec.template_arguments or written)
    chosen = spec.prompt or name.partition("@")[0]
    return load_prompt(chosen, arguments, template=template_of(spec))


def _recorded(run: Run) -> PromptRecord | None:
    """Read how a run was asked; None where it is not recorded."""
    record = run.surroundings.prompt_record
    try:
        return None if record is None else from_plain(PromptRecord, record, origin="environment")
    except InvalidInputError:  # the file is anybody's
        return None


def _has_template(spec: RunSpec) -> bool:
    return "+template@" in spec.prompt


def _prompts(base: FinishedRun, prompt: Prompt) -> dict[str, str]:
    """Take the rendered prompts, or render them again and make sure they are the same."""
    if base.prompts:
        return base.prompts
    run_spec, questions = base.run.spec, base.run.questions
    asker = asker_of(_model(run_spec), prompt)
    # a withheld text gives another prompt, whose hash is then refused
    prompts = {q.id: asker.render(messages(prompt, q.text or "")) for q in questions}
    if sha256_of(sorted(prompts.items())) != run_spec.prompts_sha256:
        raise InvalidInputError(
            "the prompts of {model} can't be made again from {prompt} and the stored questions; "
            "leave out --noise-floor, or run base again",
            model=run_spec.model.name,
            prompt=run_spec.prompt,
        )
    return prompts


def _otherwise(run: Run, spec: CompareSpec) -> CompareSpec:
    """Ask with half the slots, or half the requests under way; in the run's own precision."""
    changed: dict[str, Any] = {
        "batch_size": _other_batch_size(run, spec.batch_size),
        "concurrency": max(1, spec.concurrency // 2),
    }
    if run.spec.dtype != "unknown":
        changed["dtype"] = run.spec.dtype
    return replace(spec, **changed)


def _other_batch_size(run: Run, wanted: int | None) -> int:
    if wanted is not None:
        return wanted // 2 or 2
    slots, most = run.surroundings.slots or 0, min(_MANY_SLOTS, len(run.responses))
    if slots < most:  # not known, or of a resumed run, which tells those of its rest only
        return most
    return slots // 2 or 2
