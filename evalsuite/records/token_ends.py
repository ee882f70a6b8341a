"""Where the tokens of a response end, held small."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate
from operator import eq, sub
from typing import TYPE_CHECKING, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["TokenEnds"]


class TokenEnds(Sequence[int]):
    """Where the tokens of a response end, a byte each: there are millions of them in a run.

    Parameters
    ----------
    ends
        Offsets in the text, each at least the one before, at most 2**32 - 1.

    Attributes
    ----------
    lengths
        Characters of every token.

    Raises
    ------
    OverflowError
        If one is smaller than the one before, or too large.

    Examples
    --------
    >>> ends = TokenEnds([3, 7, 9])
    >>> ends[-1], ends[:2] == (3, 7), list(ends)
    (9, True, [3, 7, 9])
    """

    __slots__ = ("lengths",)

    def __init__(self, ends: Iterable[int]) -> None:
        known = ends if isinstance(ends, (list, tuple)) else tuple(ends)
        lengths = [*known[:1], *map(sub, known[1:], known)]
        try:
            self.lengths: bytes | array[int] = bytes(lengths)
        except ValueError:  # a token of more than 255 characters
            self.lengths = array("I", lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if not isinstance(index, slice):
            return sum(self.lengths[: range(len(self))[index] + 1])
        if index.start or index.step:
            return tuple(self)[index]
        # From the first on, as a budget cuts: the lengths are the same, and nothing is added up.
        ends = TokenEnds(())
        ends.lengths = self.lengths[index]
        return ends

    def __iter__(self) -> Iterator[int]:
        return accumulate(self.lengths)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, TokenEnds):
            return len(self) == len(other) and all(map(eq, self.lengths, other.lengths))
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return f"TokenEnds({list(self)})"
