"""GRPO training with TRL, and what is kept of it so that it can be believed.

One call, one seed, one folder: the model, ``manifest.json`` (what it was made of),
``train_log.jsonl`` (every logged metric), ``completions/`` (every sampled answer with its
rewards) and ``checkpoint-*`` to resume from. The loop is TRL's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from datasets import Dataset
from transformers import PrinterCallback, TrainerState
from trl import GRPOTrainer

from evalsuite.errors import InvalidInputError
from evalsuite.generation.threads import at_most, thread_count
from evalsuite.models.names import resolve
from evalsuite.models.packing import check_packing
from evalsuite.models.prompt import as_sent
from evalsuite.models.quiet import quiet_libraries, quiet_warnings
from evalsuite.records.codec import sha256_of
from evalsuite.records.training import Diagnosis
from evalsuite.records.verdict import Statement
from evalsuite.tasks.grading import kind_of
from evalsuite.tasks.hub import settle_offline
from evalsuite.tasks.prompts import PROMPTS, messages
from evalsuite.training.checkpoints import CheckpointSeal, mid_buffer_notice
from evalsuite.training.diagnosis import conclude
from evalsuite.training.difficulty import keep_informative, pass_rates
from evalsuite.training.failures.answers import with_answers
from evalsuite.training.folder import Start, claim_folder, find_start, own_folder, share_start
from evalsuite.training.judging.heldout import HeldOutWatch, fallen_look
from evalsuite.training.judging.looks import engine_of
from evalsuite.training.log import read_log
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import write_manifest
from evalsuite.training.options import build_config, check_evaluation
from evalsuite.training.own_rewards.check import RewardCheck, check_rewards
from evalsuite.training.own_rewards.functions import OwnReward
from evalsuite.training.own_rewards.terms import read_terms
from evalsuite.training.processes import check_processes, from_first
from evalsuite.training.pushing import check_push, open_repository, push, push_left
from evalsuite.training.questions.splits import split_questions
from evalsuite.training.reward_columns import reward_columns
from evalsuite.training.rewards import gold_of
from evalsuite.training.sampled import SampledTrainer, check_sampling, check_served
from evalsuite.training.start_model import (
    adapter_config,
    check_adapter,
    load_options,
    load_start,
    name_base,
    plain_start,
    training_prompt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import ModelSpec, Question
    from evalsuite.records.training import TrainSpec
    from evalsuite.training.diagnosis import OnLog
    from evalsuite.training.questions.splits import Splits
    from evalsuite.training.reward_columns import RewardColumn

__all__ = ["Notice", "OnNotice", "checked_config", "train"]

Notice = Statement | RewardCheck | Diagnosis
"""What the user of a training should know: a fact, what its rewards pay, or what its log means."""
OnNotice = Callable[[Notice], None]
"""Called now and then; the catalogues of `evalsuite.reporting` have the sentences."""


@dataclass(frozen=True, kw_only=True)
class _Training:
    """One training whose settings are checked and whose folder is held."""

    spec: TrainSpec
    output: Path
    config: Any
    columns: list[RewardColumn | OwnReward]
    splits: Splits
    start: Start
    on_log: OnLog | None
    notify: OnNotice

    def run(self) -> None:
        """Train from the start to the end, and seal the result."""
        started = time.perf_counter()
        spec, config, output = self.spec, self.config, self.output
        contamination = self.splits.contamination(spec)
        self.notify(contamination.notice)
        loaded = load_start(spec, device="cpu" if config.use_cpu else "auto")
        with thread_count(at_most(spec.threads)) as threads, quiet_warnings():
            # Check, filter and the first look at held-out questions come before the trainer, which
            # changes the model: they are about the model training starts from.
            check = self._check_rewards(loaded)
            questions = _informative(spec, self.splits.candidates, loaded, config.device)
            check_served(spec, (*questions, *self.splits.evaluated), loaded)
            if config.process_index == 0:
                open_repository(config)
                claim_folder(spec, output, self.start)
                self.splits.write_tested(output)
                contamination.write(output)
            from_first(None, config.device)  # nobody goes on before the folder is claimed
            loaded = plain_start(spec, loaded, output / "start")
            trainer = self._trainer(questions, loaded)
            self._train(trainer)
            _save(trainer, output / "model")
        if trainer.is_world_process_zero():
            write_manifest(
                spec,
                questions=questions,
                n_candidates=len(self.splits.candidates),
                contamination=contamination.found,
                output=output,
                trainer=trainer,
                seconds=time.perf_counter() - started,
                threads=threads,
                stopped=fallen_look(read_log(output / "train_log.jsonl")),
                reward_check=check,
                base=loaded.spec,
            )
            self._conclude()
            pushed = push(trainer, spec, output / "model")
            if pushed is not None:
                self.notify(pushed)
        trainer.accelerator.wait_for_everyone()

    def _conclude(self) -> None:
        """Tell what the log means, with the answers that show it."""
        findings = conclude(read_log(self.output / "train_log.jsonl"))
        for finding in with_answers(findings, self.output):
            self.notify(finding)

    def _check_rewards(self, loaded: LoadedModel) -> RewardCheck | None:
        """Try own rewards on ten answers; ours are tested in the project."""
        if not any(isinstance(column, OwnReward) for column in self.columns):
            return None
        check = check_rewards(
            self.columns,
            self.config.reward_weights,
            self.splits.candidates[0],
            prompt=self.spec.prompt,
            kind=kind_of(self.spec.task),
            tokenize=lambda text: loaded.tokenizer(text, add_special_tokens=False)["input_ids"],
        )
        self.notify(check)
        return check

    def _trainer(self, questions: tuple[Question, ...], loaded: LoadedModel) -> Any:
        log = LogWriter(self.output / "train_log.jsonl", self.on_log)
        callbacks = [CheckpointSeal(), log]
        if self.spec.heldout is not None:
            callbacks.append(HeldOutWatch(self.spec, self.splits.watched, loaded, log))
        return _build_trainer(
            self.spec,
            questions,
            self.splits.evaluated,
            columns=self.columns,
            config=self.config,
            loaded=loaded,
            callbacks=callbacks,
        )

    def _train(self, trainer: Any) -> None:
        checkpoint = self.start.checkpoint
        if checkpoint is None:
            trainer.train()
            return
        stopped = fallen_look(read_log(self.output / "train_log.jsonl"))
        if not checkpoint.is_last and stopped is None:
            trainer.train(resume_from_checkpoint=str(checkpoint.path))
            return
        # The trainer would make one step more, however many it has made.
        trainer._load_from_checkpoint(str(checkpoint.path))  # noqa: SLF001  no public way
        trainer.state = TrainerState.load_from_json(str(checkpoint.path / "trainer_state.json"))


def checked_config(spec: TrainSpec, *, output: Path) -> Any:
    """Make the ``trl.GRPOConfig`` of a training, and refuse what can be refused of its settings.

    Nothing is loaded or written. Raises InvalidInputError.
    """
    terms = read_terms(spec.rewards)
    load_options(spec)
    training_prompt(spec)
    config = build_config(spec, output=output, reward_weights=[term.weight for term in terms])
    check_evaluation(spec, config)
    check_sampling(spec, config)
    check_processes(spec, config)
    check_push(spec, config)
    if spec.packing is not None:
        check_packing(spec.model, spec.packing)
    with quiet_warnings():
        check_adapter(spec)
    return config


def train(
    spec: TrainSpec,
    *,
    output: Path,
    resume: bool = False,
    on_log: OnLog | None = None,
    on_notice: OnNotice | None = None,
) -> ModelSpec:
    """Train one model with GRPO, and write it to ``output/model``.

    The seed of the spec decides the order of questions and every sampled answer. ``resume`` goes
    on from the newest complete checkpoint in ``output``, starts again where none is, and changes
    nothing where the training is finished: in float32 on a CPU the result has the same bytes as an
    uninterrupted run; on a GPU it need not. ``on_log`` is called after each logged step with its
    row and the diagnosis so far, ``on_notice`` now and then with what the user should know.

    Raises InvalidInputError for options TRL refuses, too few questions, or an output folder that is
    in use; RunFailedError where the model can't be loaded, another process trains in the folder, or
    there is nothing to resume.
    """
    settle_offline()
    config = checked_config(spec, output=output)
    columns, _ = reward_columns(
        spec.rewards,
        group_size=config.num_generations,
        gate=spec.gate,
        limit=spec.max_new_tokens,
        seed=spec.seed,
        process=config.process_index,
        kind=kind_of(spec.task),
    )
    sources = {c.name: c.sha256 for c in columns if isinstance(c, OwnReward)}
    spec = replace(spec, reward_sources=sources or None, prompt_sha256=_own_prompt_sha256(spec))
    is_first = config.process_index == 0
    notify = on_notice if on_notice is not None and is_first else _say_nothing
    splits = split_questions(spec)
    with own_folder(output, is_first=is_first):
        start = find_start(spec, output, resume=resume) if is_first else Start()
        start = share_start(start, output, config.device)
        for notice in _notices(spec, start, config):
            notify(notice)
        if not start.is_finished:
            _Training(
                spec=spec,
                output=output,
                config=config,
                columns=columns,
                splits=splits,
                start=start,
                on_log=on_log,
                notify=notify,
            ).run()
    return resolve(f"path:{output / 'model'}")


def _own_prompt_sha256(spec: TrainSpec) -> str | None:
    """Hash the system message of a prompt that is not ours, whose name may come to mean another."""
    return None if spec.prompt in PROMPTS else sha256_of(training_prompt(spec).system)


def _notices(spec: TrainSpec, start: Start, config: Any) -> Iterator[Statement]:
    yield from start.notices()
    left = push_left(config) if start.is_finished else None
    if left is not None:
        yield left
    if spec.packing is not None and not start.is_finished:
        yield Statement(key="training_notice.packed", values={"bits": spec.packing.bits})
    mid_buffer = None if start.is_finished else mid_buffer_notice(config)
    if mid_buffer is not None:
        yield mid_buffer


def _informative(
    spec: TrainSpec, candidates: tuple[Question, ...], loaded: LoadedModel, device: Any
) -> tuple[Question, ...]:
    if spec.difficulty is None:
        return candidates
    low, high = spec.difficulty
    rates = pass_rates(
        candidates,
        engine_of(loaded, has_adapter=spec.packing is not None),
        prompt=spec.prompt,
        max_new_tokens=spec.max_new_tokens,
        seed=spec.seed,
        kind=kind_of(spec.task),
    )
    # On a GPU two processes may sample a close choice differently: all keep the first one's
    # questions, or they would train on data sets of unequal length and wait for each other.
    return keep_informative(candidates, from_first(rates, device), low=low, high=high)


def _build_trainer(
    spec: TrainSpec,
    questions: tuple[Question, ...],
    held_out: tuple[Question, ...],
    *,
    columns: list[RewardColumn | OwnReward],
    config: Any,
    loaded: LoadedModel,
    callbacks: list[Any],
) -> Any:
    quiet_libraries()
    # TRL samples with transformers' generate, which must end answers where our engines end them.
    loaded.model.generation_config.eos_token_id = list(loaded.eos_ids)
    rows = [_rows(spec, each, loaded.tokenizer) for each in (questions, held_out)]
    try:
        trainer = _trainer_class(spec)(
            model=loaded.model.train(),
            reward_funcs=columns,
            args=config,
            train_dataset=Dataset.from_list(rows[0]),
            eval_dataset=Dataset.from_list(rows[1]) if rows[1] else None,
            processing_class=loaded.tokenizer,
            peft_config=adapter_config(spec),
            callbacks=callbacks,
        )
    except ValueError as error:
        raise InvalidInputError("TRL refuses the options: {error}", error=error) from error
    trainer.remove_callback(PrinterCallback)
    if isinstance(trainer, SampledTrainer):
        trainer.sample_from(loaded, seed=spec.seed)
    name_base(trainer.model, loaded.spec)
    return trainer


class _PackedTrainer(GRPOTrainer):  # type: ignore[misc]  # trl is not typed here
    """``trl.GRPOTrainer`` whose adapter, taken up again, has the precision it was trained in.

    TRL trains an adapter on packed weights in bfloat16; PEFT loads any in float32.
    """

    def _load_from_checkpoint(self, *args: Any, **options: Any) -> None:
        before = {name: weights.dtype for name, weights in self.model.named_parameters()}
        super()._load_from_checkpoint(*args, **options)
        for name, weights in self.model.named_parameters():
            weights.data = weights.data.to(before[name])


def _trainer_class(spec: TrainSpec) -> Any:
    if spec.engine == "hf":
        return SampledTrainer
    return GRPOTrainer if spec.packing is None else _PackedTrainer


def _say_nothing(_notice: Notice) -> None:
    """Tell nobody."""


def _save(trainer: Any, folder: Path) -> None:
    # The trainer turned the cache off; generation needs it.
    trainer.model.config.use_cache = True
    # As the trainer saves for itself: asked by a user it would push its whole output.
    trainer.save_model(str(folder), _internal_call=True)
    # A pickle: nobody should be led to load it.
    (folder / "training_args.bin").unlink(missing_ok=True)


def _rows(spec: TrainSpec, questions: tuple[Question, ...], tokenizer: Any) -> list[dict[str, Any]]:
    prompt, kind = training_prompt(spec), kind_of(spec.task)
    return [
        {
            # As an evaluation sends them: TRL knows no template without a system role.
            "prompt": as_sent(tokenizer, messages(prompt, question.text), prompt.arguments),
            "gold": str(gold_of(question, kind)),
            "ground_truth": str(gold_of(question, kind)),
            "gold_steps": list(question.gold_steps),
            "question_id": question.id,
        }
        for question in questions
    ]
