"""The golden files of bad command lines: each with its exit code and every word that it prints.

``python tests/support/bad_commands.py`` writes the codes and words anew, under the commands that
stand in ``tests/golden/bad-commands.txt``, and under the same in Chinese in
``bad-commands.zh.txt``; read them as a user would before you commit them.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from builders import run
from forked import MODEL_LIBRARIES, Forks, Outcome

from evalsuite.disk.storage import write_run

_FOLDER = Path(__file__).parents[1] / "golden"
GOLDEN = {"en": _FOLDER / "bad-commands.txt", "zh": _FOLDER / "bad-commands.zh.txt"}
"""By language; in Chinese the error alone."""
ERROR = {"en": "error: ", "zh": "错误："}
MARKS = {"<NUL>": "\0", "<ESC>": "\x1b", "<LONG>": "x" * 300, "<SURROGATE>": "\udc80"}
KEY = "sk-canary-0123456789"
NEEDS_MODELS = re.compile(r"evalsuite (train|run) base ")
"""Commands that import the model libraries; a fork of a process without them is much cheaper."""


@dataclass(frozen=True, slots=True)
class Bad:
    """One command line with a mistake in it."""

    line: str
    answer: str
    """Exit code, then every line of stderr; stdout must be empty."""


def read_golden(lang: str = "en") -> list[Bad]:
    """Read the commands with their answers in a language."""
    text = GOLDEN[lang].read_text(encoding="utf-8")
    pieces = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)
    head_less = pieces[1:]
    return [
        Bad(line, answer.strip("\n"))
        for line, answer in zip(head_less[::2], head_less[1::2], strict=True)
    ]


def prepare(folder: Path) -> None:
    """Lay what the commands name into a folder."""
    right, wrong = [r"\boxed{7}"] * 12, [r"\boxed{6}"] * 12
    for name, answers in (("one", wrong), ("two", right)):
        write_run(folder / "runs" / f"{name}-test-64-00000000", run(answers, name=name))
    write_run(folder / "runs" / "few-test-64-00000000", run(right[:5], name="few"))
    cut = folder / "runs" / "cut-test-64-00000000"
    write_run(cut, run(right, name="cut"))
    (cut / "complete.json").unlink()
    changed = folder / "runs" / "changed-test-64-00000000"
    write_run(changed, run(right, name="changed"))
    (changed / "responses.jsonl").write_text("{}\n", encoding="utf-8")
    for name in ("empty", "settings/near", "settings/section", "settings/nul", "settings/torn"):
        (folder / name).mkdir(parents=True)
    for path, content in _FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def _lines(*rows: object) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


_FILES = {
    "questions.jsonl": _lines(*({"question": f"{i}+1?", "answer": i + 1} for i in range(12))),
    "no-answer.jsonl": _lines({"question": "1+1?", "answer": 2}, {"question": "2+2?"}),
    "twice.jsonl": _lines(*({"id": "a", "question": "1+1?", "answer": 2} for _ in range(2))),
    "csv-in-name.jsonl": b"question,answer\n1+1?,2\n",
    "latin.jsonl": '{"question": "caf\xe9?", "answer": 2}\n'.encode("latin-1"),
    "nothing.jsonl": b"",
    "sound.csv": b"id,score\na,1\nb,0\n",
    "log.jsonl": _lines(*({"id": i, "text": r"\boxed{2}", "finish": "stop"} for i in range(12))),
    "other-ids.jsonl": _lines({"id": "nobody", "text": "2"}),
    "no-text.jsonl": _lines({"id": 0, "answer": "2"}),
    "scores.csv": b"id,score\na,1\nb,7\n",
    "no-id.csv": b"name,score\na,1\n",
    "totals.json": b'{"schema_version": "0.3.0", "evaluation_results": []}',
    "prose.txt": b"Dear all,\nplease find attached\n",
    "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "broken/results.json": b'{"schema": 2, "base"',
    "other/results.json": b'{"results": {"gsm8k": {"acc": 0.5}}}',
    "newer/results.json": b'{"schema": 99}',
    "list/results.json": b"[1, 2, 3]",
    "policy-typo.toml": b'[gate]\nrequired = "improved"\n',
    "policy-torn.toml": b"[gate\n",
    "recipe.yaml": b"learning_rate: fast\n",
    "torn.yaml": b"max_steps: [1\n",
    "typo.yaml": b"max_stepz: 3\n",
    "model-torn/config.json": b"{",
    "model-pickle/config.json": b'{"model_type": "llama"}',
    "model-pickle/pytorch_model.bin": b"\x80\x04.",
    "adapter-alone/adapter_config.json": b"{}",
    "settings/near/evalsuite.toml": b"[compare]\nsubset_sise = 20\n",
    "settings/section/evalsuite.toml": b"[compair]\nsubsets = 3\n",
    "settings/nul/evalsuite.toml": b'[models]\nmine = "a\\u0000b"\n',
    "settings/torn/evalsuite.toml": b"[models\n",
}


WARMING = (
    ("compare", "run:one", "run:two", "-o", "r"),
    ("report", "r", "--format", "md", "-o", "-"),
    ("gate", "r"),
    ("import", "log.jsonl", "--name", "x", "--task", "t", "--data", "questions.jsonl"),
    ("import", "sound.csv", "--name", "x", "--score", "score"),
    ("export", "r", "--to", "every-eval-ever"),
    ("export", "r", "--to", "model-index"),
    ("show", "run:one", "0"),
    ("regrade", "run:one"),
    ("table", "5", "6", "16", "8"),
    ("power", "--base", "0.2", "--gain", "0.2"),
    ("gate", "newer", "--lang", "zh"),
)


def warm(folder: Path, forks: Forks) -> None:
    """Lay a project into a folder, with a report on two runs, and import every module once."""
    prepare(folder)
    scratch = folder.with_name(f"{folder.name}-warm")
    for arguments in WARMING:
        if arguments[0] == "report":
            shutil.copytree(folder, scratch)
        forks.warm(scratch if scratch.exists() else folder, *arguments)


def answer_to(
    line: str, template: Path, forks: Forks, with_models: Forks, *, lang: str = "en"
) -> str:
    """Run one command line of the golden file in the project as it was; give what it printed."""
    folder = template.with_name("project")
    if not folder.exists():
        shutil.copytree(template, folder)
    before = _state(folder)
    answer = _answer(line, folder, with_models if NEEDS_MODELS.search(line) else forks, lang)
    if _state(folder) != before:
        shutil.rmtree(folder)
    return answer if lang == "en" else ending(answer, ERROR[lang])


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Tell every file and folder, and when it was last written: few commands write at all."""
    states = {path: path.stat() for path in [folder, *folder.rglob("*")]}
    return {str(path): (state.st_mtime_ns, state.st_size) for path, state in states.items()}


