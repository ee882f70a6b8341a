"""A share of one run's questions: what one process of many answers."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass

__all__ = ["Shard", "ShardRecord", "shard_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """Share ``index`` of ``count``: the questions whose hashed id leaves ``index - 1``.

    A question is in exactly one of the ``count`` shards, whatever else is asked and in whatever
    order, so shards of different counts can be mixed in one run.
    """

    count: int
    """How many shares there are."""
    index: int
    """From 1 to ``count``."""

    def __lt__(self, other: Shard) -> bool:
        return (self.count, self.index) < (other.count, other.index)

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``2/8``.

        Parameters
        ----------
        text
            The share and the number of shares.

        Returns
        -------
        Shard

        Raises
        ------
        InvalidInputError
            If it is no share, or none of so many.

        Examples
        --------
        >>> Shard.parse("2/8").name
        '2/8'
        """
        match = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", text)
        index, count = map(int, match.groups()) if match else (0, 0)
        if not 1 <= index <= count:
            raise InvalidInputError(
                "shard {text!r} is not i/N with i from 1 to N; write the second of eight as 2/8",
                text=text,
            )
        return cls(index=index, count=count)

    @property
    def name(self) -> str:
        """As people write it: ``2/8``."""
        return f"{self.index}/{self.count}"

    @property
    def file_name(self) -> str:
        """As its files are called: ``shard-2-of-8``."""
        return f"shard-{self.index}-of-{self.count}"

    def holds(self, question_id: str) -> bool:
        """Return whether a question is in this share.

        Parameters
        ----------
        question_id
            Any text.

        Returns
        -------
        bool
        """
        return self == shard_of(question_id, self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardRecord:
    """What a finished shard leaves beside its journal."""

    shard: str
    """Such as ``2/8``."""
    responses: int
    """Answers in its own journal; those another journal held before are not asked again."""
    sha256: str
    """Of its journal."""
    environment: dict[str, Any]
    """Versions, device, seconds and memory of the process that finished it."""
    schema: int = 1


def shard_of(question_id: str, count: int) -> Shard:
    """Find the share that holds a question.

    Parameters
    ----------
    question_id
        Any text.
    count
        How many shares there are.

    Returns
    -------
    Shard
        Number sha256(id) mod ``count``, counted from 1.
    """
    digest = hashlib.sha256(question_id.encode("utf-8", "surrogatepass")).digest()
    return Shard(count=count, index=int.from_bytes(digest) % count + 1)
