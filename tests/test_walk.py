"""The walk of ARCHITECTURE.md, held against a comparison that really generates."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TRAVELLERS = ("`max_new_tokens`", "A response", "A gain")
TRACED = """
import inspect, json, sys, threading
from pathlib import Path
import matplotlib.pyplot, scipy.special, transformers  # before each call is looked at: slow
from click.testing import CliRunner
import evalsuite
from evalsuite.cli.main import cli

package, entered = str(Path(evalsuite.__file__).parent), []

def enter(frame, event, argument):
    code = frame.f_code
    is_function = code.co_flags & inspect.CO_OPTIMIZED  # a module's or a class's body is no stop
    if event == "call" and is_function and code.co_filename.startswith(package):
        entered.append(code.co_filename[len(package) + 1:])

threading.setprofile(enter)
sys.setprofile(enter)
options = "--no-full --subsets 1 --subset-size 6 --max-new-tokens 24,64 --runs runs -o report"
done = CliRunner().invoke(cli, ["compare", "base", "trained", *options.split()])
sys.setprofile(None)
assert done.exit_code == 0, done.output
print(json.dumps(list(dict.fromkeys(entered))))
"""


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Give every file of the package in the order in which a function of it is first called."""
    done = subprocess.run(
        [sys.executable, "-c", TRACED],
        cwd=tmp_path_factory.mktemp("walk"),
        capture_output=True,
        text=True,
        check=True,
    )
    files: list[str] = json.loads(done.stdout.splitlines()[-1])
    return files


def stops(traveller: str) -> list[str]:
    """Read the first file of every numbered stop."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    walk = text.partition(f"**{traveller}**")[2].partition("\n\n")[2].partition("\n\n")[0]
    return re.findall(r"^\d+\. `([\w/]+\.py)`", walk, flags=re.MULTILINE)


@pytest.mark.parametrize("traveller", TRAVELLERS)
def test_the_stops_are_entered_in_the_order_of_the_walk(traveller: str, entered: list[str]) -> None:
    walk = stops(traveller)

    assert len(walk) >= 6
    assert set(walk) <= set(entered)
    assert walk == sorted(walk, key=entered.index)
