"""``dataclass`` for frozen records, of which no method is written before it is used.

The standard library writes and compiles six methods a class; for the records that a command knows
this takes longer than all that it computes. Here the records share five, and ``__init__`` is
written when many are made or somebody asks for it: a command makes less than half of the kinds that
it knows, and few of most. What their fields are is looked up by who makes one, or asks.
"""

from __future__ import annotations

import dataclasses
from copy import copy
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from dataclasses import dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Callable[[type], type]:
        """Make a class a dataclass, as the standard library does with the same arguments.

        Parameters
        ----------
        frozen, slots
            True; what is neither takes the standard library's decorator.
        kw_only
            Whether ``__init__`` takes keywords alone.
        """
        if not (frozen and slots):
            raise TypeError("a record is frozen and has slots; take dataclasses.dataclass")
        return lambda kind: _record(kind, kw_only=kw_only)


__all__ = ["dataclass"]

_SELDOM = 64
"""Records of a kind that are made without its ``__init__``: to write it takes as long as to make
some hundred."""


def _record(kind: type[Any], *, kw_only: bool) -> type[Any]:
    own = [name for name, hint in kind.__annotations__.items() if not _is_of_the_class(hint)]
    defaults: dict[str, Any] = {}
    slots: set[str] = set()
    for base in reversed(kind.__mro__[1:]):
        defaults |= vars(base).get("__field_defaults__", {})
        slots.update(vars(base).get("__slots__", ()))
    defaults |= {name: vars(kind).get(name, dataclasses.MISSING) for name in own}
    left_out = {*own, "__dict__", "__weakref__"}
    namespace = {name: value for name, value in vars(kind).items() if name not in left_out}
    methods = {"__init__": _FirstUses(defaults), **_SHARED, **_by_value(list(defaults))}
    about = {
        "__doc__": kind.__doc__ or f"{kind.__name__}.",  # else one is written of the signature
        "__qualname__": kind.__qualname__,
        "__slots__": tuple(name for name in own if name not in slots),
        "__match_args__": () if kw_only else tuple(defaults),
        "__field_defaults__": defaults,
        "__dataclass_fields__": _Fields(kind, kw_only=kw_only),
    }
    metaclass: Any = type(kind)
    record: type[Any] = metaclass(kind.__name__, kind.__bases__, {**namespace, **methods, **about})
    return record


def _is_of_the_class(hint: object) -> bool:
    return str(hint).removeprefix("typing.").startswith("ClassVar")


class _Fields:
    """Stands in the place of a record's fields until somebody asks what they are.

    The standard library knows, by looking at the class as it was written.
    """

    def __init__(self, kind: type[Any], *, kw_only: bool) -> None:
        self._kind = kind
        self._kw_only = kw_only
        self._record: type[Any] | None = None

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._record = owner

    def __get__(self, instance: object, owner: type[Any]) -> dict[str, dataclasses.Field[Any]]:
        known: Any = dataclasses.dataclass(
            init=False, repr=False, eq=False, match_args=False, kw_only=self._kw_only
        )(self._kind)
        for name in ("__dataclass_params__", "__dataclass_fields__"):
            setattr(self._record, name, vars(known)[name])
        fields: dict[str, dataclasses.Field[Any]] = known.__dataclass_fields__
        return fields


class _FirstUses:
    """Stands in the place of a record's ``__init__`` until many are made or somebody looks at it.

    The first ones are filled by their names alone; what can't be, the written ``__init__`` says.
    """

    def __init__(self, defaults: dict[str, Any]) -> None:
        self._defaults = defaults
        self._record: type[Any] = object
        self._left = _SELDOM

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self._record = owner

    def __get__(self, instance: object, owner: type[Any]) -> Callable[..., None]:
        if instance is None or not self._left:
            written: Callable[..., None] = self._write().__get__(instance, owner)
            return written
        self._left -= 1
        return partial(self._fill, instance)

    def _write(self) -> Any:
        written = _init_of(self._record)
        self._record.__init__ = written
        return written

    def _fill(self, instance: Any, /, *values: Any, **given: Any) -> None:
        left = {name: _default(d) for name, d in self._defaults.items() if name not in given}
        n_known = len(given) + len(left)
        is_short = any(value is dataclasses.MISSING for value in left.values())
        if values or is_short or n_known > len(self._defaults):
            self._write()(instance, *values, **given)
            return
        for name, value in (given | left).items():
            object.__setattr__(instance, name, value)
        if hasattr(instance, "__post_init__"):
            instance.__post_init__()


def _default(default: Any) -> Any:
    """Give a field's default, made anew where each record has its own; MISSING where none is."""
    if not isinstance(default, dataclasses.Field):
        return default
    factory: Any = default.default_factory
    return default.default if factory is dataclasses.MISSING else factory()


def _init_of(record: type[Any]) -> Any:
    """Let the standard library write it, for a class of the same fields and nothing else."""
    fields = dataclasses.fields(record)
    kept = ("__doc__", "__post_init__")  # without a text, one would be written of the signature
    twin = dataclasses.make_dataclass(
        record.__qualname__,
        [(field.name, field.type, copy(field)) for field in fields],
        namespace={name: getattr(record, name) for name in kept if hasattr(record, name)},
        repr=False,
        eq=False,
        match_args=False,
        frozen=True,
    )
    return vars(twin)["__init__"]


def _by_value(names: Sequence[str]) -> dict[str, Any]:
    values: Any = attrgetter(*names) if names else lambda _: ()

    def equal(self: object, other: object) -> bool:
        return (
            values(self) == values(other) if other.__class__ is self.__class__ else NotImplemented
        )

    def hashed(self: object) -> int:
        return hash(values(self))

    return {"__eq__": equal, "__hash__": hashed}


def _written(self: Any) -> str:
    values = [f"{each.name}={getattr(self, each.name)!r}" for each in dataclasses.fields(self)]
    return f"{type(self).__qualname__}({', '.join(values)})"


def _refuse(self: object, name: str, *value: object) -> None:  # noqa: ARG001
    verb = "assign to" if value else "delete"
    raise dataclasses.FrozenInstanceError(f"cannot {verb} field {name!r}")


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: Sequence[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


_SHARED = {
    "__repr__": _written,
    "__setattr__": _refuse,
    "__delattr__": _refuse,
    "__getstate__": _state,
    "__setstate__": _restore,
    "__replace__": dataclasses.replace,  # copy.replace asks for it from Python 3.13 on
}
