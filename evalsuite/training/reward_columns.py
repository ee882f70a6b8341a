"""Rewards in the shapes trainers call: one column per reward for TRL, one score for verl.

Each column is logged under its own name, so the binary outcome is always visible beside whatever
shapes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, joined
from evalsuite.seeds import stream
from evalsuite.tasks.graders.numbers import parse_number
from evalsuite.training.own_rewards.functions import OwnReward, load_own_reward
from evalsuite.training.own_rewards.terms import read_terms
from evalsuite.training.rewards import (
    WEIGHTS,
    Gate,
    correct,
    gate_partial_credit,
    repetition,
    soft_overlong,
    steps_f1,
    well_formatted,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.records.run import Kind

__all__ = ["RewardColumn", "answer_text", "compute_score", "reward_columns"]

_COLUMNS = ("correct", "format", "steps_f1", "overlong", "repetition", "random")


@dataclass(frozen=True, kw_only=True)
class RewardColumn:
    """One reward with TRL's signature; picklable, and called by its name in the log."""

    name: str
    group_size: int
    gate: Gate = "none"
    limit: int = 0
    """Largest number of new tokens, for ``overlong``."""
    seed: int = 0
    """Of the ``random`` control."""
    process: int = 0
    """Which of several processes this is, for the ``random`` control."""
    kind: Kind = "number"
    """What the right answers are."""

    def __post_init__(self) -> None:
        """Refuse unknown names."""
        if self.name not in _COLUMNS:
            raise InvalidInputError(
                "there is no reward {name!r}; use {known}.",
                name=self.name,
                known=joined(_COLUMNS),
            )

    @property
    def __name__(self) -> str:
        """Return the column TRL logs it under."""
        return self.name

    def __call__(
        self,
        completions: Sequence[Any],
        ground_truth: Sequence[Any] | None = None,
        *,
        gold: Sequence[str] | None = None,
        gold_steps: Sequence[Sequence[str]] | None = None,
        completion_ids: Sequence[Sequence[int]] | None = None,
        **context: Any,
    ) -> list[float | None]:
        """Score a batch; the answers to one question follow each other.

        Completions are chat messages or plain texts; ``gold`` (exact) or ``ground_truth`` (as
        written) and ``gold_steps`` are columns of the dataset. ``context`` has TRL's ``log_metric``
        and ``trainer_state``, and columns of no interest here. None where the reward does not
        apply. Raises InvalidInputError where a column is missing that it needs.
        """
        texts = [answer_text(completion) for completion in completions]
        if self.name in ("overlong", "repetition"):
            return self._of_tokens(completion_ids)
        if self.name == "random":
            return self._coin_flips(len(texts), context.get("trainer_state"))
        golds = _golds(gold, ground_truth, self.kind)
        if gold_steps is None:
            gold_steps = [()] * len(texts)
        outcomes = [correct(text, number) for text, number in zip(texts, golds, strict=True)]
        if self.name == "correct":
            self._log_signal(outcomes, context.get("log_metric"))
            return list(outcomes)
        return self._partial_credit(texts, golds, gold_steps, outcomes)

    def _of_tokens(self, completion_ids: Sequence[Sequence[int]] | None) -> list[float | None]:
        if completion_ids is None:
            raise InvalidInputError(
                "the reward {name!r} counts tokens; pass completion_ids, as TRL does",
                name=self.name,
            )
        if self.name == "repetition":
            return [repetition(ids) for ids in completion_ids]
        cache = max(1, self.limit // 5)
        return [soft_overlong(len(ids), limit=self.limit, cache=cache) for ids in completion_ids]

    def _partial_credit(
        self,
        texts: Sequence[str],
        golds: Sequence[Fraction | str],
        gold_steps: Sequence[Sequence[str]],
        outcomes: Sequence[float],
    ) -> list[float | None]:
        credits_: list[float | None] = (
            [well_formatted(text, self.kind) for text in texts]
            if self.name == "format"
            else [
                steps_f1(text, number, steps)
                for text, number, steps in zip(texts, golds, gold_steps, strict=True)
            ]
        )
        return gate_partial_credit(outcomes, credits_, group_size=self.group_size, gate=self.gate)

    def _log_signal(self, outcomes: Sequence[float], log_metric: Any) -> None:
        """Log how many groups can teach anything about the outcome.

        TRL's ``frac_reward_zero_std`` looks at the total reward: a format reward gives every
        group some spread and hides that none of its answers is right.
        """
        if log_metric is None:
            return
        size = self.group_size
        groups = [outcomes[i : i + size] for i in range(0, len(outcomes), size)]
        same = [len(set(group)) == 1 for group in groups]
        log_metric("groups_without_signal", sum(same) / len(groups))
        log_metric("groups_all_wrong", sum(not any(group) for group in groups) / len(groups))

    def _coin_flips(self, n: int, trainer_state: Any) -> list[float | None]:
        step = 0 if trainer_state is None else int(trainer_state.global_step)
        # Else every process would flip the same coins; the first keeps those of a lone process.
        process = (self.process,) if self.process else ()
        flips = stream(self.seed, "random reward", step, *process).integers(2, size=n)
        return [float(flip) for flip in flips]


def reward_columns(
    rewards: str,
    *,
    group_size: int,
    gate: Gate,
    limit: int,
    seed: int,
    process: int = 0,
    kind: Kind = "number",
) -> tuple[list[RewardColumn | OwnReward], list[float]]:
    """Build the columns of a reward with their weights, in the order of its terms.

    ``limit`` is the largest number of new tokens; ``seed`` is that of the ``random`` control, which
    differs by ``process``. The code of an own reward is loaded and run.

    Examples
    --------
    >>> columns, weights = reward_columns("shaped", group_size=8, gate="none", limit=64, seed=0)
    >>> [column.__name__ for column in columns], weights
    (['correct', 'format', 'steps_f1'], [1.0, 0.1, 0.3])
    """
    terms = read_terms(rewards)
    columns = [
        load_own_reward(term.name)
        if term.is_own
        else RewardColumn(
            name=term.name,
            group_size=group_size,
            gate=gate,
            limit=limit,
            seed=seed,
            process=process,
            kind=kind,
        )
        for term in terms
    ]
    _check_names([column.__name__ for column in columns])
    return columns, [term.weight for term in terms]


def compute_score(
    data_source: str,  # noqa: ARG001  verl passes it by position
    solution_str: str,
    ground_truth: str,
    extra_info: Mapping[str, Any] | None = None,
) -> dict[str, float]:
    r"""Score one answer with verl's custom reward signature.

    ``score`` is the weighted sum; the other keys are its columns. ``extra_info`` may hold
    ``gold_steps`` and ``rewards`` (the name of a reward set, default ``shaped``).

    Raises
    ------
    InvalidInputError
        If the gold answer is no number or the reward set is unknown.

    Examples
    --------
    >>> compute_score("gsm8k", r"It is \boxed{18}", "18")["score"]
    1.1
    """
    gold = parse_number(str(ground_truth))
    if gold is None:
        raise InvalidInputError(
            "ground_truth {ground_truth!r} is not a number; pass the answer.",
            ground_truth=ground_truth,
        )
    extra = extra_info or {}
    weights = WEIGHTS.get(extra.get("rewards", "shaped"))
    if weights is None or "random" in weights:
        raise InvalidInputError(
            "there is no reward set {rewards!r} for verl; use shaped.", rewards=extra["rewards"]
        )
    values = {
        "correct": correct(solution_str, gold),
        "format": well_formatted(solution_str),
        "steps_f1": steps_f1(solution_str, gold, extra.get("gold_steps") or ()) or 0.0,
    }
    used = {name: values[name] for name in weights}
    return {"score": sum(weights[name] * value for name, value in used.items()), **used}


def _check_names(names: Sequence[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInputError(
            "two rewards would be logged as {repeated}; give the functions other names",
            repeated=", ".join(repeated),
        )


def _golds(
    gold: Sequence[str] | None, ground_truth: Sequence[Any] | None, kind: Kind
) -> Sequence[Fraction | str]:
    if kind == "text" and (written := gold or ground_truth) is not None:
        return [str(text) for text in written]
    if gold is not None:
        return [Fraction(number) for number in gold]
    if ground_truth is None:
        raise InvalidInputError("a reward needs the right answers; pass ground_truth or gold")
    numbers = [parse_number(str(written)) for written in ground_truth]
    for number, written in zip(numbers, ground_truth, strict=True):
        if number is None:
            raise InvalidInputError(
                "ground_truth {written!r} is not a number; pass the answer.", written=written
            )
    return [number for number in numbers if number is not None]


def answer_text(completion: Any) -> str:
    """Take the text of an answer that TRL keeps as text, or as messages."""
    return completion if isinstance(completion, str) else str(completion[0]["content"])
