"""Decoding, or how answers are drawn: as we drew them, or as far as another tool's log tells."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Decoding", "LoggedDecoding", "same_decoding"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How answers are drawn: equal for two runs that are compared."""

    max_new_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    samples: int = 1
    seed: int = 0
    stop: tuple[str, ...] = ()
    """Stop strings: an answer ends with the first one to be completed, and keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecoding:
    """How a log says its answers were drawn; None is not recorded, and then never asserted."""

    max_new_tokens: int | None
    samples: int
    """Counted in the log."""
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] | None = None


def same_decoding(
    base: Decoding | LoggedDecoding, trained: Decoding | LoggedDecoding
) -> bool | None:
    """Tell whether two runs were decoded alike.

    Parameters
    ----------
    base, trained
        Of two runs.

    Returns
    -------
    bool or None
        False where a value that both record differs; None where none does and something is not
        recorded.

    Examples
    --------
    >>> ours, log = Decoding(max_new_tokens=300), LoggedDecoding(max_new_tokens=300, samples=1)
    >>> same_decoding(ours, ours), same_decoding(ours, log)
    (True, None)
    >>> same_decoding(log, Decoding(max_new_tokens=512))
    False
    """
    names = [field.name for field in fields(Decoding)]
    pairs = [(getattr(base, name), getattr(trained, name)) for name in names]
    recorded = [(left, right) for left, right in pairs if None not in (left, right)]
    if any(left != right for left, right in recorded):
        return False
    return True if len(recorded) == len(pairs) else None
