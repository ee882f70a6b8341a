"""Notice where a launcher promised several processes and only one came."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["lost_processes"]

_SIZES = ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")


def lost_processes(environment: Mapping[str, str], world_size: int) -> str | None:
    """Say in one sentence that fewer processes train together than were launched.

    ``accelerate launch --cpu --num_processes 2`` starts one process and says nothing; all it
    leaves is the address at which the others should have met.

    Parameters
    ----------
    environment
        Of this process.
    world_size
        Processes that train together, as TRL counts them.

    Returns
    -------
    str or None
        None where nothing is missing.

    Examples
    --------
    >>> lost_processes({"WORLD_SIZE": "2", "RANK": "0"}, 2) is None
    True
    """
    sizes = [int(environment[key]) for key in _SIZES if environment.get(key, "").isdecimal()]
    if world_size < max(sizes, default=0):
        promised = f"{max(sizes)} processes"
    elif world_size == 1 and not sizes and "MASTER_ADDR" in environment:
        promised = "several processes"
    else:
        return None
    verb = "trains" if world_size == 1 else "train"
    return (
        f"the launcher promised {promised}, but {world_size} {verb}; start them with "
        "torchrun --nproc_per_node N -m evalsuite train (on a CPU, accelerate starts only one)"
    )
