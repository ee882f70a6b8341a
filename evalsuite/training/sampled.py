"""The trainer whose answers our own engine samples, and when it can.

TRL samples with transformers' ``generate``: one batch, in which every answer waits for the longest.
Slots give a finished answer's place to the next. The answers are other draws from the same law:
each belongs to the training seed, the step and its place in the step, not to a state of random
numbers, so that a resumed training samples what an uninterrupted one does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from trl import GRPOTrainer

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.generation.engine import Request, requests_for
from evalsuite.generation.slots.decoders import attention_window
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.tokens import EncodedPrompt, encode_prompts
from evalsuite.records.run import Decoding
from evalsuite.seeds import derive_seed
from evalsuite.tasks.prompts import messages
from evalsuite.training.judging.looks import still
from evalsuite.training.start_model import training_prompt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Question
    from evalsuite.records.training import TrainSpec

__all__ = ["SampledTrainer", "check_sampling", "check_served"]

_OTHERS = {
    "use_vllm": None,
    "use_transformers_continuous_batching": None,
    "bf16": None,
    "fp16": None,
    "top_k": None,
    "min_p": None,
    "repetition_penalty": 1.0,
    "generation_kwargs": None,
    "fsdp": None,
    "deepspeed": None,
}
"""Settings of TRL that sample otherwise than our engine does, with what they are where they don't;
None is anything false."""


def check_sampling(spec: TrainSpec, config: Any) -> None:
    """Refuse our engine where it can't sample what TRL would; nothing is loaded.

    Raises
    ------
    InvalidInputError
        For an adapter, a GPU, or a setting of TRL that our engine does not know.
    """
    if spec.engine == "trl":
        return
    changed = [
        key for key, plain in _OTHERS.items() if (getattr(config, key, None) or None) != plain
    ]
    if spec.adapter != "full":
        raise _refused(Clause("it does not sample with an adapter in training"))
    if not config.use_cpu:
        raise _refused(Clause("it was measured on CPUs alone"))
    if changed:
        raise _refused(Clause("it does not know {settings}", settings=", ".join(sorted(changed))))


def check_served(spec: TrainSpec, questions: Sequence[Question], loaded: LoadedModel) -> None:
    """Refuse a model that our engine can't sample with, as its first step would.

    ``questions`` are all that may be asked. Raises InvalidInputError.
    """
    if spec.engine == "trl":
        return
    with still(loaded.model):
        engine = SlotEngine(loaded)
    prompts: list[EncodedPrompt] = []
    if attention_window(loaded.model.config):  # only there their lengths decide
        prompt = training_prompt(spec)
        texts = {q.id: engine.render(messages(prompt, q.text)) for q in questions}
        prompts = encode_prompts(loaded.tokenizer, requests_for(texts))
    engine.servable(prompts, Decoding(max_new_tokens=spec.max_new_tokens))


def _refused(reason: str) -> InvalidInputError:
    return InvalidInputError(
        "--engine hf can't sample for this training: {reason}; leave --engine out, and TRL samples",
        reason=reason,
    )


class SampledTrainer(GRPOTrainer):  # type: ignore[misc]  # trl is not typed here
    """``trl.GRPOTrainer`` with slots in the place of transformers' ``generate``.

    ``sample_from`` is to be called before the first step.
    """

    def sample_from(self, loaded: LoadedModel, *, seed: int) -> None:
        """Take the model whose weights are trained, and the root seed of the training."""
        self._sampled, self._seed = loaded, seed
        self._at, self._calls = (-1, ""), 0

    def _generate_single_turn(
        self,
        prompt_ids: list[list[int]],
        images: Any,  # noqa: ARG002  the signature is TRL's
        multimodal_fields: Any,  # noqa: ARG002
        num_generations: int,  # noqa: ARG002  each prompt stands there as often
        has_tool_images: bool = False,  # noqa: ARG002
    ) -> tuple[list[list[int]], None]:
        """Answer every prompt once; gives token ids, end tokens among them."""
        prompts = [
            EncodedPrompt(Request(question_id=str(row), sample=0, prompt=""), list(ids))
            for row, ids in enumerate(prompt_ids)
        ]
        decoding = Decoding(
            max_new_tokens=self.max_completion_length,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self._seed_of_call(),
        )
        with still(self.model):
            answers = SlotEngine(self._sampled).token_ids(prompts, decoding)
        return [answers[prompt.request.key] for prompt in prompts], None

    def _seed_of_call(self) -> int:
        """Derive a seed from where the training is; a step may sample several times."""
        at = (self.state.global_step, "train" if self.model.training else "eval")
        self._calls = self._calls + 1 if at == self._at else 0
        self._at = at
        name = ("rollouts", *at, self._calls, self.accelerator.process_index)
        return derive_seed(self._seed, *name)
