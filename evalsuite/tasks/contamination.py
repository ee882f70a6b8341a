"""Contamination of a training set: test questions that stand in it, as far as their texts tell.

Texts are compared as sequences of words without case, signs and accents' ways of being written. It
finds copies and long passages; paraphrases, translations and changed numbers it does not find, nor
what a model has seen before this training.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import TYPE_CHECKING

from evalsuite.records.training import Contamination
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from evalsuite.records.run import Question

__all__ = ["by_hash", "find_contamination", "normalised"]

WORDS = 13
"""In a row: the length at which GPT-3's authors and many since call a passage shared."""
_WORD = re.compile(r"\w+")
_SHOWN = 50
"""Pairs that a record lists; a file beside it has all."""


def normalised(text: str) -> tuple[str, ...]:
    """Read a text as words: compatibility forms, case and signs do not count.

    Examples
    --------
    >>> normalised("Tom's  ＴＷＯ cats!")
    ('tom', 's', 'two', 'cats')
    """
    return tuple(_WORD.findall(unicodedata.normalize("NFKC", text).casefold()))


def by_hash(
    questions: Sequence[Question], share: float
) -> tuple[tuple[Question, ...], tuple[Question, ...]]:
    """Split questions into those to train on and those held out, about ``share`` of them.

    The hash of its words decides for each question alone: other questions, their order and the
    file's growth change nothing, and copies fall on the same side.

    Examples
    --------
    >>> from evalsuite.tasks.wordproblems import word_problems
    >>> train, test = by_hash(word_problems("dev"), 0.2)
    >>> len(train), len(test)
    (242, 58)
    """
    held_out = {q.id for q in questions if _place(q) < share}
    kept = tuple(q for q in questions if q.id not in held_out)
    return kept, tuple(q for q in questions if q.id in held_out)


def find_contamination(
    train: Sequence[Question], test: Sequence[Question], *, name: str
) -> tuple[Contamination, tuple[tuple[str, str, str], ...]]:
    """Count the test questions that stand in a training set, and list each with the first match.

    Word for word after normalising (``exact``), or sharing 13 words in a row (``overlap``). Of a
    test question that is shorter, only the whole is compared. The list has the ids of the test
    and of the training question, and the kind.
    """
    words = {q.id: normalised(q.text or "") for q in test}
    whole, passages = _known(train, words.values())
    pairs = []
    for question_id, own in words.items():
        if own in whole:
            pairs.append((question_id, whole[own], "exact"))
            continue
        match = next((passages[gram] for gram in _grams(own) if gram in passages), None)
        if match is not None:
            pairs.append((question_id, match, "overlap"))
    exact = sum(kind == "exact" for _, _, kind in pairs)
    found = Contamination(
        test=name,
        n_train=len(train),
        n_test=len(test),
        exact=exact,
        overlapping=len(pairs) - exact,
        short=sum(len(own) < WORDS for own in words.values()),
        words=WORDS,
        test_sha256=questions_sha256(tuple(test)),
        pairs=tuple(pairs[:_SHOWN]),
    )
    return found, tuple(pairs)


Gram = tuple[str, ...]


def _known(
    train: Sequence[Question], tested: Iterable[Gram]
) -> tuple[dict[Gram, str], dict[Gram, str]]:
    """Find which texts and passages of the test the training set holds, with the first question."""
    # The test's are kept and the training set passes by: it may be a thousand times as long.
    texts = set(tested)
    wanted = {gram for own in texts for gram in _grams(own)}
    whole: dict[Gram, str] = {}
    passages: dict[Gram, str] = {}
    for question in train:
        own = normalised(question.text or "")
        if own in texts:
            whole.setdefault(own, question.id)
        for gram in _grams(own):
            if gram in wanted:
                passages.setdefault(gram, question.id)
    return whole, passages


def _grams(words: Gram) -> Iterator[Gram]:
    return (words[i : i + WORDS] for i in range(len(words) - WORDS + 1))


def _place(question: Question) -> float:
    """Place a question between 0 and 1 by its words."""
    digest = hashlib.sha256(" ".join(normalised(question.text or "")).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
