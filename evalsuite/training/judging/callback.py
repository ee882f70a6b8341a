"""A judge for anybody's trainer: one callback that asks held-out questions while it trains.

For every trainer of transformers and TRL (SFT, DPO, GRPO, RLOO ...), in one process.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from evalsuite.disk.files import read_text, write_atomically
from evalsuite.disk.storage import is_complete, load_run
from evalsuite.errors import InvalidInputError
from evalsuite.models.load import wrap_model
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.run import ModelSpec, Question
from evalsuite.tasks.grading import task_of_run
from evalsuite.tasks.prompts import load_prompt
from evalsuite.tasks.questions import load_questions
from evalsuite.tasks.subsets import subset_indices
from evalsuite.training.judging.curve import LookCurve, change_between, log_row, point_of
from evalsuite.training.judging.looks import answer_run, engine_of, still, weights_sha256
from evalsuite.training.judging.script import ScriptRecord, tokenizer_of
from evalsuite.training.judging.trained_on import WatchedSplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.records.run import Run

__all__ = ["JudgeCallback"]

_NO_START = "the training was resumed without its first look, so no change since the start is known"


class JudgeCallback(TrainerCallback):  # type: ignore[misc]  # transformers is not typed here
    """Ask held-out questions every few steps; write the learning curve, and stop where it falls.

    One line in a script: ``trainer.add_callback(JudgeCallback("gsm8k", every=50))``. The model
    answers greedily before the first step, every ``every`` steps and after the last one. Nothing of
    the training changes: the same weights come out with and without it.

    The folder ``judge`` in the trainer's output (or ``output``) holds ``curve.json``, written anew
    after each look, and ``runs/`` with one run a look: ``evalsuite compare`` takes any two of
    their folders. Whoever stops by these questions, or chooses a checkpoint by them, has used them:
    judge the chosen one on others.

    Beside the trainer's checkpoints ``train_log.jsonl`` gets every logged row, and
    ``manifest.json`` at the end what the trainer tells of the training, so that `evalsuite compare`
    finds both with the model: settings, versions, rewards, and the prompt where the data set still
    has it. What nobody tells is None there. A folder with the record of another training is left as
    it is.

    Parameters
    ----------
    task
        ``embedded``, ``gsm8k``, or the path of a JSON-lines file with numbers as answers.
    questions
        How many of the split, drawn by seed 0; None for all. Or the questions themselves.
    every
        Steps between two looks.
    max_new_tokens
        Budget of an answer; smaller ones can be read from the runs.
    prompt
        ``boxed``, ``plain``, or a text file with a system message: as the training asks.
    split
        Of the task: one that is not trained on.
    output
        Where curve and runs go.
    stop_on_fall
        End the training where accuracy has fallen since the start, beyond its interval at a level
        shared among all looks: a training that does no harm is stopped with a chance of at most 1
        minus ``confidence_level``.
    confidence_level
        Of all changes together, and of each look's accuracy.
    train_dataset
        As the trainer got it, for SFT and DPO: they keep its tokens alone, which do not tell how
        it asks, nor what. Others need none. A column ``question`` or ``problem`` with the question
        alone lets the split be looked for in it.
    reward_funcs
        As the trainer got them: a callback is not told. Without them the manifest has the names
        that are logged, and no hash of their source.

    Raises
    ------
    InvalidInputError
        For numbers below 1, unknown tasks, and a training with several processes.
    """

    def __init__(
        self,
        task: str = "gsm8k",
        *,
        questions: int | Sequence[Question] | None = 200,
        every: int = 50,
        max_new_tokens: int = 300,
        prompt: str = "boxed",
        split: str = "test",
        output: Path | str | None = None,
        stop_on_fall: bool = False,
        confidence_level: float = 0.95,
        train_dataset: Any = None,
        reward_funcs: Callable[..., Any] | Sequence[Callable[..., Any]] = (),
    ) -> None:
        if every < 1 or max_new_tokens < 1:
            raise InvalidInputError(
                "every is {every}, max_new_tokens {max_new_tokens}; use 1 or more.",
                every=every,
                max_new_tokens=max_new_tokens,
            )
        if not 0 < confidence_level < 1:
            raise InvalidInputError(
                "confidence_level is {confidence_level}; use a share such as 0.95.",
                confidence_level=confidence_level,
            )
        every_question, self._questions = _chosen(task, questions, split)
        self._every, self._stop_on_fall = every, stop_on_fall
        self._folder = None if output is None else Path(output)
        self._start: tuple[bool, ...] | None = None
        tested = WatchedSplit(name=task, split=split, questions=every_question)
        self._record = ScriptRecord(train_dataset, reward_funcs, tested)
        self.curve = LookCurve(
            task=Path(task).stem if task.endswith(".jsonl") else task,
            split=split,
            prompt=load_prompt(prompt).name,
            max_new_tokens=max_new_tokens,
            n_questions=len(self._questions),
            confidence_level=confidence_level,
            looks_planned=0,
        )
        """The looks so far, as in ``curve.json``."""
        self._prompt = prompt

    def on_train_begin(self, args: Any, state: Any, control: Any, **context: Any) -> None:  # noqa: D102  a hook of transformers
        if args.world_size > 1:
            raise InvalidInputError(
                "JudgeCallback asks in one process; leave it out, or train in one process"
            )
        self._folder = self._folder or Path(args.output_dir) / "judge"
        self._start = None
        self._record.begin(args, state, context)
        looks = -(-state.max_steps // self._every)
        self.curve = replace(self.curve, points=(), looks_planned=looks, stopped_at=None)
        if state.global_step == 0:
            self._look(args, state, control, **context)
        else:
            self._go_on(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **context: Any) -> None:  # noqa: D102  a hook of transformers
        is_last = state.global_step >= state.max_steps
        if state.global_step % self._every == 0 or is_last:
            self._look(args, state, control, **context)

    def on_log(self, args: Any, state: Any, control: Any, **context: Any) -> None:  # noqa: D102  a hook of transformers
        self._record.add(args, state, control, context)

    def on_train_end(self, args: Any, state: Any, control: Any, **context: Any) -> None:  # noqa: ARG002, D102  a hook of transformers
        self._record.end(args, state, context, was_stopped=self.curve.stopped_at is not None)

    def _look(self, args: Any, state: Any, control: Any, **context: Any) -> None:
        run, folder = self._answers(args, state.global_step, **context)
        outcomes = _outcomes(run)
        change = None
        if self._start is None and not self.curve.points and state.global_step == 0:
            self._start = outcomes
        elif self._start is not None:
            change = change_between(
                self._start,
                outcomes,
                looks=self.curve.looks_planned,
                confidence_level=self.curve.confidence_level,
            )
        point = point_of(
            state.global_step,
            folder.name,
            outcomes,
            cut_off=sum(response.finish == "length" for response in run.responses),
            confidence_level=self.curve.confidence_level,
            change=change,
        )
        self.curve = replace(self.curve, points=(*self.curve.points, point))
        if self._stop_on_fall and change is not None and change.high < 0:
            self.curve = replace(self.curve, stopped_at=state.global_step)
            control.should_training_stop = True
        write_atomically(self._place / "curve.json", to_json(self.curve))
        level = self.curve.confidence_level
        self._record.write(log_row(state.global_step, outcomes, change, confidence_level=level))
        logging.getLogger(__name__).info(
            "step %s: %s of %s right", state.global_step, point.right, point.n
        )

    @property
    def _place(self) -> Path:
        if self._folder is None:
            raise InvalidInputError("JudgeCallback has no folder yet; it gets one from a trainer")
        return self._folder

    def _answers(self, args: Any, step: int, **context: Any) -> tuple[Run, Path]:
        model = context["model"]
        has_adapter = hasattr(model, "peft_config")
        own = model.get_base_model() if has_adapter else model
        with still(model):
            spec = ModelSpec(
                name=f"step-{step}",
                source="folder",
                location=str(args.output_dir),
                weights=weights_sha256(own),
                note=f"weights in memory at step {step} of a training",
            )
            loaded = wrap_model(own, tokenizer_of(context), spec)
            return answer_run(
                loaded,
                engine_of(loaded, has_adapter=has_adapter),
                self._questions,
                self._place / "runs",
                task=self.curve.task,
                split=self.curve.split,
                prompt=self._prompt,
                max_new_tokens=self.curve.max_new_tokens,
            )

    def _go_on(self, step: int) -> None:
        """Take up the curve of an interrupted training; looks after its checkpoint come again."""
        path = self._place / "curve.json"
        if path.is_file():
            before = from_json(LookCurve, read_text(path), origin=str(path))
            points = tuple(point for point in before.points if point.step <= step)
            self.curve = replace(self.curve, points=points)
        first = next((p for p in self.curve.points if p.step == 0), None)
        folder = None if first is None else self._place / "runs" / first.run
        if folder is not None and is_complete(folder):
            self._start = _outcomes(load_run(folder))
        else:
            self.curve = replace(self.curve, notes=(_NO_START,))


def _chosen(
    task: str, questions: int | Sequence[Question] | None, split: str
) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """Load the split, and choose from it; questions that were given are both."""
    if questions is not None and not isinstance(questions, int):
        every = chosen = tuple(questions)
    else:
        every = load_questions(task, split)
        size = len(every) if questions is None else questions
        if not 1 <= size <= len(every):
            raise InvalidInputError(
                "{size} questions were asked for, {task} has {n_questions} in {split}; ask for "
                "fewer, but at least 1",
                size=size,
                task=task,
                n_questions=len(every),
                split=split,
            )
        # In the order of the split, in which compare stores them.
        chosen = tuple(every[i] for i in sorted(subset_indices(0, size, len(every))))
    if not chosen:
        raise InvalidInputError("there is no question to ask; give at least one")
    return every, chosen


def _outcomes(run: Run) -> tuple[bool, ...]:
    decides = task_of_run(run.spec).decides
    return tuple(bool(grade.is_right(decides)) for grade in run.grades)
