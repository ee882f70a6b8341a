"""The nouns of one run: a task, a model, questions, one way of decoding, and what came back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.token_ends import TokenEnds

if TYPE_CHECKING:
    from evalsuite.records.log_notes import LogNotes

ModelSource = Literal["embedded", "hub", "folder", "adapter", "gguf", "endpoint", "run", "log"]

__all__ = [
    "Decoding",
    "Finish",
    "FinishSource",
    "Grade",
    "Kind",
    "LoggedDecoding",
    "ModelSource",
    "ModelSpec",
    "Question",
    "Response",
    "Run",
    "RunSpec",
    "SubsetSpec",
    "Surroundings",
    "Task",
    "same_decoding",
]


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
    repetition_penalty: float = 1.0
    """Of tokens in the prompt and in the answer so far; 1 is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecoding:
    """How a log says its answers were drawn; None is not recorded, and then never asserted."""

    max_new_tokens: int | None
    samples: int
    """Counted in the log."""
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None
    repetition_penalty: float | None = None


def same_decoding(
    base: Decoding | LoggedDecoding, trained: Decoding | LoggedDecoding
) -> bool | None:
    """Tell whether two runs were decoded alike.

    Parameters
    ----------
    base, trained
        Of two runs.

    Returns
    -------
    bool or None
        False where a value that both record differs; None where none does and something is not
        recorded. A repetition penalty, which no log records, counts where one is recorded.

    Examples
    --------
    >>> ours, log = Decoding(max_new_tokens=300), LoggedDecoding(max_new_tokens=300, samples=1)
    >>> same_decoding(ours, ours), same_decoding(ours, log)
    (True, None)
    >>> same_decoding(log, Decoding(max_new_tokens=512))
    False
    """
    has_penalty = any(each.repetition_penalty not in (None, 1.0) for each in (base, trained))
    optional = set() if has_penalty else {"repetition_penalty"}
    names = [field.name for field in fields(Decoding) if field.name not in optional]
    pairs = [(getattr(base, name), getattr(trained, name)) for name in names]
    recorded = [(left, right) for left, right in pairs if None not in (left, right)]
    if any(left != right for left, right in recorded):
        return False
    return True if len(recorded) == len(pairs) else None


Kind = Literal["number", "text", "choice", "score"]
"""What an answer is; ``score``: another tool's own score is all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked and how responses are read."""

    name: str
    """``embedded``, ``gsm8k``, the name of a file, or another tool's name for it."""
    split: str
    kind: Kind
    graders: dict[str, str]
    """Grader to the version of its rules, in the order in which they are shown."""
    decides: str
    """The grader whose scores the verdict rests on; one of ``graders``."""


STRICT, FLEXIBLE = "strict", "flexible"
"""Our graders of numbers: the box, which decides, and any last number."""

Finish = Literal["stop", "length", "unknown", "error"]
"""How a response ended: by itself, at the token limit, not recorded, or in an error of the tool.

``stop``: the model wrote one of its end tokens (all that its tokenizer, its generation settings
and its chat template name), or the token that completes a stop string, within the budget: as
token number ``max_new_tokens`` at the latest. ``length``: it did not. An answer whose end token
would have been the one after the last allowed token is ``length``, whatever it says.
"""

