"""One model's answers to a few questions, for notebooks and a first look.

Nothing is stored and nothing is compared; `evalsuite.compare` does both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.generation.engine import requests_for
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding, Question

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.generation.slots.engine import SlotEngine
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Response

__all__ = ["ask"]

_ROLES = ("system", "user", "assistant", "tool")


def ask(
    model: LoadedModel | str,
    questions: Sequence[str | Question | Sequence[Mapping[str, str]]],
    *,
    max_new_tokens: int,
    system: str | None = None,
    samples: int = 1,
    temperature: float = 0.0,
    seed: int = 0,
) -> tuple[Response, ...]:
    """Ask one model a list of questions; answers come in the order asked.

    A model that is a name is loaded in float32. A question is a text, a question of a task, or all
    chat messages (``role`` and ``content``), which are sent as they are; ``system`` goes before
    every text and question. ``question_id`` is the question's own, else its number from 1. An
    answer cut off at ``max_new_tokens`` has ``length`` as its ``finish``. At ``temperature`` 0 the
    likeliest token is taken; above, ``samples`` answers to a question are drawn from ``seed`` and
    stand side by side.

    Raises
    ------
    InvalidInputError
        For a budget or a number of samples below 1, several samples that would all be the same,
        one question instead of several, or messages without role and content.
    EvalsuiteError
        If the name leads nowhere or the model can't be loaded.

    Examples
    --------
    >>> (answer,) = ask("base", ["Kim has 3 pens. Kim buys 4 more. How many?"], max_new_tokens=9)
    >>> answer.question_id, answer.finish in ("stop", "length"), answer.n_tokens <= 9
    ('1', True, True)
    """
    if max_new_tokens < 1:
        raise InvalidInputError(
            "max_new_tokens {max_new_tokens} is below 1; use a positive one",
            max_new_tokens=max_new_tokens,
        )
    if samples < 1 or (samples > 1 and temperature == 0):
        raise InvalidInputError(
            "{samples} samples at temperature {temperature:g} can't be drawn; ask for one, or set "
            "a temperature above 0",
            samples=samples,
            temperature=temperature,
        )
    if isinstance(questions, str):
        raise InvalidInputError(
            "questions is the one text {text!r}; put it in a list", text=questions[:40]
        )
    conversations = {
        str(number): _messages(question, system) for number, question in enumerate(questions, 1)
    }
    engine = _engine(model)
    prompts = {id_: engine.render(m) for id_, m in conversations.items()}
    decoding = Decoding(
        max_new_tokens=max_new_tokens, temperature=temperature, samples=samples, seed=seed
    )
    answers = engine.generate(requests_for(prompts, samples=samples), decoding)
    ordered = sorted(answers, key=lambda response: (int(response.question_id), response.sample))
    return tuple(_named(response, questions[int(response.question_id) - 1]) for response in ordered)


def _engine(model: str | LoadedModel) -> SlotEngine:
    if isinstance(model, str):
        spec = resolve(model)
        from evalsuite.generation.slots.ahead import compile_ahead

        compile_ahead(spec)
        # Only now: that imports transformers.
        from evalsuite.models.load import load_model

        model = load_model(spec)
    from evalsuite.generation.slots.engine import SlotEngine

    return SlotEngine(model)


def _messages(
    question: str | Question | Sequence[Mapping[str, str]], system: str | None
) -> list[dict[str, str]]:
    """Build the chat messages of one question; whole conversations stay as they are."""
    if isinstance(question, (str, Question)):
        text = question if isinstance(question, str) else question.text
        if text is None:
            raise InvalidInputError("a question's text is withheld, so it can't be asked; give it")
        before = [] if system is None else [{"role": "system", "content": system}]
        return [*before, {"role": "user", "content": text}]
    for message in question:
        if message.get("role") not in _ROLES or not isinstance(message.get("content"), str):
            raise InvalidInputError(
                "{message!r} is no chat message; give role ({roles}) and content",
                message=dict(message),
                roles=", ".join(_ROLES),
            )
    if not question:
        raise InvalidInputError("a conversation has no message; give at least the user's")
    return [dict(message) for message in question]


def _named(response: Response, question: str | Question | Sequence[Mapping[str, str]]) -> Response:
    return (
        replace(response, question_id=question.id) if isinstance(question, Question) else response
    )
