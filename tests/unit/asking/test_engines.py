from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from builders import run

from evalsuite.asking import engines
from evalsuite.asking.engines import (
    asker_of,
    check_engines,
    choose_engine,
    load_engine,
    precision_of,
)
from evalsuite.asking.plan import PlannedRun, Selection
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec, check_options
from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.models import load as core_model
from evalsuite.models.names import resolve
from evalsuite.records.run import ModelSpec
from evalsuite.tasks.prompts import load_prompt

if TYPE_CHECKING:
    from pathlib import Path

FOLDER = ModelSpec(name="m", source="folder", location="m", weights="w")
SERVED = ModelSpec(name="s", source="endpoint", location="s@http://127.0.0.1:9/v1")
SELECTION = Selection(task="t", split="s", questions=(), subsets=(), headline_set="full")


def installed(monkeypatch: pytest.MonkeyPatch, *, vllm: bool, cuda: bool) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda _: object() if vllm else None)
    monkeypatch.setattr(core_model, "choose_device", lambda _: "cuda" if cuda else "cpu")


@pytest.mark.parametrize(
    ("vllm", "cuda", "chosen"),
    [(True, True, "vllm"), (True, False, "hf"), (False, True, "hf"), (False, False, "hf")],
)
def test_auto_takes_vllm_where_it_is_installed_and_there_is_cuda(
    monkeypatch: pytest.MonkeyPatch, vllm: bool, cuda: bool, chosen: str
) -> None:
    installed(monkeypatch, vllm=vllm, cuda=cuda)

    assert choose_engine(FOLDER, CompareSpec()) == chosen


def test_auto_follows_the_stored_run_it_will_be_compared_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    installed(monkeypatch, vllm=True, cuda=True)

    assert choose_engine(FOLDER, CompareSpec(), [run(["7"], engine="hf")]) == "hf"
    assert choose_engine(FOLDER, CompareSpec(), [run(["7"], engine="imported")]) == "vllm"


def test_a_server_answers_for_its_own_model(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, vllm=True, cuda=True)

    assert choose_engine(SERVED, CompareSpec()) == "endpoint"
    with pytest.raises(InvalidInputError, match="leave --engine at auto"):
        choose_engine(SERVED, CompareSpec(engine="hf"))


def test_a_missing_vllm_is_one_line_with_its_pip_command(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch, vllm=False, cuda=False)

    with pytest.raises(InvalidInputError, match=r"pip install 'evalsuite\[vllm\]'"):
        choose_engine(FOLDER, CompareSpec(engine="vllm"))


@pytest.mark.parametrize("model", [FOLDER, SERVED])
@pytest.mark.parametrize(
    "options", [{"tensor_parallel_size": 2}, {"gpu_memory_utilization": 0.5}], ids=str
)
def test_an_option_of_vllm_is_refused_where_another_engine_answers(
    monkeypatch: pytest.MonkeyPatch, model: ModelSpec, options: dict[str, Any]
) -> None:
    installed(monkeypatch, vllm=False, cuda=True)

    with pytest.raises(InvalidInputError, match=r"is for the engine vllm, .*or leave it out"):
        choose_engine(model, CompareSpec(**options))


def test_a_share_of_a_gpu_is_refused_on_a_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    share = CompareSpec(engine="vllm", gpu_memory_utilization=0.5)

    installed(monkeypatch, vllm=True, cuda=True)
    assert choose_engine(FOLDER, share) == "vllm"
    installed(monkeypatch, vllm=True, cuda=False)
    with pytest.raises(InvalidInputError, match="this is a CPU; leave it out"):
        choose_engine(FOLDER, share)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tensor_parallel_size": 0}, "tensor_parallel_size 0 is below 1"),
        ({"gpu_memory_utilization": 1.5}, "1.5 is no share"),
        ({"gpu_memory_utilization": 0.0}, "0 is no share"),
        ({"gpu_memory_utilization": float("nan")}, "nan is no share"),
    ],
)
def test_impossible_options_of_vllm_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        check_options(CompareSpec(**options))


def test_an_unknown_engine_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="use auto, hf or vllm"):
        choose_engine(FOLDER, CompareSpec(engine="tgi"))


def test_a_server_does_not_tell_its_precision() -> None:
    assert precision_of("endpoint", CompareSpec()) == "unknown"
    assert precision_of("hf", CompareSpec(dtype="bfloat16")) == "bfloat16"