def ending(answer: str, start: str) -> str:
    """Leave out what a command printed before its error."""
    code, _, words = answer.partition("\n")
    return f"{code}\n{words[max(words.find(start), 0) :]}"


def _answer(line: str, folder: Path, forks: Forks, lang: str) -> str:
    words = shlex.split(line)
    for mark, character in MARKS.items():
        words = [word.replace(mark, character) for word in words]
    place = folder
    if words[0] == "cd":
        place, words = folder / words[1], words[3:]
    variables = {} if lang == "en" else {"EVALSUITE_LANG": lang}
    while words[0] != "evalsuite":
        name, _, value = words.pop(0).partition("=")
        variables[name] = value
    outcome = forks.run(place, *words[1:], variables=variables, seconds=60.0)
    return written(outcome, folder)


def written(outcome: Outcome, folder: Path) -> str:
    """Write what a command said, without the place where it was run."""
    errors = outcome.errors.replace(str(folder), "FOLDER").rstrip("\n")
    printed = "".join(f"stdout: {line}\n" for line in outcome.output.splitlines())
    return f"{outcome.code}\n{printed}{errors}"


def main() -> None:
    """Write the answers of every command of the golden file, in both languages."""
    lines = [bad.line for bad in read_golden()]
    with (
        tempfile.TemporaryDirectory() as name,
        Forks(Path(name)) as forks,
        Forks(Path(name), *MODEL_LIBRARIES) as with_models,
    ):
        template = Path(name) / "template"
        warm(template, forks)
        for lang, file in GOLDEN.items():
            head = file.read_text(encoding="utf-8").partition("\n$ ")[0]
            answers = [answer_to(line, template, forks, with_models, lang=lang) for line in lines]
            pieces = [f"$ {line}\n{answer}\n" for line, answer in zip(lines, answers, strict=True)]
            file.write_text("\n".join([head, *pieces]), encoding="utf-8")


if __name__ == "__main__":
    main()
