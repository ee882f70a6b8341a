"""Questions of a task: generated word problems, GSM8K, or any JSON-lines file.

GSM8K comes from the Hub (``openai/gsm8k``) or from a local file in its format; nothing stands in
for it when it can't be reached.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError, RunFailedError, at_line
from evalsuite.records.packed import column
from evalsuite.tasks.graders.numbers import format_number, gold_number
from evalsuite.tasks.grading import TEXT
from evalsuite.tasks.hub import prepare_hub, without_token
from evalsuite.tasks.question_rows import EXAMPLE, Form, questions_of, refuse_contradictions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from evalsuite.records.run import Question

__all__ = [
    "SPLITS",
    "load_questions",
    "questions_sha256",
    "read_columns",
    "read_questions",
    "worked_solution",
]

_MARKS = re.compile(r"<<[^<>]{0,200}>>")

SPLITS = ("test", "train", "dev")
_GSM8K = "openai/gsm8k"
_HUB = "hf:"
_NO_ANSWER = Clause(
    "check the network, or pass --data FILE with a local copy, "
    "or use the built-in task with --task embedded"
)
_NOT_FOUND = Clause(
    "check the name, or accept its terms on the Hub and set HF_TOKEN where it is gated"
)
_NO_SUCH_PART = Clause(
    "choose another --split, name a configuration as hf:ORG/NAME:CONFIG, or mend its files"
)


def load_questions(
    task: str,
    split: str = "test",
    *,
    data_file: Path | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Question, ...]:
    """Load every question of one split of a task, in the order of the source; ids are unique.

    A task is ``embedded`` (generated word problems), ``gsm8k``, ``hf:ORG/NAME`` (a data set of the
    Hub, ``hf:ORG/NAME:CONFIG`` where it has several), or the path of a JSON-lines file, for which
    the split does not count; only ``embedded`` has ``dev``, and ``twins``: the test
    worded afresh. Before the last two ``text:`` says that
    answers are texts. ``data_file`` is a local copy of the split, read instead of the Hub;
    ``columns`` tells where ``question``, ``answer`` and ``id`` stand, as far as named otherwise.

    Raises
    ------
    InvalidInputError
        For an unknown task or split, an unreadable line, a missing gold answer, a repeated id.
    RunFailedError
        If the Hub can't be reached.
    """
    source, form = task.removeprefix(TEXT), Form(is_text=task.startswith(TEXT), **(columns or {}))
    is_known = split in SPLITS or (split == "twins" and task == "embedded")
    if not is_known and not source.startswith(_HUB):
        raise InvalidInputError(
            "split {split!r} does not exist; use one of {splits}",
            split=split,
            splits=", ".join(SPLITS),
        )
    if data_file is not None:
        stem = f"{task}-{split}" if task in ("embedded", "gsm8k") else data_file.stem
        return _read(data_file, stem, form)
    if task == "embedded":
        from evalsuite.tasks.wordproblems import twins, word_problems

        if split == "twins":
            return twins(word_problems("test"))
        return word_problems(split)  # type: ignore[arg-type]  # checked against SPLITS above
    if task == "gsm8k":
        return _of_gsm8k(split)
    if source.startswith(_HUB):
        return _from_hub(*source.removeprefix(_HUB).partition(":")[::2], split=split, form=form)
    if Path(source).is_file():
        return _read(Path(source), Path(source).stem, form)
    raise InvalidInputError(
        "task {task!r} is neither 'embedded', 'gsm8k' nor an existing JSON-lines file; {hint}",
        task=task,
        hint=_way_to(Path(source)),
    )


def _way_to(path: Path) -> Clause:
    """Say what may be meant by a path at which no file is."""
    from difflib import get_close_matches

    if path.parts[:1] == ("~",):
        return Clause("write the home folder out, for ~ within quotes stays as it is")
    try:
        if path.is_dir():
            return Clause("that is a folder: name the file in it")
        beside = {each.stem.lower(): each.name for each in path.parent.glob("*.jsonl")}
    except (OSError, ValueError):  # a path that no file system takes
        beside = {}
    near = get_close_matches(path.stem.lower(), beside, n=1) if path.stem else []
    if near:
        return Clause("did you mean {near}?", near=path.with_name(beside[near[0]]))
    return Clause("check the path")


def read_questions(path: Path, *, id_prefix: str) -> tuple[Question, ...]:
    """Read a JSON-lines file with the fields ``question`` and ``answer``, optionally ``id``.

    ``answer`` ends in ``#### number`` as in GSM8K, or is the number. Rows without an ``id`` are
    called ``<id_prefix>-<row number from 0>``.

    Raises
    ------
    InvalidInputError
        Naming the file, the line and what is wrong with it.
    """
    return _read(path, id_prefix, Form())


def read_columns(text: str) -> dict[str, str]:
    """Read names of columns: ``question=problem,answer=solution``, ``id`` as well.

    Raises
    ------
    InvalidInputError
        For a text that names none of them.

    Examples
    --------
    >>> read_columns("question=problem, answer=solution")
    {'question': 'problem', 'answer': 'solution'}
    """
    named = {}
    for part in text.split(","):
        key, sign, name = (piece.strip() for piece in part.partition("="))
        if key not in ("question", "answer", "id") or not (sign and name) or key in named:
            raise InvalidInputError(
                "columns {text!r} can't be read at {part!r}; write question=NAME, answer=NAME, "
                "id=NAME, or some of them, with commas",
                text=text,
                part=part.strip(),
            )
        named[key] = name
    return named


def _read(path: Path, id_prefix: str, form: Form) -> tuple[Question, ...]:
    numbers: list[int] = []

    def place(row: int) -> Clause:
        return at_line(path, numbers[row])

    try:
        # By newlines alone: U+2028 is text. One row at a time, for there may be a million.
        with path.open(encoding="utf-8-sig", newline="\n") as lines:
            rows = (_row(line, place, i) for i, line in enumerate(_numbered(lines, numbers)))
            questions = questions_of(rows, id_prefix, str(path), form, place=place)
    except UnicodeDecodeError as error:
        raise InvalidInputError(
            "{path} is no text in UTF-8; save it as JSON lines in UTF-8", path=path
        ) from error
    except OSError as error:
        raise InvalidInputError(
            "can't read {path}: {error}; check the path", path=path, error=error
        ) from error
    refuse_contradictions(questions, place)
    return questions


def _numbered(lines: Iterable[str], numbers: list[int]) -> Iterator[str]:
    """Pass over blank lines, and keep the number of each other one."""
    for i, line in enumerate(lines, 1):
        if line.strip():
            numbers.append(i)
            yield line


def questions_sha256(questions: Sequence[Question]) -> str:
    """Hash a question set: ids, texts and golds, whatever their order; 64 hexadecimal digits."""
    # As the hash of the whole list would be, which is some hundred megabytes of a million.
    digest, opening = hashlib.sha256(), "["
    for identity in sorted(map(_identity, *(column(questions, name) for name in _IDENTITY))):
        digest.update(f"{opening}[{','.join(map(_quoted, identity))}]".encode())
        opening = ","
    digest.update(b"]\n" if questions else b"[]\n")
    return digest.hexdigest()


def question_sha256(question: Question) -> str:
    """Hash one question: id, text and gold; 16 hexadecimal digits."""
    quoted = ",".join(map(_quoted, _identity(question.id, question.text, question.gold)))
    return hashlib.sha256(f"[{quoted}]".encode()).hexdigest()[:16]


_IDENTITY = ("id", "text", "gold")
"""What tells a question from others."""
_quoted = json.encoder.encode_basestring_ascii
"""Writes a text as `to_line` does, without its round through records."""


def _identity(question_id: str, text: str | None, gold: str | None) -> tuple[str, str, str]:
    """Write a gold number as ``7/2`` however its source writes it: equal sets have equal hashes."""
    number = gold_number(gold)
    return question_id, text or "", gold or "" if number is None else str(number)


def _row(line: str, place: Callable[[int], Clause], number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        way_out = Clause("mend or remove the line")
        if number == 0:  # the file is of another form
            way_out = Clause("write one JSON object a line, such as {example}", example=EXAMPLE)
        raise InvalidInputError(
            "{where} is not JSON ({error}); {way_out}",
            where=place(number),
            error=error,
            way_out=way_out,
        ) from error
    if not isinstance(row, dict):
        raise InvalidInputError(
            "{where} is not an object with question and answer, but {kind}; write one a line, "
            "such as {example}",
            where=place(number),
            kind=Clause("a list") if isinstance(row, list) else Clause("a single value"),
            example=EXAMPLE,
        )
    return row


def _of_gsm8k(split: str) -> tuple[Question, ...]:
    if split not in ("test", "train"):
        raise InvalidInputError(
            "gsm8k has the splits test and train, not {split!r}; choose one", split=split
        )
    return _from_hub(_GSM8K, "main", split=split, form=Form(), prefix=f"gsm8k-{split}")


def _from_hub(
    repository: str, config: str, *, split: str, form: Form, prefix: str | None = None
) -> tuple[Question, ...]:
    prepare_hub()
    try:
        import datasets
        from datasets.exceptions import DatasetNotFoundError
        from huggingface_hub.errors import HfHubHTTPError

        datasets.disable_progress_bars()
        datasets.logging.set_verbosity(datasets.logging.CRITICAL)  # errors are told by ours
        rows = datasets.load_dataset(repository, config or None, split=split)
    except DatasetNotFoundError as error:
        raise _unloaded(repository, error, _NOT_FOUND) from error
    except ValueError as error:
        raise _unloaded(repository, error, _NO_SUCH_PART) from error
    except (OSError, HfHubHTTPError) as error:
        raise _unloaded(repository, error, _NO_ANSWER) from error
    stem = prefix or f"{repository.rpartition('/')[2]}-{split}"

    def place(row: int) -> Clause:
        return Clause("{repository} row {number}", repository=repository, number=row + 1)

    return questions_of([dict(row) for row in rows], stem, repository, form, place=place)


def _unloaded(repository: str, error: Exception, way_out: str) -> RunFailedError:
    reason = without_token(str(error)).strip().splitlines()
    words = reason[0][:160] if reason else Clause("no answer")
    return RunFailedError(
        "can't load {repository} from the Hub ({words}); {way_out}",
        repository=repository,
        words=words,
        way_out=way_out,
    )


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
            "question {id} has no worked solution before '####'; warm up on the model's own right "
            "answers with --warmup self",
            id=question.id,
        )
    text, number = _MARKS.sub("", body).strip(), gold_number(question.gold)
    answer = question.gold if number is None else format_number(number)
    return f"{text}\n\\boxed{{{answer}}}"
