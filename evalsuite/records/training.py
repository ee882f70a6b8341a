"""The nouns of training: what is asked of one GRPO run, how a model is asked, what a log shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from math import inf
from typing import Any, Literal

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import ModelSpec  # noqa: TC001  pydantic reads the annotation

__all__ = [
    "REWARD_SETS",
    "Contamination",
    "Diagnosis",
    "HeldOut",
    "Packing",
    "PromptRecord",
    "SampledAnswer",
    "TrainSpec",
    "TrainingLog",
    "Warmup",
]

REWARD_SETS = ("binary", "formatted", "shaped", "random")
_GATES = ("none", "mixed_only", "auto")
_ADAPTERS = ("full", "lora")
_SAMPLERS = ("trl", "hf")
_SOLUTIONS = ("gold", "self")
_FOUR_BITS = ("nf4", "fp4")
_STORAGES = ("uint8", "int8", "float16", "bfloat16", "float32", "float64")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """Questions of the train split that are asked, not trained on, while training runs."""

    questions: int = 200
    """The ones after those trained on."""
    every: int = 10
    """Steps between two looks; training stops where accuracy has fallen beyond its interval."""

    def __post_init__(self) -> None:
        """Check the sizes."""
        for name in ("questions", "every"):
            if getattr(self, name) < 1:
                raise InvalidInputError(
                    "heldout {name} is {value}; use 1 or more.",
                    name=name,
                    value=getattr(self, name),
                )


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """How bitsandbytes packs the weights that an adapter is trained on."""

    bits: int
    """4 or 8."""
    kind: str = "nf4"
    """Of 4 bits: ``nf4`` or ``fp4``; without meaning for 8."""
    nested: bool = False
    """Of 4 bits: whether the constants are packed once more."""
    storage: str | None = None
    """Of 4 bits: the type of the tensors that hold them; None for uint8."""

    def __post_init__(self) -> None:
        """Check the choices."""
        if self.bits not in (4, 8):
            raise InvalidInputError("weights are packed in {bits} bits; use 4 or 8", bits=self.bits)
        _check_choice("bnb_4bit_quant_type", self.kind, _FOUR_BITS)
        if self.storage is not None:
            _check_choice("bnb_4bit_quant_storage", self.storage, _STORAGES)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSpec:
    """One GRPO run from one seed; everything that changes its result."""

    model: ModelSpec
    """Where training starts."""
    task: str = "embedded"
    """``embedded`` (word problems), ``gsm8k``, the path of a JSON-lines file, or ``hf:ORG/NAME``;
    ``text:`` before the last two where answers are texts."""
    data_file: str | None = None
    """A local copy of the task's train split."""
    columns: Mapping[str, str] | None = field(default=None, metadata={"left_out_at_default": True})
    """Of own data: where ``question``, ``answer`` and ``id`` stand, as far as named otherwise."""
    test_share: float | None = field(default=None, metadata={"left_out_at_default": True})
    """Share of the questions that is held out for the evaluation, chosen by hash."""
    test: str | None = field(default=None, metadata={"left_out_at_default": True})
    """What the questions are held against for contamination; None takes the task's test split."""
    n_questions: int | None = None
    """Train on the first n questions of the split; None for all."""
    question_seed: int = 0
    """Series of generated word problems; meaningless for other tasks."""
    difficulty: tuple[float, float] | None = None
    """Keep questions whose pass rate under the start model lies between these bounds."""
    heldout: HeldOut | None = None
    """Stop where accuracy on held-out questions falls; None trains to the last step."""
    prompt: str = "boxed"
    prompt_sha256: str | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the system message of a file or a text; filled in when training starts."""
    chat_template: str | None = field(default=None, metadata={"left_out_at_default": True})
    """In the place of the start model's own, and saved with the trained one; None for its own."""
    rewards: str = "binary"
    """A set of ours (``binary``, ``formatted``, ``shaped``, ``random``), or several sets, columns
    and ``module:function`` with weights: ``binary,mine.py:brief=0.2``."""
    reward_sources: Mapping[str, str | None] | None = field(
        default=None, metadata={"left_out_at_default": True}
    )
    """Own rewards with the sha256 of their source; filled in when training starts."""
    gate: Literal["none", "mixed_only", "auto"] = "none"
    """Where partial credit acts."""
    adapter: Literal["full", "lora"] = "full"
    lora: Mapping[str, Any] = field(default_factory=dict)
    """Options of ``peft.LoraConfig``."""
    packing: Packing | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the weights below an adapter while it is trained; None leaves them whole."""
    max_new_tokens: int = 300
    """TRL's ``max_completion_length``."""
    engine: Literal["trl", "hf"] = field(default="trl", metadata={"left_out_at_default": True})
    """Who samples the answers: TRL as its settings say, or our own engine. They draw from the same
    law, and different answers."""
    seed: int = 0
    threads: int | None = None
    """CPU threads; None leaves torch's choice. The bytes of the result depend on it."""
    grpo: Mapping[str, Any] = field(default_factory=dict)
    """Options of ``trl.GRPOConfig``, passed through."""
    schema: int = 1

    def __post_init__(self) -> None:
        """Check what needs no library to be checked."""
        # A single word is a set; several terms are read where they are computed.
        if not any(sign in self.rewards for sign in ",:="):
            _check_choice("rewards", self.rewards, REWARD_SETS)
        _check_choice("gate", self.gate, _GATES)
        _check_choice("adapter", self.adapter, _ADAPTERS)
        _check_choice("engine", self.engine, _SAMPLERS)
        for name in ("n_questions", "max_new_tokens", "threads"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InvalidInputError("{name} is {value}; use 1 or more.", name=name, value=value)
        if self.test_share is not None and not 0 < self.test_share < 1:
            raise InvalidInputError(
                "test_share is {test_share:g}; use a share between 0 and 1 such as 0.2.",
                test_share=self.test_share,
            )
        if self.difficulty is not None and not 0 <= self.difficulty[0] < self.difficulty[1] <= 1:
            low, high = self.difficulty
            raise InvalidInputError(
                "difficulty is {low:g} to {high:g}; use two rising shares such as 0.1 and 0.6.",
                low=low,
                high=high,
            )
        if self.gate != "none" and not any(part in self.rewards for part in ("shaped", "steps_f1")):
            raise InvalidInputError(
                "gate {gate!r} acts on partial credit, which the {rewards!r} rewards do not have; "
                "use rewards 'shaped' or gate 'none'.",
                gate=self.gate,
                rewards=self.rewards,
            )
        if self.packing is not None and self.adapter == "full":
            raise InvalidInputError(
                "packed weights can't be trained, only an adapter on them; add --lora (use_peft: "
                "true), or leave load_in_{bits}bit out",
                bits=self.packing.bits,
            )
        _check_lora(self.lora)


def _check_lora(options: Mapping[str, Any]) -> None:
    """Refuse values that peft would take, and fail over once the model is loaded."""
    for key, (is_right, wanted) in _LORA.items():
        if key in options and not is_right(options[key]):
            raise InvalidInputError(
                "LoRA's {key} is {option!r}; write {wanted}",
                key=key,
                option=options[key],
                wanted=wanted,
            )


def _is_flag(value: object) -> bool:
    return isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not _is_flag(value)


def _is_names(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(name, str) for name in value)


_FLAG = _is_flag, Clause("true or false")
_NAMES = Clause("a list of names, such as [q_proj, v_proj]")
_LORA: dict[str, tuple[Callable[[Any], bool], Clause]] = {
    "r": (
        lambda value: isinstance(value, int) and not _is_flag(value) and value >= 1,
        Clause("a whole number of 1 or more"),
    ),
    "lora_alpha": (
        lambda value: _is_number(value) and 0 < value < inf,
        Clause("a number above 0, such as 32"),
    ),
    "lora_dropout": (
        lambda value: _is_number(value) and 0 <= value < 1,
        Clause("a share from 0 to below 1, such as 0.05"),
    ),
    "target_modules": (
        lambda value: isinstance(value, str) or _is_names(value),
        Clause("all-linear, or {names}", names=_NAMES),
    ),
    "modules_to_save": (_is_names, _NAMES),
    "target_parameters": (_is_names, _NAMES),
    "use_rslora": _FLAG,
    "use_dora": _FLAG,
}
"""Of options that people set: what is right, and what to write."""


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidInputError(
            "{name} is {value!r}; use one of {choices}.",
            name=name,
            value=value,
            choices=", ".join(choices),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRecord:
    """How a model is asked, told alike by a training and by an evaluation."""

    name: str
    """With its version and the template's arguments: ``boxed@1 enable_thinking=false``."""
    system: str | None
    """The system message; None for none."""
    system_in_user: bool | None
    """Whether the template has no system role, so that the text leads the user's message; None
    where there is no system message, or a server's own template takes it."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Given to the chat template, such as ``enable_thinking``."""
    template_sha256: str | None = None
    """Of the chat template; None for a server's own."""
    template: str | None = field(default=None, metadata={"left_out_at_default": True})
    """The text of one that was given in the place of the model's own."""
    rendered: str = ""
    """The prompt as sent, with ``{question}`` for the question."""
    repetition_penalty: float | None = 1.0
    """Of sampling; 1 is none. None for a server, which may have its own."""
    unused: Mapping[str, Any] = field(default_factory=dict)
    """Generation settings that the model's own files ask for and that are not used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contamination:
    """Test questions that stand in a training set, as far as their texts tell."""

    test: str
    """What the training was held against."""
    n_train: int
    n_test: int
    exact: int
    """Test questions that stand there word for word, case and punctuation aside."""
    overlapping: int
    """Further ones that share ``words`` words in a row."""
    short: int
    """Test questions with fewer words, of which the whole alone was compared."""
    words: int
    test_sha256: str
    """Of the test questions: what is said holds for these."""
    pairs: tuple[tuple[str, str, str], ...] = ()
    """Test question, training question, ``exact`` or ``overlap``; the first ones."""
    generated: bool = False
    """Whether both are generated from the same sentences, so that passages are shared by design."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestQuestion:
    """One test question, as it was held against a training set."""

    __test__ = False

    test: str
    """Its id."""
    sha256: str
    """Of id, text and gold; the first 16 digits."""
    train: str | None
    """Id of the first question trained on that it is found in; None where in none."""
    kind: str
    """``exact``, ``overlap``, or ``none``."""
    short: bool
    """Whether it has too few words for a passage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledAnswer:
    """An answer that was sampled in training, with what it was paid."""

    step: int
    text: str
    rewards: Mapping[str, float]
    """By column, weights not applied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One thing to know about a training, with what shows it."""

    code: str
    level: str
    """``note``, ``warning`` or ``problem``."""
    variant: str = ""
    """With the code it names the sentence of the catalogues, which ``values`` fill in."""
    values: Mapping[str, float] = field(default_factory=dict)
    lines: tuple[Mapping[str, float], ...] = ()
    """Of the log: ``step`` and the metrics that show it."""
    answers: tuple[SampledAnswer, ...] = ()
    """From the completions table, where there is one."""
    sentence: str = field(default="", metadata={"left_out_at_default": True})
    """English, filled in where results are written; every output tells the finding itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLog:
    """Every logged metric of the training run behind ``trained``, step by step."""

    source: str
    max_completion_length: int | None
    steps: tuple[dict[str, float], ...]
    prompt: PromptRecord | None = field(default=None, metadata={"left_out_at_default": True})
    """How the training asked; None where it is not recorded."""
    findings: tuple[Diagnosis, ...] = field(default=(), metadata={"left_out_at_default": True})
    """What the log means; empty where it has no rewards."""
    contamination: Contamination | None = field(
        default=None, metadata={"left_out_at_default": True}
    )
    """Test questions among those trained on; None where nobody looked."""
    packing: Packing | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the weights below an adapter in training; here it is merged into whole ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Warmup:
    """A supervised warm-up of a model that exists, before GRPO, on the questions GRPO trains on."""

    solutions: Literal["gold", "self"]
    """``gold``: the task's worked solutions. ``self``: the model's own right answers."""
    steps: int = 30
    learning_rate: float = 2e-5
    batch_size: int = 8
    """Solutions a step; the first ``steps * batch_size`` questions give them."""
    samples: int = 8
    """Answers sampled a question, for ``self``."""

    def __post_init__(self) -> None:
        """Check the choice and the sizes."""
        _check_choice("warmup", self.solutions, _SOLUTIONS)
        for name in ("steps", "batch_size", "samples"):
            if getattr(self, name) < 1:
                raise InvalidInputError(
                    "warm-up {name} is {value}; use 1 or more.",
                    name=name,
                    value=getattr(self, name),
                )
        if not 0 < self.learning_rate < 1:
            raise InvalidInputError(
                "warm-up learning_rate is {learning_rate:g}; use a small share such as 2e-5.",
                learning_rate=self.learning_rate,
            )
