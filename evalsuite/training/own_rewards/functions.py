"""Reward functions of the user's own: loaded by name, recorded by the hash of their source.

Any callable of TRL's signature. What it returns is checked, and what it raises ends in one
sentence that names it.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import sys
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import Clause, InvalidInputError, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["OwnReward", "load_own_reward", "source_hash"]


@dataclass(frozen=True, kw_only=True)
class OwnReward:
    """One function of the user's, called as TRL calls rewards."""

    name: str
    """As it was given: ``module:function`` or ``file.py:function``."""
    function: Callable[..., Any]
    sha256: str | None
    """Of the file that holds the function; None where it has none, as a compiled one."""

    @property
    def __name__(self) -> str:
        """Return the column TRL logs it under."""
        return self.name.rpartition(":")[2].replace(".", "_")

    def __call__(
        self, completions: Sequence[Any], ground_truth: Any = None, **context: Any
    ) -> list[float | None]:
        """Score a batch; ``context`` is what else TRL hands to a reward."""
        context["completions"] = completions
        if ground_truth is not None:
            context["ground_truth"] = ground_truth
        try:
            result = self.function(**self._accepted(context))
            if inspect.isawaitable(result):
                import asyncio  # few rewards need it

                result = asyncio.run(_awaited(result))
        except Exception as error:  # whatever a user's code raises is said in one line
            raise RunFailedError(
                "the reward {name} failed: {kind}: {error}; it gets prompts, completions, "
                "completion_ids, ground_truth, gold, gold_steps",
                name=self.name,
                kind=type(error).__name__,
                error=" ".join(str(error).split()),
            ) from error
        return self._checked(result, len(completions))

    def _accepted(self, context: dict[str, Any]) -> dict[str, Any]:
        """Leave out what the function does not take, as plain functions have no ``**kwargs``."""
        try:
            parameters = inspect.signature(self.function).parameters.values()
        except (TypeError, ValueError):  # a compiled one does not tell
            return context
        if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            return context
        names = {parameter.name for parameter in parameters}
        return {key: value for key, value in context.items() if key in names}

    def _checked(self, result: Any, n: int) -> list[float | None]:
        rewards = list(result) if hasattr(result, "__iter__") else None
        if rewards is None or len(rewards) != n:
            returned: str = type(result).__name__
            if rewards is not None:
                returned = Clause("{n} rewards", n=len(rewards))
            raise RunFailedError(
                "the reward {name} returned {returned} for {n} answers; return a list with one "
                "number or None for each",
                name=self.name,
                returned=returned,
                n=n,
            )
        try:
            numbers = [None if reward is None else float(reward) for reward in rewards]
        except (TypeError, ValueError) as error:
            raise RunFailedError(
                "the reward {name} returned something that is no number ({error}); return a list "
                "with one number or None for each",
                name=self.name,
                error=error,
            ) from error
        if any(number is not None and not isfinite(number) for number in numbers):
            raise RunFailedError(
                "the reward {name} returned NaN or infinity; return None where it does not apply",
                name=self.name,
            )
        return numbers


def load_own_reward(name: str) -> OwnReward:
    """Load ``module:function`` or ``path/file.py:function``; the module's code is run.

    Modules are sought in the working folder, too. Raises InvalidInputError where it can't be
    imported or is not callable.
    """
    origin, _, attribute = name.rpartition(":")
    try:
        module = _from_file(Path(origin)) if origin.endswith(".py") else _from_module(origin)
        function: Any = module
        for part in attribute.split("."):
            function = getattr(function, part)
    except Exception as error:  # importing runs the user's code, which may raise anything
        raise InvalidInputError(
            "can't load the reward {name!r}: {kind}: {error}; write module:function or "
            "path/file.py:function",
            name=name,
            kind=type(error).__name__,
            error=" ".join(str(error).split()),
        ) from error
    if not callable(function):
        raise InvalidInputError(
            "the reward {name!r} is no function; name one that can be called", name=name
        )
    return OwnReward(name=name, function=function, sha256=source_hash(function))


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(f"evalsuite_own_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    # Known by its name while it runs: dataclasses look their module up.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _from_module(name: str) -> ModuleType:
    # An installed command does not look into the working folder by itself, as `python -m` does.
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


def source_hash(function: Any) -> str | None:
    """Hash the file that holds a function; None where it has none."""
    for candidate in (function, type(function)):
        try:
            path = inspect.getsourcefile(candidate)
        except TypeError:
            continue
        if path is not None and Path(path).is_file():
            return sha256_of_file(Path(path))
    return None


async def _awaited(result: Any) -> Any:
    return await result
