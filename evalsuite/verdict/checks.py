"""What must hold before a difference means anything, and what a reader should be warned of.

Every check has a stable code. *blocking*: the difference is not one between the models.
*warning*: it is, but part of it may be something else. Question ids, texts and golds are checked
while pairing, where a mismatch is an error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.records.comparison import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.comparison import CheckLevel, Comparison, Policy
    from evalsuite.records.run import Run

__all__ = ["run_checks"]

_MANY_TRUNCATED = 0.05
_TRUNCATION_GAP = 0.03
_MANY_UNANSWERED = 0.05
_MANY_LOSSES = 0.25


def run_checks(comparison: Comparison, base: Run, trained: Run, policy: Policy) -> Comparison:
    """Add every check to a comparison.

    Parameters
    ----------
    comparison
        The numbers.
    base, trained
        The runs they come from.
    policy
        Alpha and margin.

    Returns
    -------
    Comparison
        With ``checks``, in order of code.
    """
    found = [
        *_same_questions(base),
        *_same_asking(base, trained),
        *_two_models(base, trained),
        *_truncation(comparison),
        *_answers(comparison, policy.alpha),
        *_size(comparison, policy),
        *_training(comparison),
        *_reproducible(base, trained),
    ]
    return replace(comparison, checks=tuple(sorted(found, key=lambda check: check.code)))


def _check(code: str, title: str, *, holds: bool | None, detail: str, else_: CheckLevel) -> Check:
    level: CheckLevel = "not_applicable" if holds is None else "passed" if holds else else_
    return Check(code=code, level=level, title=title, detail=detail)


def _same_questions(base: Run) -> Iterator[Check]:
    n = len(base.questions)
    yield _check(
        "EVS001",
        "Same questions",
        holds=True,
        detail=f"{n:,} questions with equal ids, texts and gold answers in both runs",
        else_="blocking",
    )
    yield _check(
        "EVS004",
        "Same grader",
        holds=True,
        detail="both runs were graded by the same version of both graders in this comparison",
        else_="blocking",
    )


def _same_asking(base: Run, trained: Run) -> Iterator[Check]:
    left, right = base.spec, trained.spec
    yield _check(
        "EVS002",
        "Same prompt",
        holds=left.prompt == right.prompt,
        detail=f"base was asked with {left.prompt}, trained with {right.prompt}",
        else_="blocking",
    )
    yield _check(
        "EVS003",
        "Same decoding",
        holds=left.decoding == right.decoding,
        detail="equal temperature, samples, seed and token limit"
        if left.decoding == right.decoding
        else f"base: {_decoding(base)}; trained: {_decoding(trained)}",
        else_="blocking",
    )
    engines = (left.engine, right.engine)
    imported = "imported" in engines
    yield _check(
        "EVS006",
        "Same rendered prompts",
        holds=None
        if imported or "endpoint" in engines
        else left.prompts_sha256 == right.prompts_sha256,
        detail="an imported log does not hold the prompts as sent"
        if imported
        else "a server renders the messages itself and does not show the prompts"
        if "endpoint" in engines
        else "the prompts as sent are equal, chat template included"
        if left.prompts_sha256 == right.prompts_sha256
        else "the chat templates render the same prompt differently: part of each model",
        else_="warning",
    )
    yield _check(
        "EVS007",
        "Same engine and precision",
        holds=None if imported else _answered_alike(base, trained),
        detail="an imported log does not say how it was generated"
        if imported
        else f"base on {_answered_by(base)}, trained on {_answered_by(trained)}",
        else_="blocking",
    )


def _answered_alike(base: Run, trained: Run) -> bool:
    """Compare engine, precision and kind of server, which an unfinished run does not know yet."""
    left, right = base.spec, trained.spec
    servers = {run.environment.get("server") for run in (base, trained)} - {None}
    return (left.engine, left.dtype) == (right.engine, right.dtype) and len(servers) < 2


def _answered_by(run: Run) -> str:
    """Name engine and precision; a server names itself and keeps its precision to itself."""
    if run.spec.engine == "endpoint":
        return f"endpoint {run.environment.get('server', 'unknown')}"
    return f"{run.spec.engine} {run.spec.dtype}"


def _two_models(base: Run, trained: Run) -> Iterator[Check]:
    left, right = base.spec, trained.spec
    identities = [spec.model.weights or spec.model.revision for spec in (left, right)]
    known, same = None not in identities, identities[0] == identities[1]
    yield _check(
        "EVS008",
        "Two different models",
        holds=not same if known else None,
        detail="it is not known which weights answered"
        if not known
        else "both names lead to the same weights: this compares a model with itself"
        if same
        else "the two models have different weights",
        else_="warning",
    )


def _decoding(run: Run) -> str:
    d = run.spec.decoding
    stop = f", stop strings {list(d.stop)}" if d.stop else ""
    return (
        f"temperature {d.temperature}, top-p {d.top_p}, {d.samples} samples, seed {d.seed}{stop}, "
        f"{d.max_new_tokens} tokens"
    )


def _truncation(comparison: Comparison) -> Iterator[Check]:
    base, trained = comparison.truncation.base, comparison.truncation.trained
    n, budget = comparison.base.n, comparison.headline_budget
    unknown = "the log does not say how its answers ended, so truncation can't be judged"
    if base is None or trained is None:
        yield _check("EVS010", "Few answers cut off", holds=False, detail=unknown, else_="warning")
        yield _check("EVS011", "Equal truncation", holds=None, detail=unknown, else_="warning")
        return
    shares = f"{base:,} of base's and {trained:,} of trained's {n:,} answers"
    yield _check(
        "EVS010",
        "Few answers cut off",
        holds=max(base, trained) <= _MANY_TRUNCATED * n,
        detail=f"{shares} were cut off at {budget} tokens",
        else_="warning",
    )
    yield _check(
        "EVS011",
        "Equal truncation",
        holds=abs(base - trained) <= _TRUNCATION_GAP * n,
        detail=f"{shares} were cut off at {budget} tokens",
        else_="warning",
    )


def _answers(comparison: Comparison, alpha: float) -> Iterator[Check]:
    strict, flexible = comparison.graders["strict"], comparison.graders["flexible"]
    yield _check(
        "EVS012",
        "Graders agree",
        holds=(strict.exact <= alpha) == (flexible.exact <= alpha)
        and (strict.gain > 0) == (flexible.gain > 0),
        detail=(
            f"strict: {100 * strict.gain:+.1f} points (exact p {strict.exact:.2g}); "
            f"flexible: {100 * flexible.gain:+.1f} points (exact p {flexible.exact:.2g})"
        ),
        else_="warning",
    )
    base, trained = comparison.base, comparison.trained
    yield _check(
        "EVS013",
        "Answers found",
        holds=max(base.no_answer, trained.no_answer) <= _MANY_UNANSWERED * base.n,
        detail=(
            f"no answer where the strict grader looks: base {base.no_answer:,}, "
            f"trained {trained.no_answer:,} of {base.n:,}"
        ),
        else_="warning",
    )
    right = base.correct + trained.correct
    yield _check(
        "EVS014",
        "Somebody is right",
        holds=right > 0,
        detail=f"{base.correct:,} and {trained.correct:,} right answers"
        if right
        else "not one answer is right: a wrong prompt, format or grader is likelier than models "
        "that know nothing; read a few answers before you conclude",
        else_="warning",
    )


def _size(comparison: Comparison, policy: Policy) -> Iterator[Check]:
    n = comparison.base.n
    is_shown = comparison.mcnemar.exact <= policy.alpha
    detectable = comparison.power.smallest_detectable_gain
    shown = "no gain at all" if detectable is None else f"gains from {100 * detectable:.1f} points"
    yield _check(
        "EVS020",
        "Enough questions for the margin",
        holds=None if is_shown else detectable is not None and detectable <= policy.margin,
        detail=f"at 80% power, {n:,} rows and this many disagreements show {shown}; "
        f"the margin is {100 * policy.margin:g} points",
        else_="warning",
    )
    yield _check(
        "EVS021",
        "Full split",
        holds=comparison.headline_set != "union",
        detail="the headline rests on the union of the subsets only"
        if comparison.headline_set == "union"
        else f"the headline rests on all {n:,} rows",
        else_="warning",
    )
    table = comparison.table
    yield _check(
        "EVS022",
        "Few losses",
        holds=table.losses <= _MANY_LOSSES * table.gains,
        detail=f"trained lost {table.losses:,} questions and gained {table.gains:,}",
        else_="warning",
    )


def _training(comparison: Comparison) -> Iterator[Check]:
    log = comparison.training
    yield _check(
        "EVS031",
        "Training log present",
        holds=log is not None,
        detail=f"{len(log.steps):,} logged steps from {log.source}"
        if log
        else "no training log: the report can't tie the gain to reward, length or truncation "
        "in training; pass --train-log",
        else_="warning",
    )
    rewards = [step["reward"] for step in log.steps if "reward" in step] if log else []
    rose = len(rewards) > 1 and rewards[-1] > rewards[0]
    yield _check(
        "EVS032",
        "Reward and accuracy agree",
        holds=None if len(rewards) < 2 else not (rose and comparison.gain.estimate <= 0),
        detail=f"reward went from {rewards[0]:.3f} to {rewards[-1]:.3f}"
        if rewards
        else "no reward was logged",
        else_="warning",
    )


def _reproducible(base: Run, trained: Run) -> Iterator[Check]:
    unpinned = [
        run.spec.model.name
        for run in (base, trained)
        if run.spec.model.weights is None and run.spec.model.revision is None
    ]
    yield _check(
        "EVS050",
        "Weights identified",
        holds=not unpinned,
        detail=f"unknown weights: {', '.join(unpinned)}"
        if unpinned
        else "both models are pinned by a hash of their weights or a commit",
        else_="warning",
    )
    decoding = base.spec.decoding
    yield _check(
        "EVS052",
        "Sampled more than once",
        holds=None if decoding.temperature == 0 else decoding.samples > 1,
        detail="greedy decoding"
        if decoding.temperature == 0
        else f"{decoding.samples} samples a question at temperature {decoding.temperature}",
        else_="warning",
    )
    dtype = base.spec.dtype
    yield _check(
        "EVS053",
        "Full precision",
        holds=None if dtype == "unknown" else dtype == "float32",
        detail="a server does not tell its precision"
        if base.spec.engine == "endpoint"
        else "an imported log does not say its precision"
        if dtype == "unknown"
        else f"answers were generated in {dtype}"
        + (
            ""
            if dtype == "float32"
            else ", which is for quick looks: they can change with batch size and engine"
        ),
        else_="warning",
    )