def planned(*, finished: bool, **spec: Any) -> PlannedRun:
    made = run(["7"], **spec)
    return PlannedRun(
        model=made.spec.model,
        selection=SELECTION,
        budgets=(64,),
        run=made if finished else None,
        folder=None,
        spec=made.spec,
    )


def test_models_that_would_be_answered_differently_are_refused_before_work() -> None:
    base = planned(finished=True, engine="hf", name="base")
    for spec in ({"engine": "endpoint", "dtype": "unknown"}, {"dtype": "bfloat16"}):
        with pytest.raises(NotComparableError, match="base by hf in float32"):
            check_engines([base, planned(finished=False, name="trained", **spec)])


@pytest.mark.parametrize(
    "other",
    [
        planned(finished=False),
        planned(finished=True, engine="vllm"),
        planned(finished=True, engine="imported"),
    ],
    ids=["same engine", "nothing left to do", "imported log"],
)
def test_other_pairs_are_let_through(other: PlannedRun) -> None:
    check_engines([planned(finished=True), other])


def test_the_engine_is_part_of_what_was_asked_and_of_the_run(tmp_path: Path) -> None:
    spec = CompareSpec(full=False, subsets=1, subset_size=2, engine="hf", threads=1, runs=tmp_path)

    (planned_run,) = plan_session(("base",), spec)

    assert planned_run.spec is not None
    assert (planned_run.spec.engine, planned_run.spec.dtype) == ("hf", "float32")
    assert load_engine(planned_run, spec).describe()["threads"] == 1


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"concurrency": 0}])
def test_threads_and_concurrency_are_at_least_one(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match="at least 1"):
        check_options(CompareSpec(**wrong))


def test_vllm_makes_as_many_answers_at_a_time_as_were_asked_for() -> None:
    spec = run(["7"], engine="vllm").spec
    planned = PlannedRun(model=resolve("base"), selection=SELECTION, budgets=(8,), spec=spec)

    engine: Any = load_engine(planned, CompareSpec(device="cpu", batch_size=7))

    assert engine._settings()["max_num_seqs"] == 7


def test_vllm_on_a_cpu_shares_memory_and_cpus_among_its_processes() -> None:
    spec = run(["7"], engine="vllm").spec
    planned = PlannedRun(model=resolve("base"), selection=SELECTION, budgets=(8,), spec=spec)
    alone: Any = load_engine(planned, CompareSpec(device="cpu"))

    engine: Any = load_engine(planned, CompareSpec(device="cpu", tensor_parallel_size=3))
    engine._cpus, engine._cache_bytes = list(range(7)), alone._cache_bytes

    settings, variables = engine._settings(), engine._variables()
    assert settings["tensor_parallel_size"] == 3
    assert settings["kv_cache_memory_bytes"] == alone._settings()["kv_cache_memory_bytes"] // 3
    assert variables["VLLM_CPU_OMP_THREADS_BIND"] == "0,1|2,3|4,5"
    assert variables["OMP_NUM_THREADS"] == "2"
    engine._cpus = [0, 1]  # fewer than processes: who has none of its own shares all
    assert engine._variables()["VLLM_CPU_OMP_THREADS_BIND"] == "0|1|0,1"


def test_a_server_has_no_weights_to_load() -> None:
    with pytest.raises(InvalidInputError, match="behind a server"):
        core_model.load_model(SERVED)


def test_a_server_gets_no_chat_template_for_it_has_its_own() -> None:
    with pytest.raises(InvalidInputError, match=r"s is behind a server, .* leave out --chat-templ"):
        asker_of(SERVED, load_prompt("plain", template="{{ messages }}"))


def test_a_chat_template_is_read_when_a_run_is_planned_for_a_worker_may_not_see_its_file(
    tmp_path: Path,
) -> None:
    path = tmp_path / "chat.jinja"
    path.write_text("{% for m in messages %}{{ m.content }}<|user|>{% endfor %}", encoding="utf-8")
    spec = CompareSpec(task="embedded", first=1, chat_template=path, runs=tmp_path / "runs")
    (planned,) = plan_session(("embedded:base",), spec)
    path.unlink()

    described = load_engine(planned, spec).describe()

    tokenizer, _ = core_model.load_tokenizer(planned.model)
    assert tokenizer.convert_tokens_to_ids("<|user|>") in described["eos_ids"]


def test_an_embedded_model_ends_with_its_templates_token() -> None:
    tokenizer = core_model.describe_tokenizer(resolve("base"))

    assert tokenizer["end_of_turn"] in tokenizer["eos_ids"].values()
    assert list(map(int, tokenizer["eos_ids"])) == list(
        core_model.load_model(resolve("base")).eos_ids
    )
