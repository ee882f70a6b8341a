"""Transformers' generate as a benchmark process: one by one as in the lesson, or in batches."""

from __future__ import annotations

from typing import Any

from protocol import Answer, serve, up_to_end


def load(case: dict[str, Any]) -> tuple[Any, str]:
    import torch
    import transformers

    torch.set_num_threads(case["threads"])
    tokenizer = transformers.AutoTokenizer.from_pretrained(case["model"], padding_side="left")
    model = transformers.AutoModelForCausalLM.from_pretrained(
        case["model"], dtype=getattr(torch, case["dtype"])
    ).eval()
    size = case["settings"]["batch_size"]
    asked = sorted(case["prompts"], key=lambda p: len(p["ids"]), reverse=True)
    pad = tokenizer.pad_token_id or 0

    def answer() -> list[Answer]:
        return [a for i in range(0, len(asked), size) for a in batch(asked[i : i + size])]

    def batch(part: list[dict[str, Any]]) -> list[Answer]:
        longest = max(len(p["ids"]) for p in part)
        padding = [longest - len(p["ids"]) for p in part]
        ids = torch.tensor([[pad] * n + p["ids"] for n, p in zip(padding, part, strict=True)])
        mask = torch.arange(longest) >= torch.tensor(padding)[:, None]
        out = model.generate(
            input_ids=ids,
            attention_mask=mask.long(),
            max_new_tokens=case["max_new_tokens"],
            do_sample=False,
            eos_token_id=case["eos_ids"],
            pad_token_id=pad,
        )
        found = []
        for prompt, row in zip(part, out[:, longest:].tolist(), strict=True):
            kept, ended = up_to_end(row, case["eos_ids"])
            text = tokenizer.decode(kept, skip_special_tokens=True)
            found.append({"id": prompt["id"], "text": text, "tokens": len(kept), "ended": ended})
        return found

    return answer, f"torch {torch.__version__}, transformers {transformers.__version__}"


if __name__ == "__main__":
    serve(load)
