from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from tiny_adapter import write_adapter

from evalsuite.cli.main import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resolved(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    with pytest.raises(SystemExit) as ended:
        main(["models", "resolve", *arguments, "--json"])
    assert ended.value.code == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_resolve_tells_source_weights_template_and_end_tokens(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = resolved(capsys, "base")

    assert found["source"] == "embedded"
    assert len(found["weights"]) == 64
    assert "<|assistant|>" in found["template"]
    assert found["end_of_turn"] in found["eos_ids"].values()
    assert found["megabytes"]["float32"] == pytest.approx(4 * found["parameters"] / 1e6)
    assert (found["task"], found["max_new_tokens"]) == ("embedded", 128)


def test_resolve_measures_the_cost_only_when_asked(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cost" not in resolved(capsys, "base")

    cost = resolved(capsys, "base", "--cost")["cost"]

    assert cost["most_tokens"] == cost["answers"] * 128
    assert cost["answers"] * 10 < cost["tokens"] < cost["most_tokens"] / 2  # about 40 a question
    assert cost["minutes"] < cost["most_minutes"]
    assert cost["tokens_per_second"] > 0
    assert cost["memory_mb"] > 100


def test_resolve_tells_that_an_adapter_was_trained_on_packed_weights(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_adapter(tmp_path / "run" / "model")
    assert "trained_on" not in resolved(capsys, f"path:{tmp_path / 'run' / 'model'}")
    (tmp_path / "run" / "manifest.json").write_text('{"spec": {"packing": {"bits": 4}}}')
    found = resolved(capsys, f"path:{tmp_path / 'run' / 'model'}")
    assert found["trained_on"].startswith("weights packed in 4 bits; it is judged merged into")
