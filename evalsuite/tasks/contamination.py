"""Contamination of a training set: test questions that stand in it, as far as their texts tell.

Texts are compared as sequences of words and operations, without case, other signs and accents' ways
of being written; of Chinese and Japanese every character is a word. It finds copies and long
passages; paraphrases, translations and changed numbers it does not find, nor what a model has seen
before this training.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.records.training import Contamination, TestQuestion
from evalsuite.tasks.questions import question_sha256, questions_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from evalsuite.records.run import Question

__all__ = ["by_hash", "contamination_of", "find_contamination", "normalised"]

WORDS = 13
"""In a row: the length at which GPT-3's authors and many since call a passage shared."""
_CHARACTERS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Han and kana: written without spaces, so that each counts as a word."""
_OPERATORS = r"+*/^=<>-"
_TERM = r"\s*(?:[\d(\\]|[^\W\d_]\b)"
"""What an operator stands before: a number, a bracket, a command or a letter. A dash before a word
is a dash, and one inside a word a hyphen."""
_WORD = re.compile(
    rf"\d+(?:\.\d+)+|[^\W{_CHARACTERS}]+|[{_CHARACTERS}]"
    rf"|[+^=<>%|~\u00ac\u00b1\u2190-\u22ff\u27c0-\u27ff\u2900-\u2bff]|[-*/](?={_TERM})"
    rf"|(?<=[\d)])!|(?<=[{_OPERATORS}])\(|(?<=[{_OPERATORS}] )\(|\)(?=\s*[{_OPERATORS}])"
)
"""Words and what makes another calculation of the same words: signs of operations and relations,
decimal points, brackets beside an operation, factorials."""
_ONE_SIGN = str.maketrans("\u2212\u2013\u00d7\u00b7\u22c5\u00f7\u2215\u2044", "--***///")
_POWER = re.compile("[\u00b2\u00b3\u00b9\u2070-\u207f]+")
_SIGN = b"\0"
_PLAIN = bytes(
    ord(chr(i).lower())
    if chr(i).isalnum() or chr(i) == "_"
    else ord(" " if chr(i) in " \t\n\r\"#$&',:;?@[\\]`{}" else _SIGN)
    for i in range(256)
)
"""Of a text in ASCII: small letters, digits, blanks in the place of signs that mean nothing, and
`_SIGN` for whatever may be an operation, a point, or a blank that nobody knows."""
_SHOWN = 50
"""Pairs that a record lists; a file beside it has every test question."""


def normalised(text: str) -> tuple[str, ...]:
    """Read a text as words and operations: compatibility forms, case and other signs don't count.

    Examples
    --------
    >>> normalised("Tom's  ＴＷＯ cats!")
    ('tom', 's', 'two', 'cats')
    >>> normalised("7 - 2.5 = ?"), normalised("水 5²")
    (('7', '-', '2.5', '='), ('水', '5', '^', '2'))
    """
    if text.isascii():  # there is nothing to make alike
        # Most texts have no sign that could be an operation's, and their words are what is left.
        plain = text.encode().replace(b". ", b" ").removesuffix(b".").translate(_PLAIN)
        if _SIGN not in plain:
            return tuple(plain.decode().split())
    else:
        # A raised digit would become a digit of the number before it.
        text = _POWER.sub(lambda raised: f"^{raised[0]}", text)
        text = unicodedata.normalize("NFKC", text)
    return tuple(_WORD.findall(text.casefold().translate(_ONE_SIGN)))


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
    (241, 59)
    """
    held_out = {q.id for q in questions if _place(q) < share}
    kept = tuple(q for q in questions if q.id not in held_out)
    return kept, tuple(q for q in questions if q.id in held_out)


def find_contamination(
    train: Sequence[Question], test: Sequence[Question], *, name: str, generated: bool = False
) -> tuple[Contamination, tuple[TestQuestion, ...]]:
    """Count the test questions that stand in a training set, and list all, those found first.

    Word for word after normalising (``exact``), or sharing 13 words in a row (``overlap``). Of a
    test question that is shorter, only the whole is compared. ``generated`` tells that both are
    made from the same sentences by design.
    """
    words = {q.id: normalised(q.text or "") for q in test}
    whole, passages = _known(train, words.values())
    every = [_placed(q, words[q.id], whole, passages) for q in test]
    every.sort(key=lambda each: each.train is None)
    found = Contamination(
        test=name,
        n_train=len(train),
        words=WORDS,
        generated=generated,
        **_counted(every, questions_sha256(tuple(test))),
    )
    return found, tuple(every)


def contamination_of(
    found: Contamination, every: Iterable[TestQuestion], asked: Sequence[Question]
) -> Contamination:
    """Count again for the questions asked alone.

    What was found stays as it is where one of them was not held against the training.
    """
    known = {each.sha256: each for each in every}
    part = [known.get(question_sha256(question)) for question in asked]
    rows = [each for each in part if each is not None]
    if len(rows) < len(part) or not rows:
        return found
    return replace(found, **_counted(rows, questions_sha256(tuple(asked))))


def _counted(every: Sequence[TestQuestion], test_sha256: str) -> dict[str, Any]:
    pairs = [(each.test, each.train, each.kind) for each in every if each.train is not None]
    exact = sum(kind == "exact" for _, _, kind in pairs)
    return {
        "n_test": len(every),
        "exact": exact,
        "overlapping": len(pairs) - exact,
        "short": sum(each.short for each in every),
        "test_sha256": test_sha256,
        "pairs": tuple(pairs[:_SHOWN]),
    }


def _placed(
    question: Question, own: Gram, whole: dict[Gram, str], passages: dict[Gram, str]
) -> TestQuestion:
    """Say where a test question stands in the training set."""
    train, kind = whole.get(own), "exact"
    if train is None:
        train = next((passages[gram] for gram in _grams(own) if gram in passages), None)
        kind = "none" if train is None else "overlap"
    return TestQuestion(
        test=question.id,
        sha256=question_sha256(question),
        train=train,
        kind=kind,
        short=len(own) < WORDS,
    )


Gram = tuple[str, ...]


def _known(
    train: Sequence[Question], tested: Iterable[Gram]
) -> tuple[dict[Gram, str], dict[Gram, str]]:
    """Find which texts and passages of the test the training set holds, with the first question."""
    # The test's are kept and the training set passes by: it may be a thousand times as long.
    # A text without words is a copy of no other.
    texts = {own for own in tested if own}
    wanted = {gram for own in texts for gram in _grams(own)}
    whole: dict[Gram, str] = {}
    passages: dict[Gram, str] = {}
    for question in train:
        own = normalised(question.text or "")
        if own in texts:
            whole.setdefault(own, question.id)
        shared = wanted.intersection(_grams(own))
        if shared:
            passages.update(dict.fromkeys(shared, question.id))
            wanted -= shared
    return whole, passages


def _grams(words: Gram) -> Iterator[Gram]:
    return zip(*(words[i:] for i in range(WORDS)), strict=False)


def _place(question: Question) -> float:
    """Place a question between 0 and 1 by its words."""
    digest = hashlib.sha256(" ".join(normalised(question.text or "")).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
