from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from report_builders import built, family_of

from evalsuite.cli.shared import trackers
from evalsuite.cli.shared.exits import ending_of, without_secrets
from evalsuite.errors import RunFailedError
from evalsuite.records.codec import to_json

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison


@pytest.fixture
def report(tmp_path: Path) -> tuple[Path, Comparison]:
    comparison, _ = built()
    (tmp_path / "results.json").write_text(to_json(comparison))
    (tmp_path / "report.html").write_text("<p>report</p>")
    return tmp_path, comparison


def test_the_numbers_are_those_of_the_headline_and_nothing_unknown() -> None:
    comparison, _ = built()

    numbers = trackers.key_numbers(comparison)

    assert numbers["gain"] == comparison.gain.estimate
    assert (numbers["questions"], numbers["exact_p"]) == (60, comparison.mcnemar.exact)
    assert all(isinstance(value, float) for value in numbers.values())


def test_each_part_of_a_group_has_its_own_numbers() -> None:
    family = family_of([built(names=("base", name))[0] for name in ("one", "two")])

    numbers = trackers.key_numbers(family)

    assert {name.partition("/")[0] for name in numbers} == {"one", "two"}


def test_a_library_that_is_missing_is_named_with_its_extra() -> None:
    with pytest.raises(ModuleNotFoundError) as caught:
        trackers.require_trackers(("no_such_tracker",))
    missing = ModuleNotFoundError("wandb", name="wandb")

    assert caught.value.name == "no_such_tracker"
    assert "pip install 'evalsuite[trackers]'" in ending_of(missing).line


def test_a_tracker_that_fails_says_where_the_report_is(
    report: tuple[Path, Comparison], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, judged: object) -> str:
        raise OSError("no connection")

    monkeypatch.setitem(trackers._SENDERS, "mlflow", refuse)
    with pytest.raises(RunFailedError, match=r"\(no connection\), which is in .*--log-to mlflow"):
        trackers.send_report(("mlflow",), *report)


def test_the_password_of_an_address_is_never_printed(
    report: tuple[Path, Comparison],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = "https://me:s3cret@pass@host:5000/x"

    def refuse(folder: Path, judged: object) -> str:
        raise OSError(f"no connection to {address}")

    monkeypatch.setitem(trackers._SENDERS, "mlflow", refuse)
    with pytest.raises(RunFailedError, match=r"no connection to https://\*\*\*@host:5000/x\)"):
        trackers.send_report(("mlflow",), *report)
    monkeypatch.setitem(trackers._SENDERS, "mlflow", lambda *_: address)
    trackers.send_report(("mlflow",), *report)
    assert capsys.readouterr().err.split() == ["mlflow", "https://***@host:5000/x"]


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"])
def test_keys_of_trackers_are_masked_in_every_message(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "s3cretpass")

    assert without_secrets("401 for s3cretpass; log in") == "401 for ***; log in"


def test_wandb_takes_it_offline(
    report: tuple[Path, Comparison], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_DIR", str(tmp_path))

    trackers.send_report(("wandb",), *report)

    (page,) = tmp_path.glob("wandb/offline-run-*/files/media/html/*.html")
    assert "report" in page.read_text()


def test_wandb_without_a_key_is_never_asked_for_one(
    report: tuple[Path, Comparison], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pytest.importorskip("wandb")
    for name in ("WANDB_MODE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(RunFailedError, match="no key is set up"):
        trackers.send_report(("wandb",), *report)


def test_mlflow_has_the_numbers_and_both_files(
    report: tuple[Path, Comparison], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"file:{tmp_path / 'mlruns'}")

    trackers.send_report(("mlflow",), *report)

    (run,) = mlflow.search_runs(search_all_experiments=True, output_format="list")
    assert run.data.metrics["gain"] == report[1].gain.estimate
    told = {name: run.data.tags.get(name, "") for name in trackers._ANONYMOUS}
    assert told == {**dict.fromkeys(told, ""), "mlflow.source.name": "evalsuite"}
    assert run.info.user_id in (None, "")
    assert {p.name for p in tmp_path.glob("mlruns/*/*/artifacts/*")} == {
        "report.html",
        "results.json",
    }


def test_trackio_has_the_numbers_and_stdout_stays_ours(
    report: tuple[Path, Comparison],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("TRACKIO_DIR", str(tmp_path / "trackio"))
    trackio = pytest.importorskip("trackio")

    trackers.send_report(("trackio",), *report)

    assert capsys.readouterr().out == ""
    (run,) = trackio.Api().runs("evalsuite")
    assert json.loads(json.dumps(run.name)) == report[0].name
