"""The push of a trained model to the Hub: the finished model with its card, and nothing beside it.

The trainer's own push would send the whole output: every sampled answer with its question, settings
with this machine's paths, a pickle, and the weights twice.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.models.hub import make_repository, push_folder
from evalsuite.records.verdict import Statement

if TYPE_CHECKING:
    from evalsuite.records.training import TrainSpec

__all__ = ["check_push", "open_repository", "push", "push_left"]


def check_push(spec: TrainSpec, config: Any) -> None:
    """Refuse a push that would not lead to this model; the Hub is not asked.

    ``config`` is a ``GRPOConfig``. Raises InvalidInputError.
    """
    if not config.push_to_hub:
        return
    strategy = str(getattr(config.hub_strategy, "value", config.hub_strategy))
    if strategy != "end":
        raise InvalidInputError(
            "hub_strategy is {strategy}, and only the finished model is pushed; leave it out",
            strategy=strategy,
        )
    if spec.adapter == "lora" and spec.model.source != "hub":
        raise InvalidInputError(
            "push_to_hub would push an adapter that names its base by a path of this machine "
            "({location}); start from a model of the Hub, or leave it out",
            location=spec.model.location,
        )


def open_repository(config: Any) -> None:
    """Make the repository of a push where it is missing, as the trainer would once it is loaded.

    Raises RunFailedError where this can't be done.
    """
    if config.push_to_hub:
        make_repository(_repository(config), private=config.hub_private_repo)


def push_left(config: Any) -> Statement | None:
    """Say how to push a model whose training was finished before; None where nobody asked for it.

    Whether it was pushed then is not known here.
    """
    if not config.push_to_hub:
        return None
    folder = str(Path(config.output_dir) / "model")
    values = {"repository": _repository(config), "folder": folder}
    return Statement(key="training_notice.push_left", values=values)


def _repository(config: Any) -> str:
    """Name a repository as the trainer does."""
    return str(config.hub_model_id or Path(config.output_dir).absolute().name)


def push(trainer: Any, spec: TrainSpec, model: Path) -> Statement | None:
    """Push the folder of a finished model, with TRL's card in it; None where nobody asked for it.

    Raises RunFailedError with the command that pushes it again.
    """
    if not trainer.args.push_to_hub:
        return None
    repository = trainer.hub_model_id
    trainer.create_model_card(model_name=repository.rpartition("/")[2])
    _write_card(trainer, spec, model)
    commit = push_folder(model, repository, revision=trainer.args.hub_revision)
    values = {"repository": repository, "commit": commit[:8]}
    return Statement(key="training_notice.pushed", values=values)


def _write_card(trainer: Any, spec: TrainSpec, model: Path) -> None:
    """Put TRL's card beside the weights; where the start is no model of the Hub, it links none."""
    text = (Path(trainer.args.output_dir) / "README.md").read_text(encoding="utf-8")
    nowhere = "[None](https://huggingface.co/None)"
    start = f"{spec.model.name}, which is not on the Hub"
    (model / "README.md").write_text(text.replace(nowhere, start), encoding="utf-8")
