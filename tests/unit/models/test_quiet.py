"""Which warnings a training leaves out, and that no library tells what runs here."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import pytest

from evalsuite.models.quiet import quiet_warnings, turn_off_telemetry


def warn(category: type[Warning], module: str) -> None:
    warnings.warn_explicit("soon", category, filename="x.py", lineno=1, module=module)


def test_only_future_warnings_of_the_trainers_are_left_out() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with quiet_warnings():
            warn(FutureWarning, "trl.trainer")
            for category, module in ((FutureWarning, "evalsuite.seeds"), (UserWarning, "trl.data")):
                with pytest.raises(category, match="soon"):
                    warn(category, module)
        with pytest.raises(FutureWarning, match="soon"):
            warn(FutureWarning, "trl.trainer")


_TELL = """
import sys
import evalsuite
assert not {"huggingface_hub", "torch", "transformers"} & set(sys.modules)
import huggingface_hub.constants
from evalsuite.tasks.hub import prepare_hub
print(huggingface_hub.constants.HF_HUB_DISABLE_TELEMETRY)
"""


def test_importing_evalsuite_turns_telemetry_off_whatever_the_environment_says() -> None:
    willing = {"HF_HUB_DISABLE_TELEMETRY": "0", "DO_NOT_TRACK": "0", "VLLM_NO_USAGE_STATS": "0"}

    done = subprocess.run(
        [sys.executable, "-c", _TELL],
        env=os.environ | willing,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "True\n"


def test_a_client_that_was_imported_before_is_turned_off_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", False)

    turn_off_telemetry()

    assert constants.HF_HUB_DISABLE_TELEMETRY
