"""The record of a training that somebody's own script runs: its log, and its prompt as far as told.

A data set tells how it asks where its prompts are chats; what a trainer has made into tokens tells
nothing. It does not know what the model answers.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import object_or_empty
from evalsuite.models.prompt import prompt_record, render, settings_in_memory
from evalsuite.records.codec import sha256_of
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import ModelSpec
from evalsuite.tasks.prompts import PROMPTS, Prompt, messages, with_arguments
from evalsuite.training.judging.heldout import fallen_look
from evalsuite.training.judging.trained_on import QUESTION_COLUMNS, asking_messages
from evalsuite.training.log import read_log, rewind_log
from evalsuite.training.log_writer import LogWriter
from evalsuite.training.manifest import SCRIPT, settings_used, write_script_manifest
from evalsuite.training.own_rewards.functions import source_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from evalsuite.records.training import Contamination, PromptRecord
    from evalsuite.training.judging.trained_on import WatchedSplit

__all__ = ["ScriptRecord", "prompt_of_rows", "tokenizer_of"]

_MOST_ROWS = 1_000
"""Of a data set: enough to see whether all ask alike."""


class ScriptRecord:
    """Log and manifest beside the checkpoints of one trainer, as far as it and the script tell."""

    def __init__(
        self,
        rows: Any,
        reward_funcs: Callable[..., Any] | Sequence[Callable[..., Any]],
        tested: WatchedSplit,
    ) -> None:
        functions = (reward_funcs,) if callable(reward_funcs) else tuple(reward_funcs)
        self._reward_sources = {_reward_name(each): source_hash(each) for each in functions}
        self._rows, self._tested = rows, tested
        self._contamination: Contamination | None = None
        self._prompt: PromptRecord | None = None
        self._log: LogWriter | None = None
        self._began = 0.0

    def begin(self, args: Any, state: Any, context: Mapping[str, Any]) -> None:
        """Start or take up the log, and read how the data set asks, and whether it asks the test.

        Nothing is recorded in a folder that has the record of another training.
        """
        self._began = time.perf_counter()
        if self._rows is None:
            self._rows = getattr(context.get("train_dataloader"), "dataset", None)
        model, tokenizer = context["model"], tokenizer_of(context)
        self._prompt = prompt_of_rows(self._rows, tokenizer, model=model, args=args)
        output = Path(args.output_dir)
        self._log = _open_log(output, step=state.global_step)
        if self._log is not None:
            start = Path(model.name_or_path or "")
            self._contamination = self._tested.look(self._rows, start, output)

    def add(self, args: Any, state: Any, control: Any, context: Mapping[str, Any]) -> None:
        """Add what a trainer logs."""
        if self._log is not None:
            self._log.on_log(args, state, control, **context)

    def write(self, row: dict[str, float]) -> None:
        """Add a row of our own, with its ``step``."""
        if self._log is not None:
            self._log.write(row)

    def end(self, args: Any, state: Any, context: Mapping[str, Any], *, was_stopped: bool) -> None:
        """Write the manifest."""
        if self._log is None:
            return
        log = read_log(Path(args.output_dir) / "train_log.jsonl")
        write_script_manifest(
            Path(args.output_dir),
            args=args,
            state=state,
            prompt=self._prompt,
            contamination=self._contamination,
            reward_sources=dict.fromkeys(_logged_rewards(log)) | self._reward_sources,
            n_rows=len(self._rows) if hasattr(self._rows, "__len__") else None,
            start=context["model"].name_or_path or None,
            seconds=time.perf_counter() - self._began,
            stopped=fallen_look(log) if was_stopped else None,
        )


def tokenizer_of(context: Mapping[str, Any]) -> Any:
    """Take the tokenizer out of what a trainer hands to its callbacks; a processor has one."""
    tokenizer = context["processing_class"]
    return getattr(tokenizer, "tokenizer", tokenizer)


def prompt_of_rows(rows: Any, tokenizer: Any, *, model: Any, args: Any) -> PromptRecord | None:
    """Record how a data set asks, by its chats; None where it does not tell.

    ``rows`` is a ``datasets.Dataset`` with ``prompt`` or ``messages``; other things tell nothing.
    The text around the question is known where a column has the question alone.
    """
    asking = _asking(rows)
    if asking is None:
        return None
    known = [prompt for prompt in PROMPTS.values() if prompt.system == asking.system]
    own = Prompt(name=f"script@{sha256_of(asking.system)[:8]}", system=asking.system)
    prompt = with_arguments(known[0] if known else own, getattr(args, "chat_template_kwargs", None))
    record = prompt_record(
        ModelSpec(name="start", source="folder", location=str(args.output_dir)),
        tokenizer,
        prompt,
        used=settings_used(args),
        asked=settings_in_memory(model),
    )
    if asking.user is None:
        return replace(record, rendered="")
    chat = messages(prompt, asking.user)
    return replace(record, rendered=render(tokenizer, chat, prompt.arguments))


@dataclass(frozen=True, slots=True)
class _Asking:
    """The two messages that ask a question."""

    system: str | None
    user: str | None
    """With ``{question}`` for the question; None where nobody knows which part that is."""


def _asking(rows: Any) -> _Asking | None:
    from datasets import Dataset

    if not isinstance(rows, Dataset) or not len(rows):
        return None
    every = {_asking_of(row) for row in rows.select(range(min(_MOST_ROWS, len(rows))))}
    asked = [each for each in every if each is not None]
    systems = {each.system for each in asked}
    if len(asked) < len(every) or len(systems) > 1:
        return None
    return asked[0] if len(asked) == 1 else _Asking(systems.pop(), None)


def _asking_of(row: Mapping[str, Any]) -> _Asking | None:
    texts = asking_messages(row)
    if texts is None:
        return None
    known = (row.get(name) for name in QUESTION_COLUMNS)
    question = next((q for q in known if isinstance(q, str) and q and q in texts[-1]), None)
    user = None if question is None else texts[-1].replace(question, "{question}")
    return _Asking(texts[0] if len(texts) > 1 else None, user)


def _open_log(output: Path, *, step: int) -> LogWriter | None:
    """Open the log of a training that begins after a step; None in another training's folder."""
    manifest = output / "manifest.json"
    is_ours = object_or_empty(manifest).get("kind") == SCRIPT
    if (output / "train_spec.json").is_file() or (manifest.is_file() and not is_ours):
        logging.getLogger(__name__).warning(
            "%s holds the record of another training, so this one is not recorded", output
        )
        return None
    output.mkdir(parents=True, exist_ok=True)
    # While it exists, the training counts as complete.
    manifest.unlink(missing_ok=True)
    log = output / "train_log.jsonl"
    if step == 0:
        log.unlink(missing_ok=True)
    else:
        rewind_log(log, step)
    return LogWriter(log)


def _reward_name(function: Any) -> str:
    """Name a reward as TRL's log does."""
    return str(getattr(function, "__name__", type(function).__name__))


def _logged_rewards(log: Sequence[Mapping[str, Any]]) -> list[str]:
    keys = dict.fromkeys(key for row in log for key in row)
    parts = (key.split("/") for key in keys)
    return [each[1] for each in parts if each[0] == "rewards" and each[2:] == ["mean"]]
