"""A training with a system message and a chat template of its own, and who is asked alike."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.cli.main import main
from evalsuite.errors import InvalidInputError
from evalsuite.models.load import load_model, load_tokenizer
from evalsuite.models.names import resolve

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] + '<|user|>' }}"
    "{% endfor %}{% if add_generation_prompt %}assistant:{% endif %}"
)
"""Unlike base's in its text, and in the token that ends a turn."""
RENDERED = "system: Be brief.<|user|>user: {question}<|user|>assistant:"
YAML = """
system_prompt: |
  Be brief.
chat_template: chat.jinja
per_device_train_batch_size: 8
num_generations: 4
max_steps: 1
save_strategy: "no"
use_cpu: true
max_completion_length: 16
"""
TRAIN = ("train", "base", "--task", "embedded", "-c", "grpo.yaml", "--questions", "40")


def _run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    return int(ended.value.code or 0)


def _in(folder: Path, monkeypatch: pytest.MonkeyPatch, template: str = TEMPLATE) -> None:
    monkeypatch.chdir(folder)
    (folder / "grpo.yaml").write_text(YAML, encoding="utf-8")
    (folder / "chat.jinja").write_text(template, encoding="utf-8")


def _record(file: Path) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))["prompt_record"]
    return record


@pytest.mark.parametrize("more", [(), ("--lora", "--warmup", "gold", "--warmup-steps", "1")])
def test_base_and_trained_are_asked_as_the_training_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
) -> None:
    _in(tmp_path, monkeypatch)

    assert _run(*TRAIN, *more, "-o", "out") == 0

    printed = re.search(r"evalsuite (compare .*?chat_template\.jinja)", capsys.readouterr().out)
    assert printed is not None
    assert _record(tmp_path / "out" / "manifest.json")["rendered"] == RENDERED
    trained = resolve("trained")
    assert load_tokenizer(trained)[0].chat_template == TEMPLATE
    _run(*shlex.split(printed[1]), "--first", "4", "--max-new-tokens", "8")
    records = [_record(file) for file in sorted(tmp_path.glob("runs/*/environment.json"))]
    assert [record["rendered"] for record in records] == [RENDERED, RENDERED]
    [results] = tmp_path.glob("reports/*/results.json")
    assert "asked as in training: system@" in results.read_text(encoding="utf-8")


def test_a_given_template_that_leaves_the_question_out_is_none() -> None:
    with pytest.raises(InvalidInputError, match=r"leaves the question out: it renders 'org/name';"):
        load_model(resolve("base"), device="cpu", chat_template="org/name")


def test_a_given_templates_end_of_turn_ends_an_answer() -> None:
    own, given = (
        load_model(resolve("base"), device="cpu", chat_template=template)
        for template in (None, TEMPLATE)
    )
    user = own.tokenizer.convert_tokens_to_ids("<|user|>")
    assert user not in own.eos_ids
    assert user in given.eos_ids


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{% for i in range(10**9) %}{% endfor %}", "does not come to an end"),
        ("{{ 1 / 0 }}", "fails over a plain question .*by zero"),
        ("{% for %}", "fails over a plain question"),
        ("{{ ''.__class__.__mro__ }}", "fails over a plain question"),
    ],
)
def test_a_template_that_fails_is_one_line_and_nothing_is_trained(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    template: str,
    reason: str,
) -> None:
    _in(tmp_path, monkeypatch, template)

    assert _run(*TRAIN, "-o", "out") == 2

    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert re.match(f"error: the chat template of .* {reason}", error)
    assert hint == "hint: mend chat_template in its files, or where it was given"
    assert not (tmp_path / "out" / "model").exists()
