r"""The lesson's functions under the lesson's names, each a thin door to ours.

For readers of the GRPO course this project grew from: its cells run as they stand, on the grader,
the generation and the rewards that every claim here rests on. ``docs/lesson.md`` leads from each
line of the lesson to ours.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.prompts import PROMPTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.records.run import Response

__all__ = [
    "SYSTEM_PROMPT",
    "display_dataset",
    "generate_responses",
    "load_model_and_tokenizer",
    "post_processing",
    "reward_func",
    "test_model_with_questions",
]

SYSTEM_PROMPT = str(PROMPTS["boxed"].system)
"""What the model is told: step by step, and the final number in a box."""


def load_model_and_tokenizer(model_name: str, use_gpu: bool = False) -> tuple[Any, Any]:
    """Load a model and its tokenizer in float32, with a chat template and a pad token in any case.

    Parameters
    ----------
    model_name
        Any name `evalsuite models resolve` knows: ``base``, a folder, ``org/name`` on the Hub.
    use_gpu
        Whether to load it on CUDA.

    Returns
    -------
    tuple
        A ``transformers`` model and its tokenizer, ready for a trainer or `generate_responses`.

    Raises
    ------
    EvalsuiteError
        If the name leads nowhere, the model can't be loaded, or there is no CUDA device.
    """
    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve

    loaded = load_model(resolve(model_name), device="cuda" if use_gpu else "cpu")
    # Trainers and transformers' generate end answers where ours end.
    loaded.model.generation_config.eos_token_id = list(loaded.eos_ids)
    return loaded.model, loaded.tokenizer


def generate_responses(
    model: Any,
    tokenizer: Any,
    user_message: str | None = None,
    system_message: str | None = None,
    full_message: Sequence[Mapping[str, str]] | None = None,
    *,
    max_new_tokens: int = 300,
) -> str:
    """Generate one answer, greedily.

    Parameters
    ----------
    model, tokenizer
        From `load_model_and_tokenizer`, or from a trainer.
    user_message, system_message
        What is asked, and what is said before.
    full_message
        All chat messages, in place of both.
    max_new_tokens
        The budget. Whether an answer was cut off by it, `test_model_with_questions` says.

    Raises
    ------
    InvalidInputError
        If nothing is asked, or the budget is below 1.

    Examples
    --------
    >>> model, tokenizer = load_model_and_tokenizer("base")
    >>> len(generate_responses(model, tokenizer, "How many is 2 + 3?", max_new_tokens=9)) > 0
    True
    """
    if full_message is None:
        if user_message is None:
            raise InvalidInputError("nothing is asked; give user_message or full_message")
        (answer,) = _answers(model, tokenizer, [user_message], system_message, max_new_tokens)
    else:
        (answer,) = _answers(model, tokenizer, [full_message], None, max_new_tokens)
    return answer.text or ""


def test_model_with_questions(
    model: Any,
    tokenizer: Any,
    questions: Sequence[str],
    system_message: str | None = None,  # noqa: PT028  no test, as are the next two
    title: str = "Model Output",  # noqa: PT028
    *,
    max_new_tokens: int = 300,  # noqa: PT028
) -> None:
    """Write questions and answers to the screen, and whether the budget cut an answer off.

    Parameters
    ----------
    model, tokenizer
        From `load_model_and_tokenizer`, or from a trainer.
    questions
        Texts; asked in one batch, which changes no answer in float32.
    system_message
        What is said before each.
    title
        The first line.
    max_new_tokens
        The budget of each answer.

    Raises
    ------
    InvalidInputError
        If the budget is below 1.
    """
    answers = _answers(model, tokenizer, questions, system_message, max_new_tokens)
    lines = [f"=== {title} ==="]
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True), 1):
        cut = f"  [cut off at {max_new_tokens} tokens]" if answer.finish == "length" else ""
        lines += ["", f"Input {number}: {question}", f"Output {number}: {answer.text}{cut}"]
    sys.stdout.write("\n".join(lines) + "\n")


# It bears the lesson's name; it is no test of ours.
test_model_with_questions.__test__ = False  # type: ignore[attr-defined]  # read by pytest alone


def display_dataset(dataset: Any, rows: int = 5) -> Any:
    """Show the first rows of a dataset as a table.

    Parameters
    ----------
    dataset
        A ``datasets.Dataset``, questions of a task, or a list of mappings.
    rows
        How many.

    Returns
    -------
    pandas.DataFrame
        One row a record.

    Raises
    ------
    InvalidInputError
        If there is no row.
    """
    from evalsuite.comparing.tables import as_table

    return as_table([dataset[i] for i in range(min(rows, len(dataset)))])


def reward_func(
    completions: Sequence[Any], ground_truth: Sequence[Any], **kwargs: Any
) -> list[float | None]:
    r"""Reward a right boxed answer with 1, anything else with 0: our strict grade.

    Parameters
    ----------
    completions
        Chat messages (``[{"role": "assistant", "content": ...}]``) or texts.
    ground_truth
        The right answers, as texts or numbers; ``1,000`` and ``18.00`` are read.
    kwargs
        What else a trainer hands over; of no interest here.

    Raises
    ------
    InvalidInputError
        If a ground truth is no number.

    Examples
    --------
    >>> completions = [[{"role": "assistant", "content": r"48/2 = 24. 48+24 = 72. \boxed{72}"}]]
    >>> reward_func(completions, ground_truth=["72"]), reward_func([r"\boxed{71}"], ["72"])
    ([1.0], [0.0])
    """
    from evalsuite.training.reward_columns import RewardColumn

    del kwargs
    return RewardColumn(name="correct", group_size=1)(completions, ground_truth)


def post_processing(example: Mapping[str, Any]) -> dict[str, Any]:
    r"""Add the gold number and the prompt to a row of GSM8K, for ``dataset.map``.

    Parameters
    ----------
    example
        A row with ``question`` and ``answer``; the number after ``####`` is the gold one.

    Returns
    -------
    dict
        The row with ``ground_truth`` (a text; None where the answer has no number) and ``prompt``
        (chat messages).

    Examples
    --------
    >>> row = post_processing({"question": "How many?", "answer": "40 * 27 = 1,080 #### 1,080"})
    >>> row["ground_truth"], row["prompt"][1]["content"]
    ('1080', 'How many?')
    """
    from evalsuite.tasks.graders.numbers import parse_gold
    from evalsuite.tasks.prompts import messages

    gold = parse_gold(str(example["answer"]))
    return {
        **example,
        "ground_truth": None if gold is None else str(gold),
        "prompt": messages(PROMPTS["boxed"], example["question"]),
    }


def _answers(
    model: Any,
    tokenizer: Any,
    questions: Sequence[str | Sequence[Mapping[str, str]]],
    system_message: str | None,
    max_new_tokens: int,
) -> tuple[Response, ...]:
    from evalsuite.asking.ask import ask
    from evalsuite.models.load import wrap_model
    from evalsuite.records.run import ModelSpec
    from evalsuite.training.judging.looks import still

    name = getattr(tokenizer, "name_or_path", "") or "model"
    spec = ModelSpec(name=name, source="folder", location=name)
    # A model fresh from its trainer is in training mode.
    with still(model):
        loaded = wrap_model(model, tokenizer, spec)
        return ask(loaded, questions, max_new_tokens=max_new_tokens, system=system_message)
