"""Trackers: a report sent to W&B, trackio or MLflow with the library's own client.

Project, server and key are those the library takes from its own settings; none is read, kept or
printed here. What a library would send of itself, the machine or this repository is switched off
where it allows that.
"""

from __future__ import annotations

import os
import sys
from contextlib import redirect_stdout
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.exits import without_secrets
from evalsuite.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.judged import Judged

__all__ = ["key_numbers", "log_to_option", "require_trackers", "send_report"]

PROJECT = "evalsuite"
"""Where the library's settings name none."""
_QUIET = {
    "wandb": {"WANDB_ERROR_REPORTING": "false", "WANDB_SILENT": "true"},
    "mlflow": {"MLFLOW_DISABLE_TELEMETRY": "true"},
    "trackio": {"HF_HUB_DISABLE_TELEMETRY": "1", "GRADIO_ANALYTICS_ENABLED": "False"},
}
"""What switches off a library's reports about itself; read when it is imported."""
_ANONYMOUS = {"mlflow.user": "", "mlflow.source.name": "evalsuite", "mlflow.source.git.commit": ""}
"""Instead of the account, the path of the script and the commit of the folder one stands in."""
_FILES = ("report.html", "results.json")

log_to_option = click.option(
    "--log-to",
    type=click.Choice(list(_QUIET)),
    multiple=True,
    help="Also send numbers, report and results there; may be given several times.",
)


def require_trackers(names: tuple[str, ...]) -> None:
    """Miss a library before anything is generated, not after it.

    Raises
    ------
    ModuleNotFoundError
        Naming the first library that is not installed.
    """
    for name in names:
        if find_spec(name) is None:
            raise ModuleNotFoundError(name, name=name)


def send_report(names: tuple[str, ...], folder: Path, judged: Judged) -> None:
    """Send the report in a folder to every tracker, and say where it went.

    Raises
    ------
    RunFailedError
        Where a tracker did not take it; the report itself is written.
    """
    for name in names:
        for variable, value in _QUIET[name].items():
            os.environ.setdefault(variable, value)
        try:
            with redirect_stdout(sys.stderr):  # stdout may carry one JSON document
                place = _SENDERS[name](folder, judged)
        except Exception as error:
            cause = without_secrets(" ".join(str(error).split()))[:200] or type(error).__name__
            raise RunFailedError(
                "{name} did not take the report ({cause}), which is in {folder}; mend its "
                "settings and send it with evalsuite report {folder} --log-to {name}",
                name=name,
                cause=cause,
                folder=folder,
            ) from error
        click.echo(f"  {name:<8} {without_secrets(place)}", err=True)


def key_numbers(judged: Judged) -> dict[str, float]:
    """Collect the headline's numbers of every part; what is unknown is left out."""
    if len(judged.parts) == 1:
        return _numbers(judged.parts[0])
    from evalsuite.cli.shared.report_files import member_folders

    return {
        f"{folder}/{name}": value
        for folder, part in zip(member_folders(judged), judged.parts, strict=True)
        for name, value in _numbers(part).items()
    }


def _numbers(part: Comparison) -> dict[str, float]:
    low, high = part.gain.interval.low, part.gain.interval.high
    numbers: dict[str, float | None] = {
        "questions": part.base.n // part.seeds.samples,
        "base_accuracy": part.base.accuracy,
        "trained_accuracy": part.trained.accuracy,
        "gain": part.gain.estimate,
        "gain_low": low,
        "gain_high": high,
        "exact_p": part.mcnemar.exact,
        "base_truncated": part.truncation.base,
        "trained_truncated": part.truncation.trained,
    }
    return {name: float(value) for name, value in numbers.items() if value is not None}


def _words(judged: Judged) -> dict[str, str]:
    """Say what the numbers are about."""
    from evalsuite.version import __version__

    part, verdict = judged.parts[0], judged.verdict
    words = {"task": judged.task, "base": part.base.name, "evalsuite": __version__}
    words["trained"] = ", ".join(dict.fromkeys(part.trained.name for part in judged.parts))
    return words | ({} if verdict is None else {"decision": verdict.decision})


def _files(folder: Path) -> list[Path]:
    """List what there is to send: a report may have been written in another format alone."""
    return [folder / name for name in _FILES if (folder / name).is_file()]


def _to_wandb(folder: Path, judged: Judged) -> str:
    import wandb

    is_offline = os.environ.get("WANDB_MODE", "online") != "online"
    if not is_offline and not wandb.api.api_key:
        # its own answer is a prompt for the key, which it would store
        raise RuntimeError("no key is set up; `wandb login`, or WANDB_MODE=offline")
    settings = wandb.Settings(
        console="off",
        disable_code=True,
        disable_git=True,
        x_disable_meta=True,
        x_disable_stats=True,
        x_disable_machine_info=True,
    )
    run = wandb.init(
        project=os.environ.get("WANDB_PROJECT", PROJECT),
        name=folder.name,
        job_type="comparison",
        config=_words(judged),
        settings=settings,
    )
    try:
        run.summary.update(key_numbers(judged))
        for file in _files(folder)[:-1]:  # the page; results.json is last and always there
            run.log({"report": wandb.Html(file.read_text(encoding="utf-8"))})
        artifact = wandb.Artifact(f"report-{folder.name}"[:128], type="report")
        for file in _files(folder):
            artifact.add_file(str(file))
        run.log_artifact(artifact)
    finally:
        run.finish()
    return str(run.url or run.dir)


def _to_mlflow(folder: Path, judged: Judged) -> str:
    import mlflow

    if not (os.environ.get("MLFLOW_EXPERIMENT_NAME") or os.environ.get("MLFLOW_EXPERIMENT_ID")):
        mlflow.set_experiment(PROJECT)
    with mlflow.start_run(run_name=folder.name, tags=_ANONYMOUS) as run:
        mlflow.set_tags(_words(judged))
        mlflow.log_metrics(key_numbers(judged))
        for file in _files(folder):
            mlflow.log_artifact(str(file))
    return str(run.info.artifact_uri)


def _to_trackio(folder: Path, judged: Judged) -> str:
    import trackio

    project = os.environ.get("TRACKIO_PROJECT", PROJECT)
    trackio.init(
        project=project,
        name=folder.name,
        config=_words(judged),
        embed=False,
        auto_log_gpu=False,
        auto_log_cpu=False,
    )
    try:
        trackio.log(key_numbers(judged))
        artifact = trackio.Artifact(f"report-{folder.name}"[:128], type="report")
        for file in _files(folder):
            artifact.add_file(str(file))
        trackio.log_artifact(artifact)
    finally:
        trackio.finish()
    return f"trackio project {project}"


_SENDERS: dict[str, Callable[[Path, Any], str]] = {
    "wandb": _to_wandb,
    "mlflow": _to_mlflow,
    "trackio": _to_trackio,
}