FinishSource = Literal["recorded", "inferred"]
"""Who says how a response ended: the engine or log that made it, or a reader from its length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """A model by what it is, not by what it is called."""

    name: str
    """What people call it: the alias, the name on the Hub, or the last part of a path."""
    source: ModelSource
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

    @property
    def identity(self) -> str | None:
        """What tells its weights from others; None where nothing is known of them."""
        return self.weights or self.revision


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetSpec:
    """Seeded index sets over one question set."""

    seeds: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question with its gold answer."""

    id: str
    text: str | None
    """None where the text must not travel or its source does not hold it."""
    gold: str | None
    """The right answer as its source has it; the task's graders read it. Tasks of numbers are
    stored with an exact one: ``"18"``, ``"7/2"``."""
    gold_text: str = ""
    """The worked solution, where the source has one."""
    gold_steps: tuple[str, ...] = ()
    """Gold intermediate calculations, such as ``"2+3=5"``."""
    metadata: dict[str, Any] = field(default_factory=dict)
    """``sha256`` holds the document's hash where its source tells it beside a withheld text."""

    @property
    def sha256(self) -> str | None:
        """Hash of the document, 64 hexadecimal digits; None where nothing tells it."""
        if not self.text:
            recorded = self.metadata.get("sha256")
            return None if recorded is None else str(recorded)
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


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
    decoding: Decoding | LoggedDecoding
    dtype: str
    """``float32`` or ``bfloat16``; ``unknown`` for servers and imported logs."""
    engine: str
    """``hf``, ``vllm``, ``endpoint`` or ``imported``."""
    schema: int = 1
    graded_as: Task | None = field(default=None, metadata={"left_out_at_default": True})
    """How a log's responses are graded, its own scores among the graders; None where the task
    alone says it."""

    @property
    def generation(self) -> Decoding:
        """The decoding of a run that is generated here.

        Raises
        ------
        InvalidInputError
            For an imported log, whose answers can't be drawn again.
        """
        if isinstance(self.decoding, Decoding):
            return self.decoding
        raise InvalidInputError(
            "{model} is a log that does not record how it was decoded, so nothing can be "
            "generated for it; generate with evalsuite run",
            model=self.model.name,
        )


if TYPE_CHECKING:
    Ends = Sequence[int]
else:
    Ends = tuple[int, ...]  # what pydantic reads fastest


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer to one question."""

    question_id: str
    sample: int
    text: str | None
    """None where a log does not hold it: such a response can't be graded from its text."""
    token_ends: Ends | None
    """Character offset in ``text`` after each token, the end token not counted.

    The token that completes a stop string is an end token that has text: ``text`` goes on to the
    end of the stop string, and what the token says after it is left out.
    """
    finish: Finish
    n_tokens: int | None = None
    """Tokens without the end token; None when the log does not say."""
    finish_source: FinishSource = field(default="recorded", metadata={"left_out_at_default": True})

    def __post_init__(self) -> None:
        """Hold the token ends in little memory, whatever they came in."""
        ends = self.token_ends
        if ends is None or isinstance(ends, TokenEnds):
            return
        # Ends only grow; what a damaged file holds must still be read and shown.
        with suppress(OverflowError):
            object.__setattr__(self, "token_ends", TokenEnds(ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One response as every grader of its task read it."""

    question_id: str
    sample: int | None
    """None for a score over all samples of a question."""
    scores: dict[str, float | None]
    """Grader to its score, 0 (wrong) to 1 (right); None where it could not grade."""
    readings: dict[str, str | None]
    """Grader to the answer it read; None where it found none or reads no text."""
    spans: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Grader to the characters of the response that hold its reading."""

    def is_right(self, grader: str) -> bool | None:
        """Tell whether a grader calls the response wholly right; None where it could not grade."""
        score = self.scores.get(grader)
        return None if score is None else score == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """Where and how a run was made, as far as something is decided by it; None is not recorded."""

    prompt_template: str | None
    """The prompt as sent, with ``{question}`` for the question."""
    prompt_record: Mapping[str, Any] | None
    """The rest of it."""
    server: str | None
    """Kind and version of the server that answered."""
    slots: int | None
    """Answers generated side by side."""
    sha256: str | None
    """Of the file that was imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One model's finished answers to one question set, graded at the largest budget."""

    spec: RunSpec
    environment: dict[str, Any]
    questions: Sequence[Question]
    responses: Sequence[Response]
    grades: Sequence[Grade]
    log: LogNotes | None = None
    """None for a run of our own, and for a log without scores of its own."""
    part_of: int | None = None
    """Questions of the run that these answers are a part of; None for a whole run."""

    @property
    def surroundings(self) -> Surroundings:
        """What decides in ``environment``; all else there is shown and no more."""
        known = self.environment.get
        template, record = known("prompt_template"), known("prompt_record")
        server, slots, sha256 = known("server"), known("slots"), known("sha256")
        return Surroundings(
            prompt_template=str(template) if template else None,
            prompt_record=record if isinstance(record, dict) else None,
            server=server if isinstance(server, str) else None,
            slots=slots if isinstance(slots, int) and slots > 0 else None,
            sha256=sha256 if isinstance(sha256, str) else None,
        )
