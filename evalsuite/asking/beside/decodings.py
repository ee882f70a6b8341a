"""Further decodings of one pair, as ``--also`` names them, and the runs that answer under them.

``greedy`` and settings such as ``temperature=0.7,samples=8`` ask the same models again; two names
with a comma are their stored runs or logs.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.asking.ledger import refuse_looks
from evalsuite.asking.session import plan_session
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.logs.log import Log

    Pair = tuple[PlannedRun, PlannedRun]

__all__ = ["plan_pairs"]

_GREEDY: dict[str, Any] = {"temperature": 0.0, "top_p": 1.0, "samples": 1, "seed": 0}
_SETTINGS: dict[str, Callable[[str], Any]] = {
    "temperature": float,
    "top-p": float,
    "samples": int,
    "seed": int,
}


def plan_pairs(
    names: Sequence[str], spec: CompareSpec, logs: dict[int, Log] | None = None
) -> tuple[Pair, tuple[Pair, ...]]:
    """Plan the headline's pair, and one pair for every ``--also``.

    Stored pairs are planned together with the headline's, so that all of them have the same
    questions and budgets. ``logs`` are those of the headline's names that are read already.

    Raises
    ------
    InvalidInputError
        For a decoding that can't be read, or models that can't be asked again.
    EvalsuiteError
        For names, options or data that lead nowhere.
    """
    wanted = [_read(text) for text in spec.also]
    stored_names = [each for each in wanted if isinstance(each, tuple)]
    headline, *stored = _pairs(
        plan_session((*names, *(name for pair in stored_names for name in pair)), spec, logs=logs)
    )
    waiting = iter(stored)
    others = [
        _stored(next(waiting), each)
        if isinstance(each, tuple)
        else _asked_again(names, headline, replace(spec, **each), text)
        for each, text in zip(wanted, spec.also, strict=True)
    ]
    for other in others:
        refuse_looks(other, spec, "the pair given to --also", "the test of a difference")
    return headline, tuple(others)


def _read(text: str) -> dict[str, Any] | tuple[str, str]:
    """Read settings of a decoding, or the names of a stored pair."""
    if text == "greedy":
        return _GREEDY
    parts = [part.strip() for part in text.split(",")]
    settings = [part.partition("=") for part in parts]
    if all(key in _SETTINGS and is_set for key, is_set, _ in settings):
        return {key.replace("-", "_"): _number(key, value) for key, _, value in settings}
    if len(parts) == 2 and all(parts):
        return parts[0], parts[1]
    raise InvalidInputError(
        "--also {text!r} is no decoding; use greedy, settings such as temperature=0.7,samples=8 "
        "(of {settings}), or a stored pair as BASE,TRAINED",
        text=text,
        settings=", ".join(_SETTINGS),
    )


def _number(key: str, value: str) -> Any:
    try:
        number = _SETTINGS[key](value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InvalidInputError(
            "--also {key}={value}: {value!r} is no such number; correct it", key=key, value=value
        )
    return number


def _pairs(models: Sequence[PlannedRun]) -> list[Pair]:
    return list(zip(models[::2], models[1::2], strict=True))


def _asked_again(names: Sequence[str], headline: Pair, spec: CompareSpec, text: str) -> Pair:
    for planned in headline:
        if planned.is_stored:
            raise InvalidInputError(
                "{model} is a stored {source} and can't be asked again, so --also {text} has no "
                "answers; name a stored pair, --also BASE,TRAINED",
                model=planned.model.name,
                source=planned.model.source,
                text=text,
            )
    base, trained = plan_session(tuple(names), spec)
    return base, trained


def _stored(pair: Pair, names: tuple[str, str]) -> Pair:
    for planned, name in zip(pair, names, strict=True):
        if not planned.is_stored:
            raise InvalidInputError(
                "--also {names}: {name} is a model ({source}), not a stored run or log; name its "
                "run (evalsuite runs list), or a decoding: greedy",
                names=",".join(names),
                name=name,
                source=planned.model.source,
            )
    return pair
