"""The lesson's names, and the page that leads from each of its lines to ours."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite import lesson
from evalsuite.asking.ask import ask
from evalsuite.errors import InvalidInputError
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.rewards import correct

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

PAGE = (Path(__file__).parents[2] / "docs" / "lesson.md").read_text(encoding="utf-8")
QUESTION = str(word_problems("test", n=1)[0].text)


@pytest.fixture(scope="module")
def loaded() -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return lesson.load_model_and_tokenizer("base")


def test_an_answer_is_the_one_every_claim_rests_on_even_in_training_mode(loaded: Any) -> None:
    model, tokenizer = loaded
    (expected,) = ask("base", [QUESTION], max_new_tokens=40, system="Be brief.")
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]
    model.train()
    one = lesson.generate_responses(model, tokenizer, QUESTION, "Be brief.", max_new_tokens=40)
    other = lesson.generate_responses(model, tokenizer, full_message=messages, max_new_tokens=40)
    assert one == other == expected.text
    assert model.training


def test_nothing_asked_is_refused(loaded: Any) -> None:
    with pytest.raises(InvalidInputError, match="nothing is asked"):
        lesson.generate_responses(*loaded)


def test_questions_are_shown_with_answers_and_what_was_cut_off(
    loaded: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tokenizer = loaded
    lesson.test_model_with_questions(model, tokenizer, [QUESTION], title="Base", max_new_tokens=3)
    shown = capsys.readouterr().out
    assert shown.startswith("=== Base ===\n")
    assert f"Input 1: {QUESTION}" in shown
    assert "[cut off at 3 tokens]" in shown


def test_datasets_questions_and_mappings_are_shown_as_tables() -> None:
    from datasets import Dataset

    rows = [{"question": "a", "answer": "1"}, {"question": "b", "answer": "2"}]
    for dataset in (rows, Dataset.from_list(rows)):
        table = lesson.display_dataset(dataset, rows=1)
        assert table[["question", "answer"]].values.tolist() == [["a", "1"]]
    assert len(lesson.display_dataset(word_problems("test", n=9))) == 5


@pytest.mark.parametrize(
    ("text", "gold"),
    [
        (r"24 + 48 = 72. \boxed{72}", "72"),
        (r"\boxed{71}", "72"),
        (r"\boxed{1,000}", "1000"),
        (r"\boxed{20}? No: \boxed{18}", "18"),
        ("", "1"),
    ],
)
def test_the_lessons_reward_is_our_grade(text: str, gold: str) -> None:
    completions = [[{"role": "assistant", "content": text}]]
    expected = correct(text, Fraction(gold))
    assert lesson.reward_func(completions, [gold], prompts=["?"], log_metric=None) == [expected]


def test_a_gold_with_a_thousands_separator_is_read_whole() -> None:
    row = lesson.post_processing({"question": "?", "answer": "x #### 1,080"})
    assert row["ground_truth"] == "1080"
    assert row["prompt"][0] == {"role": "system", "content": lesson.SYSTEM_PROMPT}
    assert lesson.post_processing({"question": "?", "answer": "none"})["ground_truth"] is None


def test_every_name_of_the_lesson_is_on_its_page() -> None:
    names = [name for name in lesson.__all__ if name != "SYSTEM_PROMPT"]
    assert [name for name in [*names, "fully_trained_qwen"] if f"`{name}" not in PAGE] == []


@pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_the_examples_of_the_page_run_from_top_to_bottom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    for block in blocks:
        exec(compile(block, "docs/lesson.md", "exec"), names)  # noqa: S102  our own page
    assert len(blocks) >= 5
    assert names["rewards"] == [1.0, 0.0]
    shown = capsys.readouterr().out
    assert "=== Base ===" in shown
    assert "=== Trained ===" in shown
    assert list(Path("lesson-run/judge/runs").iterdir())
