"""The nouns of one run: a model, a question set, one way of decoding, and what came back."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal

__all__ = [
    "Decoding",
    "Finish",
    "Grade",
    "ModelSpec",
    "Question",
    "Response",
    "Run",
    "RunSpec",
    "SubsetSpec",
]

Finish = Literal["stop", "length", "unknown"]
"""How a response ended: by itself, at the token limit, or not recorded (imported logs).

``stop``: the model wrote one of its end tokens (all that its tokenizer, its generation settings
and its chat template name), or the token that completes a stop string, within the budget: as
token number ``max_new_tokens`` at the latest. ``length``: it did not. An answer whose end token
would have been the one after the last allowed token is ``length``, whatever it says.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model by what it is, not by what it is called."""

    name: str
    """What people call it: the alias, the name on the Hub, or the last part of a path."""
    source: str
    """``embedded``, ``hub``, ``folder``, ``adapter``, ``gguf``, ``endpoint``, ``run``, ``log``."""
    location: str
    """Where the weights are: a folder, a file, ``org/name`` or a URL."""
    revision: str | None = None
    """Hub commit, where there is one."""
    weights: str | None = None
    """sha256 over the weight files; with ``revision``, what the fingerprint rests on."""
    base: str | None = None
    """Location of the base model under an adapter; for an endpoint, what its servers say stands
    behind the served name."""
    note: str | None = None
    """One sentence a reader must know about this model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSpec:
    """Seeded index sets over one question set."""

    seeds: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How answers are drawn: equal for two runs that are compared."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    """Stop strings: an answer ends with the first one to be completed, and keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its gold answer."""

    id: str
    text: str
    gold: Fraction
    gold_text: str = ""
    """The worked solution, where the source has one."""
    gold_steps: tuple[str, ...] = ()
    """Gold intermediate calculations, such as ``"2+3=5"``."""
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSpec:
    """What was asked of one model; its fingerprint names the run."""

    model: ModelSpec
    task: str
    """``embedded``, ``gsm8k`` or the name of a file."""
    split: str
    question_ids: tuple[str, ...]
    questions_sha256: str
    """Over ids, texts and golds, in order of id."""
    prompt: str
    """Name and version of the prompt, such as ``boxed@1``."""
    prompts_sha256: str
    """Over the rendered prompts as sent, chat template included."""
    decoding: Decoding
    dtype: str
    """``float32`` or ``bfloat16``; ``unknown`` for servers and imported logs."""
    engine: str
    """``hf``, ``vllm``, ``endpoint`` or ``imported``."""
    schema: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer to one question."""

    question_id: str
    sample: int
    text: str
    token_ends: tuple[int, ...] | None
    """Character offset in ``text`` after each token, the end token not counted.

    The token that completes a stop string is an end token that has text: ``text`` goes on to the
    end of the stop string, and what the token says after it is left out.
    """
    finish: Finish
    n_tokens: int | None = None
    """Tokens without the end token; None when the log does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One response as both graders read it."""

    question_id: str
    sample: int
    strict: bool
    flexible: bool
    answer: str | None
    """What the strict grader read; None where it found no answer."""
    flexible_answer: str | None
    span: tuple[int, int] | None = None
    """Characters of the response that hold the flexible answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One model's finished answers to one question set, graded at the largest budget."""

    spec: RunSpec
    environment: dict[str, Any]
    questions: tuple[Question, ...]
    responses: tuple[Response, ...]
    grades: tuple[Grade, ...]
