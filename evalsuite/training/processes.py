"""The processes that train together: what they can't do, and those that never came."""

from __future__ import annotations

import json
import logging
import os
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalsuite.records.training import TrainSpec

__all__ = ["check_processes", "from_first", "lost_processes"]

_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")
"""What torchrun, Open MPI and other MPI launchers set to the number they start."""


def check_processes(spec: TrainSpec, config: Any) -> None:
    """Refuse groups split between processes, each of which sees its own answers only."""
    warning = lost_processes(os.environ, config.world_size)
    if warning is not None:
        logging.getLogger(__name__).warning(warning)
    if config.world_size > 1 and spec.heldout is not None:
        raise InvalidInputError(
            "held-out questions are asked in one process; leave out [train.heldout] and "
            "--stop-on-fall, or train in one process."
        )
    if config.world_size > 1 and config.per_device_train_batch_size % config.num_generations:
        raise InvalidInputError(
            "each of {world_size} processes needs whole groups; make per_device_train_batch_size "
            "a multiple of num_generations, {num_generations}",
            world_size=config.world_size,
            num_generations=config.num_generations,
        )


def lost_processes(environment: Mapping[str, str], world_size: int) -> str | None:
    """Say in one sentence that fewer processes train together than were launched; None if none.

    ``world_size`` is their number as TRL counts them.

    Examples
    --------
    >>> lost_processes({"WORLD_SIZE": "2", "RANK": "0"}, 2) is None
    True
    """
    sizes = [int(environment[key]) for key in _SIZES if environment.get(key, "").isdecimal()]
    if world_size < max(sizes, default=0):
        promised = f"{max(sizes)} processes"
    # `accelerate launch --cpu --num_processes 2` starts one process and says nothing; all it leaves
    # is the address at which the others should have met.
    elif world_size == 1 and not sizes and "MASTER_ADDR" in environment:
        promised = "several processes"
    else:
        return None
    verb = "trains" if world_size == 1 else "train"
    return (
        f"the launcher promised {promised}, but {world_size} {verb}; start them with "
        "torchrun --nproc_per_node N -m evalsuite train (on a CPU, accelerate starts only one)"
    )


def from_first(value: Any, device: Any = "cpu") -> Any:
    """Give every process what the first one has, waiting for it; JSON values only.

    ``device`` is where the processes exchange tensors. Alone, a process keeps its own.
    """
    import torch

    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        return value
    text = json.dumps(value).encode("ascii")
    # The length first: only the first process knows it.
    length = torch.tensor([len(text)], dtype=torch.int64, device=device)
    distributed.broadcast(length, src=0)
    mine = text if distributed.get_rank() == 0 else bytes(int(length))
    letters = torch.tensor(list(mine), dtype=torch.uint8, device=device)
    distributed.broadcast(letters, src=0)
    return json.loads(bytes(letters.tolist()))
