"""Targets of fuzzing: each reads bytes of strangers, and has good bytes to begin with.

``prepare(name, folder)`` lays what stands beside such bytes into a folder. A target is read by
calls of the library, not by commands: whatever it raises that is not for a person is a fault. Who
makes the bytes, `tests/faults/fuzz.py` and the tests, is not known here.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from builders import response
from file_victims import VICTIMS
from hostile_files import spoilt

from evalsuite.errors import EvalsuiteError
from evalsuite.records.codec import to_json
from evalsuite.records.run import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["TARGETS", "Prepared", "prepare", "spoil"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A target that is ready to read."""

    seeds: tuple[bytes, ...]
    read: Callable[[bytes], object]
    files: tuple[str, ...]
    """Names of the files that the first byte chooses from; none where all bytes are one text."""
    allowed: tuple[type[Exception], ...] = (EvalsuiteError,)
    """What a reader may raise: errors that are made into one line."""


def prepare(name: str, folder: Path) -> Prepared:
    """Make a target ready; what it reads beside the bytes lies in a folder that is its own."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    return TARGETS[name](folder)


def spoil(target: Prepared, content: bytes, seed: int) -> bytes:
    """Spoil an input by what its file is, as hostile files are."""
    rng = random.Random(seed)  # noqa: S311  not for secrets
    if not target.files:
        return spoilt(rng, "text", content)
    choice, body = content[:1] or b"\0", content[1:]
    return choice + spoilt(rng, _chosen(target.files, choice), body)


def _chosen(files: Sequence[str], choice: bytes) -> str:
    return files[choice[0] % len(files)]


def _of_files(victim: str, below: str, read: Callable[[Path], object], folder: Path) -> Prepared:
    """Read the good files of a victim, one of them the bytes' own: the first byte says which."""
    target = VICTIMS[victim].lay(folder)
    files = [path for path in sorted(folder.glob(below)) if path.is_file()]
    contents = [path.read_bytes() for path in files]
    changed: list[int] = []

    def read_one(content: bytes) -> object:
        for i in changed:
            files[i].write_bytes(contents[i])
        i = (content[:1] or b"\0")[0] % len(files)
        changed[:] = [i]
        files[i].write_bytes(content[1:])
        return read(target)

    return Prepared(
        seeds=tuple(bytes([i]) + content for i, content in enumerate(contents)),
        read=read_one,
        files=tuple(path.name for path in files),
    )


def _read_log(target: Path) -> None:
    from evalsuite.asking.logged import with_ends
    from evalsuite.cli.logs import log_summary
    from evalsuite.logs.detect import find_files, read_file
    from evalsuite.logs.log import Columns
    from evalsuite.logs.runs import run_of_log

    for file in find_files(str(target)):
        for log in read_file(file, Columns(), allow_missing=True):
            to_json(log_summary(with_ends(log, Columns())))
            to_json(run_of_log(log).spec)


def _read_answers(target: Path) -> None:
    from evalsuite.logs.generic import grades_of, read_answers
    from evalsuite.tasks.questions import read_questions

    questions = read_questions(target.with_name("data.jsonl"), id_prefix="q")
    options: dict[str, Any] = {"name": "x", "task": "t", "split": "test", "prompt": "boxed"}
    for keeps in (True, False):
        log = read_answers(
            target.with_name("log.jsonl"),
            questions,
            max_new_tokens=64,
            keep_question_texts=keeps,
            **options,
        )
        to_json(list(grades_of(log.run)))


def _read_run(target: Path) -> None:
    from evalsuite.disk.ledger import read_ledger
    from evalsuite.disk.storage import changed_files, journal_scope, load_run, read_spec
    from evalsuite.disk.verification import verify_run

    folder = target.parent
    _seal(folder)
    verify_run(folder)
    read_ledger(folder.parent)
    to_json(load_run(folder).spec)
    changed_files(folder)
    journal_scope(read_spec(folder))


def _seal(folder: Path) -> None:
    """Make ``complete.json`` agree with the files, or nothing behind their hashes is reached."""
    complete = folder / "complete.json"
    try:
        written = json.loads(complete.read_bytes())
        for name in written["sha256"]:
            content = (folder / name).read_bytes()
            written["sha256"][name] = hashlib.sha256(content).hexdigest()
        complete.write_text(json.dumps(written), encoding="utf-8")
    except (ValueError, LookupError, TypeError, OSError, RecursionError):
        return  # it is what was changed


