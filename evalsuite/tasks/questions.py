"""Questions of a task: generated word problems, GSM8K, or any JSON-lines file.

GSM8K comes from the Hub (``openai/gsm8k``) or from a local file in its format; nothing stands in
for it when it can't be reached.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from difflib import get_close_matches
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, RunFailedError, listed
from evalsuite.records.codec import to_line
from evalsuite.records.run import Question
from evalsuite.tasks.graders.numbers import format_number, gold_number, parse_gold, parse_number
from evalsuite.tasks.hub import prepare_hub

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SPLITS", "load_questions", "questions_sha256", "read_questions", "worked_solution"]

_MARKS = re.compile(r"<<[^<>]{0,200}>>")

EXAMPLE = '{"question": "Tom has 9 apples and eats 2. How many are left?", "answer": "7"}'
"""A line of a file of own questions, for messages."""
_MOST_KEYS, _LONGEST_KEYS = 6, 100
SPLITS = ("test", "train", "dev")
_STEPS = re.compile(r"<<([^<>]{1,200})>>")
_GSM8K = "openai/gsm8k"


def load_questions(
    task: str, split: str = "test", *, data_file: Path | None = None
) -> tuple[Question, ...]:
    """Load every question of one split of a task, in the order of the source; ids are unique.

    A task is ``embedded`` (generated word problems), ``gsm8k``, or the path of a JSON-lines file,
    for which the split does not count; only ``embedded`` has ``dev``. ``data_file`` is a local
    copy of the split, read instead of the Hub.

    Raises
    ------
    InvalidInputError
        For an unknown task or split, an unreadable line, a missing gold answer, a repeated id.
    RunFailedError
        If the Hub can't be reached.
    """
    if split not in SPLITS:
        raise InvalidInputError(f"split {split!r} does not exist; use one of {', '.join(SPLITS)}")
    if data_file is not None:
        stem = f"{task}-{split}" if task in ("embedded", "gsm8k") else data_file.stem
        return read_questions(data_file, id_prefix=stem)
    if task == "embedded":
        from evalsuite.tasks.wordproblems import word_problems

        return word_problems(split)  # type: ignore[arg-type]  # checked against SPLITS above
    if task == "gsm8k":
        return _from_hub(split)
    if Path(task).is_file():
        return read_questions(Path(task), id_prefix=Path(task).stem)
    name = Path(task).name
    near = get_close_matches(name, _files_beside(Path(task)), n=1) if name else []
    hint = f"did you mean {Path(task).with_name(near[0])}?" if near else "check the path"
    raise InvalidInputError(
        f"task {task!r} is neither 'embedded', 'gsm8k' nor an existing JSON-lines file; {hint}"
    )


def _files_beside(path: Path) -> list[str]:
    try:
        return [each.name for each in path.parent.glob("*.jsonl")]
    except (OSError, ValueError):  # a path that no file system takes
        return []


def read_questions(path: Path, *, id_prefix: str) -> tuple[Question, ...]:
    """Read a JSON-lines file with the fields ``question`` and ``answer``, optionally ``id``.

    ``answer`` ends in ``#### number`` as in GSM8K, or is the number. Rows without an ``id`` are
    called ``<id_prefix>-<row number from 0>``.

    Raises
    ------
    InvalidInputError
        Naming the file, the line and what is wrong with it.
    """
    try:
        # By newlines alone: U+2028 is text. One row at a time, for there may be a million.
        with path.open(encoding="utf-8", newline="\n") as lines:
            rows = (
                _row(line, f"{path} line {i}") for i, line in enumerate(lines, 1) if line.strip()
            )
            return _questions(rows, id_prefix, str(path))
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            f"{path} is no text in UTF-8; save it as JSON lines in UTF-8"
        ) from error
    except OSError as error:
        raise InvalidInputError(f"can't read {path}: {error}; check the path of --data") from error


def questions_sha256(questions: tuple[Question, ...]) -> str:
    """Hash a question set: ids, texts and golds, whatever their order; 64 hexadecimal digits."""
    # As the hash of the whole list would be, which is some hundred megabytes of a million.
    digest, opening = hashlib.sha256(), "["
    for question in sorted(questions, key=_identity):
        digest.update((opening + to_line(_identity(question)).rstrip("\n")).encode())
        opening = ","
    digest.update(b"]\n" if questions else b"[]\n")
    return digest.hexdigest()


def _identity(question: Question) -> list[str]:
    return [question.id, question.text or "", _exact_gold(question)]


def _exact_gold(question: Question) -> str:
    """Write a gold number as ``7/2`` however its source writes it: equal sets have equal hashes."""
    number = gold_number(question.gold)
    return question.gold or "" if number is None else str(number)


def _row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            f"{where} is not JSON ({error}); mend or remove the line"
        ) from error
    if not isinstance(row, dict):
        raise InvalidInputError(f"{where} is not an object with question and answer; mend the line")
    return row


def _questions(rows: Iterable[dict[str, Any]], prefix: str, origin: str) -> tuple[Question, ...]:
    questions = tuple(_question(row, f"{prefix}-{i}", origin) for i, row in enumerate(rows))
    if not questions:
        raise InvalidInputError(f"{origin} holds no question; check the path of --data")
    repeated = [key for key, count in Counter(q.id for q in questions).items() if count > 1]
    if repeated:
        raise InvalidInputError(
            f"{origin} repeats the ids {listed(repeated)}; give every question its own id"
        )
    return questions


def _keys(row: dict[str, Any]) -> str:
    names = ", ".join(sorted(row)[:_MOST_KEYS])
    return names[:_LONGEST_KEYS] or "no keys"


def _question(row: dict[str, Any], default_id: str, origin: str) -> Question:
    question_id = str(row.get("id", default_id))
    text, answer = row.get("question"), row.get("answer")
    if not isinstance(text, str) or not text.strip():
        raise InvalidInputError(
            f"{origin}: {question_id} has no text in 'question' (it has {_keys(row)}); "
            f"a line looks like {EXAMPLE}"
        )
    gold = _gold(answer)
    if gold is None:
        raise InvalidInputError(
            f"{origin}: {question_id} has no number in 'answer' (after '####' or alone), and own "
            f"questions need one; a line looks like {EXAMPLE}, and answers of another kind come in "
            "with their scores, as a log"
        )
    solution = answer if isinstance(answer, str) else ""
    return Question(
        id=question_id,
        text=text,
        gold=str(gold),
        gold_text=solution,
        gold_steps=tuple(_STEPS.findall(solution)),
    )


def _gold(answer: Any) -> Fraction | None:
    if isinstance(answer, bool) or answer is None:
        return None
    if isinstance(answer, (int, float)):
        return Fraction(str(answer)) if isfinite(answer) else None
    gold = parse_gold(str(answer))
    return parse_number(str(answer)) if gold is None else gold


def _from_hub(split: str) -> tuple[Question, ...]:
    if split not in ("test", "train"):
        raise InvalidInputError(f"gsm8k has the splits test and train, not {split!r}; choose one")
    prepare_hub()
    try:
        import datasets
        from huggingface_hub.errors import HfHubHTTPError

        datasets.disable_progress_bars()
        rows = datasets.load_dataset(_GSM8K, "main", split=split)
    except (OSError, ValueError, HfHubHTTPError) as error:
        reason = str(error).strip().splitlines()
        raise RunFailedError(
            f"can't load {_GSM8K} from the Hub ({reason[0][:160] if reason else 'no answer'}); "
            "check the network, or pass --data FILE with a local copy, "
            "or use the built-in task with --task embedded"
        ) from error
    return _questions([dict(row) for row in rows], f"gsm8k-{split}", _GSM8K)


def worked_solution(question: Question) -> str:
    r"""Write the gold solution the way an answer should look.

    Calculator marks of the GSM8K format go, and the answer is boxed on a line of its own.

    Raises
    ------
    InvalidInputError
        If the question has no worked solution, only a number.

    Examples
    --------
    >>> from evalsuite.records.run import Question
    >>> gold = "He has 2*3 = <<2*3=6>>6 pears.\n#### 6"
    >>> question = Question(id="q", text="?", gold="6", gold_text=gold)
    >>> print(worked_solution(question))
    He has 2*3 = 6 pears.
    \boxed{6}
    """
    body, mark, _ = question.gold_text.rpartition("####")
    if not mark or not body.strip():
        raise InvalidInputError(
            f"question {question.id} has no worked solution before '####'; "
            "warm up on the model's own right answers with --warmup self"
        )
    text, number = _MARKS.sub("", body).strip(), gold_number(question.gold)
    answer = question.gold if number is None else format_number(number)
    return f"{text}\n\\boxed{{{answer}}}"
