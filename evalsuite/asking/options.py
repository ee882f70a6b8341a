"""Options of a comparison, as a program or the command line writes them, before they are settings.

What belongs together, and what a setting may be, `evalsuite.asking.spec` knows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from numbers import Integral, Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, cast

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.logs.log import Columns
from evalsuite.records.verdict import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.models.load import Dtype
    from evalsuite.records.ledger import LookMode

__all__ = ["CompareOptions", "SpecFields", "checked_options", "tasks_of"]

_COMMA = re.compile(r",(?!\s*\w+=)")
"""Between two tasks; the one before an argument is part of a name."""


class SpecFields(TypedDict, total=False):
    """The fields of `CompareSpec` that an option sets as it is given."""

    split: str
    data: Path | None
    question_columns: str | None
    subsets: int
    subset_size: int
    full: bool
    first: int | None
    subset: tuple[int, int] | None
    max_new_tokens: tuple[int, ...] | None
    headline_budget: int | None
    temperature: float
    top_p: float
    samples: int
    seed: int
    stop: tuple[str, ...]
    repetition_penalty: float
    prompt: str | None
    template_arguments: tuple[str, ...]
    chat_template: Path | None
    device: str
    dtype: Dtype
    batch_size: int | None
    engine: str
    threads: int | None
    tensor_parallel_size: int | None
    gpu_memory_utilization: float | None
    concurrency: int
    also: tuple[str, ...]
    use_all_of_base: bool
    noise_floor: bool
    twins: bool
    stop_early: bool
    looks: LookMode
    train_log: Path | None
    runs: Path
    grader: str | None
    allow_missing: bool
    columns: Columns


class CompareOptions(SpecFields, total=False):
    """Every option of a comparison, named as on the command line."""

    task: str | Sequence[str] | None
    """One, or several: in a list, or with commas."""
    seeds: int
    """Another name of ``subsets``."""
    margin: float
    """In points, as people say it."""
    alpha: float | None
    confidence: float | None
    declare: tuple[str, ...]
    """``budgets``, ``graders``: judged together with the headline, Holm over all of them."""
    policy: Policy
    """Instead of the four above."""


_IN_POLICY = ("margin", "alpha", "confidence", "declare")


def checked_options(options: CompareOptions) -> CompareOptions:
    """Return every option as its annotation says: one text or number is several of one.

    Raises
    ------
    InvalidInputError
        For an option that does not exist, a value of another kind, or two that say one thing.
    """
    known = sorted(CompareOptions.__annotations__)
    unknown = sorted(options.keys() - set(known))
    if unknown:
        raise InvalidInputError(
            "compare has no option {unknown}; it knows {known}",
            unknown=joined(unknown),
            known=joined(known),
        )
    given: dict[str, Any] = {name: _typed(name, value) for name, value in options.items()}
    if {"seeds", "subsets"} <= given.keys():
        raise InvalidInputError("seeds is another name of subsets; leave one of them out")
    beside = [name for name in _IN_POLICY if given.get(name) is not None]
    if given.get("policy") is not None and beside:
        raise InvalidInputError(
            "policy holds {beside}; set it there, or leave policy out", beside=", ".join(beside)
        )
    return cast("CompareOptions", given)


def tasks_of(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """List the tasks asked for; a file whose name holds a comma is one.

    So is a name with arguments, as HELM's tasks have them.

    >>> tasks_of("gsm,mmlu:subject=law,method=joint")
    ('gsm', 'mmlu:subject=law,method=joint')
    """
    names = [
        name.strip()
        for text in _several(given or ())
        for name in ([text] if Path(text).exists() else _COMMA.split(text))
        if name.strip()
    ]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInputError(
            "task {repeated!r} is named more than once; name each once", repeated=repeated[0]
        )
    return tuple(names)


class _OtherKindError(ValueError):
    """A value that an option can't be."""


def _typed(name: str, value: Any) -> Any:
    annotation = CompareOptions.__annotations__[name]
    kind = str(getattr(annotation, "__forward_arg__", annotation))
    if value is None and kind.endswith("| None"):
        return None
    read, wanted = _KINDS[kind.removesuffix(" | None")]
    try:
        return read(value)
    except _OtherKindError as error:
        raise InvalidInputError(
            "{name} is {value!r}; make it {wanted}", name=name, value=value, wanted=wanted
        ) from error


def _several(value: Any) -> tuple[Any, ...]:
    """List one text, path or number, or several of them; a text is never its letters."""
    is_one = isinstance(value, (str, bytes, os.PathLike)) or not isinstance(value, Iterable)
    return (value,) if is_one else tuple(value)


def _columns(value: Any) -> Columns:
    if not isinstance(value, Columns):
        raise _OtherKindError
    return value


def _policy(value: Any) -> Policy:
    if not isinstance(value, Policy):
        raise _OtherKindError
    return value


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise _OtherKindError
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _OtherKindError
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)):
        raise _OtherKindError
    return os.fsdecode(value)


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise _OtherKindError
    return value


def _path(value: Any) -> Path:
    return Path(_text(value))


def _whole_numbers(value: Any) -> tuple[int, ...]:
    return tuple(map(_whole, _several(value)))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, _several(value)))


def _seed_and_size(value: Any) -> tuple[int, ...]:
    both = _whole_numbers(value)
    if len(both) != 2:
        raise _OtherKindError
    return both


_KINDS: dict[str, tuple[Callable[[Any], Any], Clause]] = {
    "int": (_whole, Clause("a whole number")),
    "float": (_number, Clause("a number")),
    "bool": (_switch, Clause("True or False")),
    "str": (_text, Clause("a text")),
    "Dtype": (_text, Clause("a text")),
    "LookMode": (_text, Clause("a text")),
    "Columns": (_columns, Clause("evalsuite.logs.log.Columns")),
    "Policy": (_policy, Clause("evalsuite.records.verdict.Policy")),
    "Path": (_path, Clause("a path")),
    "tuple[int, int]": (_seed_and_size, Clause("a seed and a size, such as (42, 20)")),
    "tuple[int, ...]": (_whole_numbers, Clause("a whole number, or a list of them")),
    "tuple[str, ...]": (_texts, Clause("a text, or a list of them")),
    "str | Sequence[str]": (_texts, Clause("a text, or a list of them")),
}
"""By what an option is annotated with: what reads its value, and what to say where it can't."""