def _read_begun(target: Path) -> None:
    """Read a run that is not complete: its journals are held to their own checksums alone."""
    from evalsuite.disk.journal import read_answers, read_shards
    from evalsuite.disk.storage import journal_scope, read_questions, read_spec
    from evalsuite.disk.verification import verify_run

    folder = target.parent
    (folder / "complete.json").unlink(missing_ok=True)
    verify_run(folder)
    read_questions(folder)
    read_answers(folder, journal_scope(read_spec(folder)))
    read_shards(folder)


def _read_results(target: Path) -> None:
    from evalsuite.cli.shared.report_files import read_results, read_rows, view_of
    from evalsuite.records.groups.family import Family
    from evalsuite.verdict.gate import GateRules, check_gate

    judged = read_results(target)
    to_json(judged)
    if not isinstance(judged, Family):
        check_gate(judged, GateRules())
    view_of(judged, "en")
    read_rows(target)


def _read_settings(target: Path) -> None:
    import click

    from evalsuite.cli.main import cli
    from evalsuite.cli.shared.config import read_defaults
    from evalsuite.models.project import general_settings, read_aliases

    folder = target.parent
    aliases = read_aliases(folder)
    general_settings(folder)
    read_defaults(click.Context(cli), folder)
    to_json(aliases)


def _read_policy(target: Path) -> None:
    from evalsuite.cli.gating.policy import read_policy, read_suite_policy

    read_policy(target, "test test")
    read_suite_policy(target, ("test", "other test"))


def _read_training(target: Path) -> None:
    from evalsuite.training.log import read_training_log
    from evalsuite.training.recipe import read_training
    from evalsuite.training.verification import verify_training

    folder = target.parent
    verify_training(folder)
    read_training("out", f"path:{folder}")
    to_json(read_training_log(folder))


def _read_yaml(target: Path) -> None:
    from evalsuite.training.options import read_trl_yaml

    read_trl_yaml(target)


def _training_settings(folder: Path) -> Prepared:
    path = folder / "grpo.yaml"

    def read(content: bytes) -> None:
        path.write_bytes(content)
        _read_yaml(path)

    return Prepared(seeds=(_YAML,), read=read, files=())


_YAML = b"""use_peft: true
lora_r: 8
seed: 3
max_completion_length: 99
learning_rate: 1e-4
model_init_kwargs: {"dtype": "bfloat16"}
anchors: [&a 1, *a]
"""


def _graders(_folder: Path) -> Prepared:
    """Grade an answer: up to a NUL the gold, then the text."""
    from dataclasses import replace

    from evalsuite.tasks.graders.numbers import parse_gold, parse_number
    from evalsuite.tasks.graders.thoughts import answered, is_thinking
    from evalsuite.tasks.grading import grade_response, numeric_task, own_task

    numbers = numeric_task("x")
    tasks = (replace(numbers, graders=numbers.graders | {"hash": "2"}), own_task("text:x"))

    def read(content: bytes) -> None:
        gold, _, text = content.decode("utf-8", "surrogateescape").partition("\0")
        question = Question(id="q0", text="?", gold=gold)
        for task in tasks:
            for finish in ("stop", "length"):
                answer = replace(response(0, text), question_id="q0", finish=finish)
                to_json(grade_response(answer, question, task))
        parse_gold(gold)
        parse_number(gold)
        answered(text)
        is_thinking(text)

    return Prepared(seeds=tuple(text.encode() for text in _ANSWERS), read=read, files=())


_ANSWERS = (
    "18\0She has 9 + 9 = 18 left.\nThe answer is \\boxed{18}.",
    "7/2\0<think>so \\boxed{3}</think> it is \\boxed{\\frac{7}{2}} or 3.5",
    "1,000\0#### 1,000\n**Answer:** $1,000.00 and 50% of -3.2e3",
    "Lyon\0The answer is \\boxed{\\text{Lyon}}, not (Paris).",
    "-0.5\0\\boxed{-\\dfrac{1}{2}} {\\boxed{{x}}} \\boxed 5",
    "٣\0答案是 1.234,5 − 7½ ²",
)


