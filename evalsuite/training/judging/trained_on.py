"""Questions that somebody's script trains on, as far as its data set tells, beside the test.

They are known where a column has the question alone, and where a user's messages stand in no fixed
words of others. It does not know what the start model was trained on before, but for our warm-ups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import write_atomically
from evalsuite.records.codec import to_line
from evalsuite.records.run import Question
from evalsuite.tasks.contamination import find_contamination, normalised
from evalsuite.training.log import CONTAMINATION
from evalsuite.training.questions.splits import GENERATED, warmed_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.training import Contamination

__all__ = ["QUESTION_COLUMNS", "WatchedSplit", "asking_messages", "questions_of"]

QUESTION_COLUMNS = ("question", "problem")
"""Names under which data sets have the question alone."""
_MOST_ROWS = 200_000
"""Held against a test before the first step: of longer data sets nothing is said, instead of
keeping a trainer waiting for minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedSplit:
    """Questions that a script must not train on: those asked while it trains, and their split."""

    name: str
    """Of the task."""
    split: str
    questions: tuple[Question, ...]

    def look(self, rows: Any, start: Path, output: Path) -> Contamination | None:
        """Look for them in a data set, and list them all in ``contamination.jsonl``.

        ``start`` is the start model's folder. None where the data set does not tell what is asked,
        or nobody knows what the start model was warmed up on; no file is there then.
        """
        (output / CONTAMINATION).unlink(missing_ok=True)
        trained_on, warmed = questions_of(rows), warmed_on(start)
        if trained_on is None or warmed is None:
            return None
        found, every = find_contamination(
            (*trained_on, *warmed),
            self.questions,
            name=f"{self.name} {self.split}",
            # Whatever shares passages with generated problems was made from their sentences.
            generated=self.name == GENERATED,
        )
        write_atomically(output / CONTAMINATION, "".join(map(to_line, every)))
        return found


def questions_of(rows: Any) -> tuple[Question, ...] | None:
    """Read the questions of a data set; None where it does not tell them.

    ``rows`` is a ``datasets.Dataset``; other things tell nothing.
    """
    from datasets import Dataset

    if not isinstance(rows, Dataset) or not 0 < len(rows) <= _MOST_ROWS:
        return None
    for column in QUESTION_COLUMNS:
        if column in rows.column_names:
            texts = [text for text in rows[column] if isinstance(text, str) and text]
            return _numbered(texts) if len(texts) == len(rows) else None
    asked = [column for column in ("prompt", "messages") if column in rows.column_names]
    chats = map(asking_messages, rows.select_columns(asked) if asked else ())
    said = [chat[-1] for chat in chats if chat is not None]
    return _numbered(said) if len(said) == len(rows) and _stand_alone(said) else None


def asking_messages(row: Mapping[str, Any]) -> list[str] | None:
    """Give what a row of chats says before the answer: the user's text, after a system's at most.

    None where it is no such chat.
    """
    chat = row.get("prompt")
    if chat is None:
        chat = (row.get("messages") or [])[:-1]  # the last one is the answer
    roles = [each.get("role") for each in chat] if isinstance(chat, list) else []
    if roles not in (["user"], ["system", "user"]):
        return None
    texts = [each.get("content") for each in chat]
    return texts if all(isinstance(text, str) for text in texts) else None


def _numbered(texts: Iterable[str]) -> tuple[Question, ...]:
    return tuple(Question(id=f"row-{i}", text=text, gold=None) for i, text in enumerate(texts))


def _stand_alone(texts: Sequence[str]) -> bool:
    """Say whether messages begin and end in various words: a fixed text would surround them."""
    words = [normalised(text) for text in texts]
    ends = ({own[:1] for own in words}, {own[-1:] for own in words})
    return all(len(each) > 1 for each in ends)
