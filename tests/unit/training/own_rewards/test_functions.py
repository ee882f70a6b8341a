"""Functions of the user's own: loaded, hashed, called as TRL does, and never trusted blindly."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.training.own_rewards.functions import load_own_reward

if TYPE_CHECKING:
    from pathlib import Path

_SOURCE = r'''
import re

def reward_func(completions, ground_truth, **kwargs):
    """As the lesson writes it."""
    matches = [re.search(r"\\boxed\{(.*?)\}", c[0]["content"]) for c in completions]
    contents = [match.group(1) if match else "" for match in matches]
    return [1.0 if c == gt else 0.0 for c, gt in zip(contents, ground_truth)]

def plain(completions):
    return [len(c[0]["content"]) for c in completions]

async def later(completions, **kwargs):
    return [0.5 for _ in completions]

class Style:
    def __call__(self, completions, **kwargs):
        return [None for _ in completions]

style = Style()
nothing = 3

def short(completions, **kwargs):
    return [1.0]

def endless(completions, **kwargs):
    return [float("inf")] * len(completions)

def words(completions, **kwargs):
    return ["good"] * len(completions)

def talkative(completions, **kwargs):
    raise ValueError("first line\n  second line")

def broken(completions, **kwargs):
    return completions[0]["text"]
'''
_COMPLETIONS = [[{"role": "assistant", "content": text}] for text in (r"\boxed{7}", "8!")]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(_SOURCE, encoding="utf-8")
    return path


def _call(source: Path, name: str) -> list[float | None]:
    return load_own_reward(f"{source}:{name}")(
        prompts=["?", "?"], completions=_COMPLETIONS, ground_truth=["7", "8"], log_metric=print
    )


@pytest.mark.parametrize(
    ("name", "rewards"),
    [
        ("reward_func", [1.0, 0.0]),
        ("plain", [9.0, 2.0]),
        ("later", [0.5, 0.5]),
        ("style", [None, None]),
    ],
)
def test_any_callable_of_trls_signature_is_a_reward(
    source: Path, name: str, rewards: list[float | None]
) -> None:
    assert _call(source, name) == rewards


def test_a_reward_is_known_by_its_name_and_the_hash_of_its_file(source: Path) -> None:
    reward = load_own_reward(f"{source}:reward_func")
    assert reward.__name__ == "reward_func"
    assert reward.sha256 == hashlib.sha256(_SOURCE.encode()).hexdigest()
    assert load_own_reward(f"{source}:style").sha256 == reward.sha256
    assert load_own_reward("math:fsum").sha256 is None


def test_a_module_in_the_working_folder_is_found(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (source.parent / "my_rewards_for_this_test.py").write_text(_SOURCE, encoding="utf-8")
    monkeypatch.chdir(source.parent)
    monkeypatch.setattr("sys.path", ["/nowhere"])
    reward = load_own_reward("my_rewards_for_this_test:plain")
    assert reward(completions=_COMPLETIONS) == [9.0, 2.0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("short", "returned 1 rewards for 2 answers"),
        ("endless", "NaN or infinity"),
        ("words", "no number"),
        ("broken", "failed: TypeError"),
        ("talkative", "failed: ValueError: first line second line; it gets"),
    ],
)
def test_what_a_reward_does_wrong_is_one_sentence_with_its_name(
    source: Path, name: str, message: str
) -> None:
    with pytest.raises(RunFailedError, match=re.escape(f"mine.py:{name}")) as error:
        _call(source, name)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["missing", "nothing"])
def test_what_can_not_be_called_is_refused(source: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match=r"mine\.py:"):
        load_own_reward(f"{source}:{name}")


@pytest.mark.parametrize("name", ["nowhere.py:f", "no_such_module_here:f", ":f", "math:"])
def test_a_reward_that_is_nowhere_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(InvalidInputError, match="can't load the reward") as error:
        load_own_reward(name)
    assert "\n" not in str(error.value)