def _templates(_folder: Path) -> Prepared:
    """Put the bytes in the place of the embedded model's chat template, and ask through it."""
    from evalsuite.models.load import load_tokenizer
    from evalsuite.models.names import resolve
    from evalsuite.models.prompt import prompt_record, render
    from evalsuite.models.template import template_arguments
    from evalsuite.tasks.prompts import load_prompt

    model = resolve("base")
    tokenizer = copy(load_tokenizer(model)[0])
    prompt = load_prompt("boxed", {"enable_thinking": False})

    def read(content: bytes) -> None:
        tokenizer.chat_template = content.decode("utf-8", "surrogateescape") or " "
        template_arguments(tokenizer)
        render(tokenizer, [{"role": "user", "content": "QUESTION"}])
        to_json(prompt_record(model, tokenizer, prompt))

    return Prepared(seeds=tuple(text.encode() for text in _TEMPLATES), read=read, files=())


_TEMPLATES = (
    """{% for m in messages %}{{ m.role ~ m['content'] | trim }}
{% endfor %}{% if add_generation_prompt %}assistant{% endif %}""",
    """{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(messages[-1].content.split('E')[0]) }}
{% set n = namespace(i=0) %}{% for m in [1, 2] %}{% set n.i = n.i + m * 2 ** 3 %}{% endfor %}""",
    """{{ messages|tojson(indent=2) }}{{ eos_token }}{{ dict(a=1) }}{{ '%.2f' % 1.5 }}
{{ '{:>9}'.format(1) }}{{ 'x'|center(9) }}{{ range(9)|list|join(',') }}""",
    """{% if enable_thinking is defined and enable_thinking is false %}<think></think>{% endif %}
{{ raise_exception('no system role') if messages[0].role == 'system' }}
{{ strftime_now('%Y') }}{% generation %}{{ messages[0].content }}{% endgeneration %}""",
)


def _replies(_folder: Path) -> Prepared:
    """Read the reply of a chat server, with and without what budgets need."""
    from evalsuite.generation.chat_reply import ReplyError, read_reply
    from evalsuite.generation.engine import Request
    from evalsuite.models import http
    from evalsuite.records.run import Decoding

    request = Request(question_id="q0", sample=0, prompt='[{"role": "user", "content": "?"}]')
    decodings = (Decoding(max_new_tokens=5), Decoding(max_new_tokens=64, stop=("END", "\n\n")))

    def read(content: bytes) -> None:
        text = content.decode("utf-8", "replace")
        http._excerpt(text, "sk-canary-7f3a9c51")
        http._retry_after(text[:64])
        reply = http.masked(http._parsed(content), "sk-canary-7f3a9c51")
        for decoding in decodings:
            for needs_ends in (True, False):
                try:
                    to_json(read_reply(reply, request, decoding, needs_ends=needs_ends))
                except ReplyError as error:
                    str(error)

    seeds = tuple(json.dumps(reply).encode() for reply in _REPLIES)
    return Prepared(seeds=seeds, read=read, files=(), allowed=(http.RequestFailedError,))


def _reply(text: str, finish: str, n: int, **more: Any) -> dict[str, Any]:
    content = [{"token": c, "bytes": list(c.encode())} for c in text]
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    choice |= {"logprobs": {"content": content}} | more
    return {"model": "m", "choices": [choice], "usage": {"completion_tokens": n}}


_REPLIES = (
    _reply("a\U0001f600b", "stop", 4),
    _reply("abcde", "length", 5),
    _reply("ab", "stop", 5, stop_reason="END"),
    _reply("abEND", "stop", 5, matched_stop="END"),
    {"error": {"message": "no"}},
)

_SOURCES: dict[str, Callable[[Path], Prepared]] = {
    name: partial(_of_files, name, "log/**/*", _read_log)
    for name, victim in VICTIMS.items()
    if ("logs", "log", "--json") in victim.commands
}
TARGETS: dict[str, Callable[[Path], Prepared]] = {
    **_SOURCES,
    "answers": partial(_of_files, "answers", "log/*", _read_answers),
    "run folder": partial(_of_files, "run folder", "runs/one-*/*", _read_run),
    "journal": partial(_of_files, "run folder", "runs/one-*/*", _read_begun),
    "results.json": partial(_of_files, "results.json", "r/*.json*", _read_results),
    "results.json of several": partial(
        _of_files, "results.json of several", "r/*.json*", _read_results
    ),
    "evalsuite.toml": partial(_of_files, "evalsuite.toml", "*.toml", _read_settings),
    "policy.toml": partial(_of_files, "policy.toml", "r/policy.toml", _read_policy),
    "training": partial(_of_files, "training", "out/*", _read_training),
    "training settings": _training_settings,
    "graders": _graders,
    "chat template": _templates,
    "server reply": _replies,
}
