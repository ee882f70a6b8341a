"""Held-out questions, asked every few steps: training stops where accuracy has fallen.

The start model answers them once, greedily; the model in training answers the same ones again.
Training stops when the interval of the change lies wholly below 0, at a confidence level shared
among all looks, so that looking often does not stop a healthy run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from evalsuite.errors import InvalidInputError
from evalsuite.generation.engine import requests_for
from evalsuite.records.run import Decoding
from evalsuite.tasks.grading import kind_of
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.training.judging.curve import change_between, log_row
from evalsuite.training.judging.looks import engine_of, still
from evalsuite.training.rewards import correct, gold_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Question
    from evalsuite.records.training import HeldOut, TrainSpec
    from evalsuite.training.log_writer import LogWriter

__all__ = ["HeldOutWatch", "fallen_look", "hold_out"]

_LEVEL = 0.95
"""Chance that a healthy run is stopped at none of its looks, at least."""


def hold_out(
    questions: tuple[Question, ...], *, n_questions: int | None, watch: HeldOut
) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """Split the whole train split into what is trained on, the first n, and what is held out.

    ``n_questions`` of None trains on all that are not held out.

    Raises
    ------
    InvalidInputError
        If the split is too small for both.
    """
    n = len(questions) - watch.questions if n_questions is None else n_questions
    if n < 1 or n + watch.questions > len(questions):
        raise InvalidInputError(
            "the train split has {n_questions} questions, too few to hold out {questions} beside "
            "those trained on; hold out or train on fewer.",
            n_questions=len(questions),
            questions=watch.questions,
        )
    return questions[:n], questions[n : n + watch.questions]


def fallen_look(log: Sequence[Mapping[str, float]]) -> dict[str, float] | None:
    """Find the look that ended a training in its log; None where none did."""
    looks = (row for row in log if row.get("heldout/change_high", 0.0) < 0)
    return next((dict(row) for row in looks), None)


class HeldOutWatch(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Look at held-out accuracy every few steps; the log gets a row a look.

    The start model is asked at once, so ``loaded`` must not have made its first step.
    """

    def __init__(
        self,
        spec: TrainSpec,
        questions: Sequence[Question],
        loaded: LoadedModel,
        log: LogWriter,
    ) -> None:
        if spec.heldout is None:
            raise InvalidInputError("this training holds no questions out; add [train.heldout].")
        self._spec, self._every = spec, spec.heldout.every
        self._questions, self._loaded, self._log = tuple(questions), loaded, log
        self._looks = 1
        self._start = self._ask()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_context: Any) -> None:  # noqa: ARG002, D102  a hook of transformers
        self._looks = state.max_steps // self._every
        if state.global_step == 0:
            self._log.write(log_row(0, self._start, None, confidence_level=_LEVEL))

    def on_step_end(self, args: Any, state: Any, control: Any, **_context: Any) -> None:  # noqa: ARG002, D102  a hook of transformers
        if state.global_step % self._every:
            return
        now = self._ask()
        change = change_between(self._start, now, looks=self._looks, confidence_level=_LEVEL)
        self._log.write(log_row(state.global_step, now, change, confidence_level=_LEVEL))
        # Not where accuracy is lower, but where even the upper end of the change is.
        if change.high < 0:
            control.should_training_stop = True

    def _ask(self) -> list[bool]:
        """Answer every question greedily, and leave model and random numbers as they were."""
        with still(self._loaded.model):
            engine = engine_of(self._loaded, has_adapter=self._spec.adapter == "lora")
            prompt = load_prompt(self._spec.prompt)
            requests = requests_for(
                {q.id: engine.render(messages(prompt, q.text)) for q in self._questions}
            )
            decoding = Decoding(max_new_tokens=self._spec.max_new_tokens)
            texts = {r.question_id: r.text for r in engine.generate(requests, decoding)}
        return [
            bool(correct(texts[question.id] or "", gold_of(question, kind_of(self._spec.task))))
            for question in self._questions
        ]
