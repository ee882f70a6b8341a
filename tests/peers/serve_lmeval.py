"""lm-eval's ``hf`` backend as a benchmark process; runs in lm-eval's own environment."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from protocol import Answer, serve, up_to_end


def load(case: dict[str, Any]) -> tuple[Any, str]:
    import torch

    torch.set_num_threads(case["threads"])
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    model = HFLM(
        pretrained=case["model"],
        device="cpu",
        dtype=case["dtype"],
        max_length=case["max_model_len"],
        **case["settings"],
    )
    for prompt in case["prompts"]:
        if model.tok_encode(prompt["text"]) != prompt["ids"]:
            raise SystemExit(f"lm-eval reads the prompt of {prompt['id']} as other tokens")
    named = {tuple(p["ids"]): p["id"] for p in case["prompts"]}
    written: dict[str, list[int]] = {}
    generate = model._model_generate

    def recorded(context: Any, **more: Any) -> Any:
        """Keep the ids of every answer: lm-eval hands back texts only."""
        out = generate(context=context, **more)
        masks = more["attention_mask"].bool()
        for ids, mask, row in zip(context, masks, out[:, context.shape[1] :].tolist(), strict=True):
            written[named[tuple(ids[mask].tolist())]] = row
        return out

    model._model_generate = recorded
    options = {"max_gen_toks": case["max_new_tokens"], "do_sample": False, "until": []}
    asked = [
        Instance("generate_until", {}, (p["text"], options), place)
        for place, p in enumerate(case["prompts"])
    ]

    def answer() -> list[Answer]:
        written.clear()
        texts = model.generate_until(asked, disable_tqdm=True)
        found = []
        for prompt, text in zip(case["prompts"], texts, strict=True):
            kept, ended = up_to_end(written[prompt["id"]], case["eos_ids"])
            found.append({"id": prompt["id"], "text": text, "tokens": len(kept), "ended": ended})
        return found

    return answer, f"lm-eval {version('lm_eval')}, torch {torch.__version__}"


if __name__ == "__main__":
    serve(load)
