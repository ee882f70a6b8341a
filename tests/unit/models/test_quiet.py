"""Which warnings a training leaves out."""

from __future__ import annotations

import warnings

import pytest

from evalsuite.models.quiet import quiet_warnings


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
