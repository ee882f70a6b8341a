"""The whole job of two models, asked of evalsuite and of lm-eval in the same words."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from peers.smollm import GSM8K, model_folder

from evalsuite.models.load import load_tokenizer
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.prompt import render
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from evalsuite.records.run import Question

__all__ = ["SUBSETS", "Job", "embedded_job", "smollm_job"]

SUBSETS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Two models, a full split, five subsets, three budgets."""

    models: tuple[Path, Path]
    questions: tuple[Question, ...]
    prompt: str
    budgets: tuple[int, int, int]
    subset_size: int
    batch_sizes: tuple[int, ...]
    """Of lm-eval: the fastest is taken."""

    def command(self, folder: Path) -> list[str]:
        """Write the questions into a folder and ask evalsuite for everything."""
        lines = [
            {"id": q.id, "question": q.text, "answer": q.gold_text or str(q.gold)}
            for q in self.questions
        ]
        file = folder / "questions.jsonl"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        base, trained = (f"path:{model}" for model in self.models)
        return [
            *("compare", base, trained, "--task", str(file), "--prompt", self.prompt),
            *("--seeds", str(SUBSETS), "--subset-size", str(self.subset_size)),
            *("--max-new-tokens", ",".join(map(str, self.budgets))),
        ]

    def for_lmeval(self) -> dict[str, Any]:
        """Render every prompt and draw the subsets: lm-eval gets them ready made."""
        tokenizer, _ = load_tokenizer(resolve(f"path:{self.models[0]}"))
        asked = [messages(load_prompt(self.prompt), q.text) for q in self.questions]
        texts = [render(tokenizer, m) for m in asked]
        places = list(range(len(texts)))
        drawn = [
            np.random.default_rng(seed).choice(places, self.subset_size, replace=False).tolist()
            for seed in range(SUBSETS)
        ]
        return {
            "models": [str(model) for model in self.models],
            "threads": 2,
            "budgets": self.budgets,
            "sets": [places, *drawn],
            "prompts": [
                {"text": t, "ids": tokenizer(t, add_special_tokens=False)["input_ids"]}
                for t in texts
            ],
        }


def embedded_job() -> Job:
    """All 1,319 problems, the embedded pair."""
    return Job(
        models=(embedded_folder() / "base", embedded_folder() / "trained"),
        questions=load_questions("embedded", "test"),
        prompt="plain",
        budgets=(32, 64, 128),
        subset_size=200,
        batch_sizes=(64, 256, 512),
    )


def smollm_job(questions: int, folder: Path) -> Job | None:
    """SmolLM2-135M over GSM8K's first questions, or generated ones; None without the model.

    EVALSUITE_BENCH_PAIR names the folders of a base and a trained model, with a comma between;
    else the second model is the first with its last norm a little scaled, which changes hardly
    an answer: how long the job takes hangs on how much is written, not on what was learned.
    """
    named = os.environ.get("EVALSUITE_BENCH_PAIR")
    if named is not None:
        base, trained = map(Path, named.split(","))
    else:
        found = model_folder(folder / "smollm2-135m-instruct")
        if found is None:
            return None
        base, trained = found, _nudged(found, folder / "nudged")
    task = ("gsm8k", GSM8K) if GSM8K.is_file() else ("embedded", None)
    return Job(
        models=(base, trained),
        questions=load_questions(task[0], "test", data_file=task[1])[:questions],
        prompt="boxed",
        budgets=(75, 150, 300),
        subset_size=round(questions * 200 / 1319),
        batch_sizes=(32, 64),
    )


def _nudged(model: Path, into: Path) -> Path:
    from safetensors.torch import load_file, save_file

    shutil.copytree(model, into)
    weights = load_file(model / "model.safetensors")
    weights["model.norm.weight"] *= 1 + 2**-8
    save_file(weights, into / "model.safetensors", metadata={"format": "pt"})
    return into
