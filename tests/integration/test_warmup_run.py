"""A warm-up before GRPO, on gold solutions and on a model's own right answers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from evalsuite.cli.main import main
from evalsuite.cli.train import command
from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.models.names import read_aliases, resolve
from evalsuite.records.training import TrainSpec, Warmup
from evalsuite.training.warmup import warm_up

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

_PLAN = Warmup(solutions="gold", steps=3, batch_size=8, learning_rate=1e-3, samples=2)


def _spec(**changed: Any) -> TrainSpec:
    defaults: dict[str, Any] = {"prompt": "plain", "max_new_tokens": 48, "threads": 1}
    return TrainSpec(model=resolve("base"), grpo={"use_cpu": True}, **(defaults | changed))


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def warmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("warm") / "warmed"
    warm_up(_spec(), _PLAN, output=folder)
    return folder


def test_warmed_model_is_a_model_of_its_own_with_its_manifest_and_log(warmed: Path) -> None:
    model = resolve(f"path:{warmed}")
    manifest = _manifest(warmed)
    assert model.source == "folder"
    assert model.weights != resolve("base").weights
    assert manifest["kind"] == "warmup"
    assert manifest["base"]["weights"] == resolve("base").weights
    assert (manifest["spec"]["solutions"], manifest["steps"], manifest["solutions"]) == (
        "gold",
        3,
        24,
    )
    assert manifest["weights_sha256"]["model.safetensors"] == sha256_of_file(
        warmed / "model.safetensors"
    )
    rows = (warmed / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row)["step"] for row in rows] == [1, 2, 3]
    assert not {p.suffix for p in warmed.iterdir()} & {".bin", ".pt", ".pth", ".pkl"}


def test_same_warm_up_asked_for_again_is_not_made_again(warmed: Path) -> None:
    before = (warmed / "model.safetensors").stat().st_mtime_ns
    warm_up(_spec(), _PLAN, output=warmed)
    warm_up(_spec(threads=None), _PLAN, output=warmed)
    assert (warmed / "model.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("lora_r: abc", "error: LoRA's r is 'abc'"),
        ("lora_target_modules: [nope]", "error: peft refuses the LoRA options (Target modules"),
        ("learning_rate: [1]", "error: learning_rate is [1], which is no number"),
        ("model_init_kwargs: 3", "error: model_init_kwargs is 3"),
        ("chat_template_kwargs: 5", "error: chat_template_kwargs is 5"),
    ],
)
def test_a_bad_value_of_grpo_is_one_line_before_the_warm_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    written: str,
    line: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grpo.yaml").write_text(f"{written}\n", encoding="utf-8")
    command = ("train", "--preset", "tiny", "--lora", "-c", "grpo.yaml", "--warmup", "self")

    with pytest.raises(SystemExit) as ended:
        main([*command, "-o", "out"])

    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith(line)
    assert [path.name for path in tmp_path.iterdir()] == ["grpo.yaml"]


def test_folder_of_another_warm_up_is_never_written_over(warmed: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"other settings \(questions, seed, spec\)"):
        warm_up(_spec(seed=1), replace(_PLAN, steps=4), output=warmed)


def test_interrupted_warm_up_is_made_anew_with_the_same_bytes(warmed: Path, tmp_path: Path) -> None:
    """Without its manifest a folder is unfinished, whatever else lies in it."""
    folder = tmp_path / "warmed"
    folder.mkdir()
    (folder / "train_log.jsonl").write_text('{"step": 1, "loss": 9.0}\n')
    warm_up(_spec(), _PLAN, output=folder)
    assert _manifest(folder)["weights_sha256"] == _manifest(warmed)["weights_sha256"]
    assert (folder / "train_log.jsonl").read_text().count("\n") == 3


def test_own_right_answers_are_what_a_model_is_warmed_up_on(tmp_path: Path) -> None:
    plan = replace(_PLAN, solutions="self", samples=4)
    warm_up(_spec(), plan, output=tmp_path / "warmed")
    manifest = _manifest(tmp_path / "warmed")
    assert manifest["questions"]["n"] == 24
    assert 8 <= manifest["solutions"] < 24 * 4


def test_too_few_right_answers_to_learn_from_are_an_error_with_the_way_out(tmp_path: Path) -> None:
    plan = replace(_PLAN, solutions="self", samples=1)
    with pytest.raises(RunFailedError, match=r"different right answers in 24 tries.*--warmup gold"):
        warm_up(_spec(max_new_tokens=2), plan, output=tmp_path / "warmed")


def test_command_warms_up_trains_and_says_what_to_compare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "grpo.yaml").write_text(
        "use_cpu: true\nper_device_train_batch_size: 8\nnum_generations: 4\nmax_steps: 1\n"
        "save_strategy: 'no'\n"
    )
    options = "--preset tiny -c grpo.yaml --questions 16 --warmup gold --warmup-steps 2 -o run"
    result = CliRunner().invoke(command, options.split(), catch_exceptions=False)
    assert "compare warmed trained --seeds 5   what GRPO added" in result.stdout
    assert {"base", "warmed", "trained"} <= set(read_aliases())
    manifest = _manifest(tmp_path / "run")
    assert manifest["start"]["kind"] == "warmup"
    assert manifest["spec"]["model"]["weights"] == resolve("warmed").weights
    again = CliRunner().invoke(command, [*options.split()[:-1], "other"], catch_exceptions=False)
    assert again.stdout == result.stdout
    assert read_aliases()["warmed"] == "path:other/warmed"
