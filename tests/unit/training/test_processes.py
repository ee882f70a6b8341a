"""A launcher that starts fewer processes than asked for does not stay unnoticed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from evalsuite.training.processes import from_first, lost_processes


@pytest.mark.parametrize(
    ("environment", "world_size"),
    [
        ({}, 1),
        ({"WORLD_SIZE": "1", "RANK": "0", "MASTER_ADDR": "127.0.0.1"}, 1),
        ({"WORLD_SIZE": "4", "RANK": "3", "MASTER_ADDR": "127.0.0.1"}, 4),
        ({"WORLD_SIZE": "all"}, 1),
    ],
)
def test_as_many_processes_as_promised_are_no_warning(
    environment: dict[str, str], world_size: int
) -> None:
    assert lost_processes(environment, world_size) is None


def test_what_accelerate_leaves_behind_on_a_cpu_is_noticed() -> None:
    left = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500", "ACCELERATE_USE_CPU": "True"}
    told = lost_processes(left, 1)
    assert told is not None
    assert told.startswith("the launcher promised several processes, but 1 trains; ")
    assert "torchrun" in told


@pytest.mark.parametrize("key", ["WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
def test_fewer_processes_than_a_launcher_counts_are_noticed(key: str) -> None:
    told = lost_processes({key: "8"}, 2)
    assert told is not None
    assert "promised 8 processes, but 2 train;" in told


def test_a_process_alone_keeps_its_own() -> None:
    assert from_first({"wp-1": 0.5}) == {"wp-1": 0.5}


def test_two_processes_agree_on_what_the_first_has() -> None:
    """As when a GPU samples a question's pass rate differently on two ranks."""
    script = (
        "import json, os, torch\n"
        "from evalsuite.training.processes import from_first\n"
        "torch.distributed.init_process_group('gloo')\n"
        "rank = int(os.environ['RANK'])\n"
        "print(json.dumps(from_first({'wp-\u00e9': rank, 'more': [None] * (3 - rank)})))\n"
    )
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29583", "WORLD_SIZE": "2"}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env=os.environ | address | {"RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    outputs = [process.communicate(timeout=100)[0] for process in processes]
    assert outputs == ['{"wp-\\u00e9": 0, "more": [null, null, null]}\n'] * 2
