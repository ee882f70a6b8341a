"""Commands that read hostile files: logs of every format, results, runs, settings, trainings.

``python -m file_victims NAME FIRST LAST FOLDER`` attacks one reader with the files of some seeds,
all in this process, and prints one JSON object: how many files were read and refused, the worst
figures, and every fault. `attack` does the same for a caller.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import resource
import shutil
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from builders import run
from format_builders import WRITERS, answered, asked, lines, write_traces
from hostile_files import spoilt
from log_builders import STAMP, inspect_sample, lm_eval_row, write_inspect, write_lm_eval
from pyarrow import parquet

from evalsuite.cli.main import main
from evalsuite.disk.storage import write_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["VICTIMS", "Attack", "attack"]

SECONDS, MEGABYTES = 10.0, 1000
"""Of CPU and of memory, that no file may cost."""
LONGEST_LINE = 1500
CODES = {0, 1, 2, 3, 4, 5}
HERE = "@"
"""In a command: the spoilt file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """Files, and the commands that read them."""

    lay: Callable[[Path], Path]
    """Lays good files into a folder, and gives the one that commands name."""
    commands: tuple[tuple[str, ...], ...]
    rare: tuple[tuple[str, ...], ...] = ()
    """Commands that cost a hundred times as much."""
    mend: Callable[[random.Random, Path], None] | None = None
    """Hides the damage from checksums, so that what lies behind them is reached."""


@dataclass(slots=True)
class Attack:
    """What the files of some seeds did."""

    reader: str
    files: int = 0
    read: int = 0
    refused: int = 0
    seconds: float = 0.0
    """Of the slowest, CPU."""
    megabytes: int = 0
    faults: list[str] = field(default_factory=list)


class TooLong(BaseException):
    """A file has used up its time."""


def attack(name: str, seeds: range, folder: Path) -> Attack:
    """Give one reader the hostile files of some seeds."""
    victim, outcome = VICTIMS[name], Attack(name)
    good, trial = folder / "good", folder / "trial"
    good.mkdir(parents=True)
    os.chdir(good)
    target = victim.lay(good).relative_to(good)
    contents = {p.relative_to(good): p.read_bytes() for p in good.rglob("*") if p.is_file()}
    trial.mkdir()
    os.chdir(trial)
    for seed in seeds:
        _one(victim, seed, trial, target, contents, outcome)
    return outcome


def _one(
    victim: Victim,
    seed: int,
    trial: Path,
    target: Path,
    contents: dict[Path, bytes],
    outcome: Attack,
) -> None:
    rng = random.Random(seed)  # noqa: S311  not for secrets
    _lay(victim, rng, trial, target, contents)
    is_rare = bool(victim.rare) and rng.random() < 0.02
    command = [str(target) if word == HERE else word for word in _chosen(rng, victim, rare=is_rare)]
    begun = time.process_time()
    code, errors = _run(command)
    seconds = time.process_time() - begun
    outcome.files += 1
    outcome.read += code == 0
    outcome.refused += code != 0
    outcome.seconds = round(max(outcome.seconds, seconds), 3)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    wrong = _wrong(code, errors)
    if seconds > SECONDS:
        wrong = f"{seconds:.1f} s"
    elif megabytes > MEGABYTES >= outcome.megabytes:
        wrong = f"{megabytes} MB"
    outcome.megabytes = megabytes
    if wrong:
        outcome.faults.append(f"{seed}: {' '.join(command)[:80]}: {code} {wrong}")


def _lay(
    victim: Victim, rng: random.Random, trial: Path, target: Path, contents: dict[Path, bytes]
) -> None:
    """Write every file anew, some of those beside the target spoilt: half the time it is itself."""
    for left in trial.iterdir():
        shutil.rmtree(left) if left.is_dir() and not left.is_symlink() else left.unlink()
    beside = [path for path in sorted(contents) if path.parts[0] == target.parts[0]]
    chosen = {target} if target in contents and rng.random() < 0.5 else {rng.choice(beside)}
    for path, content in contents.items():
        (trial / path).parent.mkdir(parents=True, exist_ok=True)
        is_chosen = path in chosen
        (trial / path).write_bytes(spoilt(rng, path.name, content) if is_chosen else content)
    if victim.mend and rng.random() < 0.7:
        victim.mend(rng, trial)


def _chosen(rng: random.Random, victim: Victim, *, rare: bool) -> tuple[str, ...]:
    return rng.choice(victim.rare if rare else victim.commands)


def _run(command: list[str]) -> tuple[object, str]:
    """Run one command in this process; a hang ends in an exception."""
    shown, code = (sys.stdout, sys.stderr), None
    sys.stdout, sys.stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in shown)
    said = sys.stderr
    try:
        with _bounded():
            main(command)
    except SystemExit as end:
        code = end.code
    except BaseException as error:  # noqa: BLE001  it is what is looked for
        code = type(error).__name__
    finally:
        sys.stdout, sys.stderr = shown
    said.flush()
    return code, said.buffer.getvalue().decode("utf-8", "replace")


@contextmanager
def _bounded() -> Iterator[None]:
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, 2 * SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(*_: object) -> None:
    raise TooLong


def _wrong(code: object, errors: str) -> str | None:
    """Say what a command did that it must not do."""
    said = [line for line in errors.splitlines() if line.startswith("error: ")]
    if code not in CODES or "Traceback" in errors or "crashed" in errors:
        return errors[:700]
    if code in (2, 4, 5) and len(said) > 1:
        return f"{len(said)} lines"
    if any(len(line) > LONGEST_LINE for line in errors.splitlines()):
        return f"a line of {max(map(len, errors.splitlines()))} characters: {errors[:200]}"
    return None


def _log(name: str, write: Callable[[Path], Path], form: str | None = None) -> Victim:
    """Make a victim of a log, with a good one of the same questions beside it."""

    def lay(folder: Path) -> Path:
        write(folder / "beside" / name)
        return write(folder / "log" / name)

    forced = ("--log-format", form or name)
    return Victim(
        lay=lay,
        commands=(
            ("logs", HERE),
            ("logs", HERE, "--json"),
            ("logs", HERE, "--json", *forced, "--allow-missing"),
            ("logs", "log", "--json"),
            ("import", HERE, "--name", "x", *forced),
            ("import", HERE, "--name", "x", *forced, "--allow-missing", "--log-budget", "64"),
            ("export", HERE, "--to", "lm-eval", *forced),
            ("export", "log", "--to", "evalstats"),
        ),
        rare=(
            ("compare", f"log:beside/{name}", HERE, "-o", "r", *forced),
            ("compare", HERE, f"log:beside/{name}", "-o", "r", "--json", "--allow-missing"),
        ),
    )


def _lm_eval(folder: Path) -> Path:
    strict = [lm_eval_row(i, float(i % 2)) for i in range(4)]
    return write_lm_eval(folder, [*strict, *(row | {"filter": "flexible"} for row in strict)])


def _inspect(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        folder.mkdir(parents=True)
        samples = [
            inspect_sample(i, "C" if i % 2 else "I", epoch=e) for i in range(3) for e in (1, 2)
        ]
        return write_inspect(folder / f"log.{suffix}", samples)

    return write


def _lighteval(folder: Path) -> Path:
    rows = [
        {
            "doc": {"id": str(i), "query": asked(i), "choices": [str(i)], "gold_index": [0]}
            | {"generation_size": 4},
            "metric": {"extractive_match": float(i % 2)},
            "model_response": {"text": [answered(i)], "output_tokens": [[1, 9, 9, 9]]},
        }
        for i in range(4)
    ]
    path = folder / "details" / "small" / STAMP / f"details_numbers|0_{STAMP}.parquet"
    path.parent.mkdir(parents=True)
    parquet.write_table(pa.Table.from_pylist(rows), path)
    results = folder / "results" / "small" / f"results_{STAMP}.json"
    results.parent.mkdir(parents=True)
    results.write_text(json.dumps({"config_general": {"model_name": "m"}, "results": {}}))
    return path


def _rows(suffix: str) -> Callable[[Path], Path]:
    def write(folder: Path) -> Path:
        path = folder / f"table.{suffix}"
        rows = [
            {"id": f"q{i}", "score": i % 2 / 1, "text": answered(i), "gold": str(i)}
            | {"finish": "stop", "sample": 0, "question": asked(i), "model": "m", "n_tokens": 5}
            for i in range(4)
        ]
        folder.mkdir(parents=True)
        if suffix == "parquet":
            parquet.write_table(pa.Table.from_pylist(rows), path)
        elif suffix == "csv":
            text = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
            path.write_text("\n".join(text) + "\n", encoding="utf-8")
        else:
            lines(path, rows)
        return path

    return write


def _plain_log(folder: Path) -> Path:
    rows = [{"question": asked(i), "answer": i, "id": f"q{i}"} for i in range(6)]
    lines(folder / "log" / "data.jsonl", rows)
    answers = [
        {"id": i, "text": f"\\boxed{{{i}}}", "finish": "stop", "n_tokens": 3, "strict": True}
        for i in range(6)
    ]
    return lines(folder / "log" / "log.jsonl", answers)


_IMPORT = ("import", HERE, "--name", "x", "--task", "t", "--data", "log/data.jsonl")


def _stored(folder: Path) -> None:
    right, wrong = [r"so \boxed{7}"] * 9, [r"\boxed{6}", "no"] * 5
    for name, answers in (("one", wrong[:9]), ("two", right), ("three", [*right[:5], *wrong[:4]])):
        write_run(folder / "runs" / f"{name}-test-64-00000000", run(answers, name=name))


def _run_folder(folder: Path) -> Path:
    _stored(folder)
    _run(["compare", "run:one", "run:two", "-o", "x"])
    shutil.rmtree(folder / "x")
    return folder / "runs" / "one-test-64-00000000" / "responses.jsonl"


def _rehash(rng: random.Random, folder: Path) -> None:
    """Make ``complete.json`` agree with the files; half of the time, take it away."""
    for complete in folder.glob("runs/*/complete.json"):
        if (
            sum(map(len, (p.name for p in complete.parent.iterdir()))) % 2
            and not os.urandom(1)[0] % 8
        ):
            complete.unlink()
            continue
        try:
            written = json.loads(complete.read_bytes())
            for name in written["sha256"]:
                content = (complete.parent / name).read_bytes()
                written["sha256"][name] = hashlib.sha256(content).hexdigest()
            complete.write_text(json.dumps(written), encoding="utf-8")
        except Exception:  # noqa: BLE001, S112  it is spoilt beyond mending
            continue


def _report(*models: str) -> Callable[[Path], Path]:
    def lay(folder: Path) -> Path:
        _stored(folder)
        code, errors = _run(["compare", *models, "-o", "r"])
        assert code == 0, errors
        return folder / "r" / "results.json"

    return lay


_REPORTS = (
    ("gate", HERE),
    ("gate", "r", "--json", "--forbid", "regressed", "--max-truncation", "0.1"),
    *(("report", "r", "--format", form, "-o", "-") for form in ("md", "text", "latex", "junit")),
    *(("report", HERE, "--format", form, "-o", "-") for form in ("card", "csv", "table-csv")),
    ("report", HERE, "--format", "md", "--lang", "zh", "-o", "-"),
    ("export", "r", "--to", "model-index"),
    ("export", "r", "--to", "every-eval-ever"),
)


def _toml(folder: Path) -> Path:
    _stored(folder)
    path = folder / "evalsuite.toml"
    path.write_text(
        '[models]\na = "run:one"\nb = "alias:a"\n[models.c]\nsource = "run:two"\n\n[compare]\n'
        "subsets = 3\nsubset-size = 5\nmargin = 2.0\n[gate]\nrequire = 'improved'\n",
        encoding="utf-8",
    )
    return path


def _policy(folder: Path) -> Path:
    path = _report("run:one", "run:two")(folder).with_name("policy.toml")
    path.write_text(
        'require = ["improved", "equivalent"]\nforbid = ["mostly_format"]\nmax_truncation = 0.1\n'
        'max_loss_rate = 0.05\nmargin = 2\n[tasks.test]\nrequire = "improved"\n[tasks."*"]\n'
        "max_truncation = 0.2\n",
        encoding="utf-8",
    )
    return path


def _training(folder: Path) -> Path:
    _stored(folder)
    steps = [
        {"step": i, "reward": i / 9, "completions/mean_length": 30.0, "loss": 0.1, "lr": 1e-6}
        for i in range(1, 9)
    ]
    manifest = {
        "schema": 1,
        "seed": 3,
        "steps": 8,
        "base": {"name": "one", "weights": "one"},
        "max_completion_length": 64,
        "options": {"beta": 0.1},
        "questions": 9,
        "rewards": ["x"],
    }
    (folder / "out").mkdir()
    (folder / "out" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (folder / "out" / "train_spec.json").write_text(json.dumps(manifest), encoding="utf-8")
    state = {"log_history": steps, "global_step": 8, "max_steps": 8}
    (folder / "out" / "trainer_state.json").write_text(json.dumps(state), encoding="utf-8")
    return lines(folder / "out" / "train_log.jsonl", steps)


_TRAININGS = (("runs", "verify"), ("runs", "verify", "out"), ("runs", "list"))
_COMPARED = (("compare", "run:one", "run:two", "--train-log", "out", "-o", "r", "--json"),)

VICTIMS: dict[str, Victim] = {
    "lm-eval": _log("lm-eval", _lm_eval),
    "inspect .eval": _log("inspect", _inspect("eval")),
    "inspect .json": _log("inspect", _inspect("json")),
    "lighteval": _log("lighteval", _lighteval),
    **{name: _log(name, write) for name, write in WRITERS.items()},
    "verifiers traces": _log("verifiers", write_traces),
    "JSON lines": _log("rows", _rows("jsonl")),
    "CSV": _log("rows", _rows("csv")),
    "parquet": _log("rows", _rows("parquet")),
    "answers": Victim(lay=_plain_log, commands=(_IMPORT, (*_IMPORT, "--no-question-texts"))),
    "questions": Victim(
        lay=lambda folder: _plain_log(folder).with_name("data.jsonl"),
        commands=(
            ("import", "log/log.jsonl", *_IMPORT[2:]),
            ("import", "log/log.jsonl", *_IMPORT[2:5], "text:t", *_IMPORT[6:]),
        ),
    ),
    "run folder": Victim(
        lay=_run_folder,
        mend=_rehash,
        commands=(
            ("show", "run:one"),
            ("show", "run:one", "0", "--with", "run:two"),
            ("runs", "show", "run:one", "--json"),
            ("runs", "list", "--json"),
            ("runs", "verify"),
            ("regrade", "run:one"),
            ("export", "run:one", "--to", "lm-eval"),
            ("export", "run:one", "--to", "parquet"),
            ("models", "resolve", "run:one"),
        ),
        rare=(("compare", "run:one", "run:two", "-o", "r"),),
    ),
    "results.json": Victim(
        lay=_report("run:one", "run:two"),
        commands=_REPORTS,
        rare=(("report", "r"), ("reports", "verify", "r")),
    ),
    "results.json of several": Victim(
        lay=_report("run:one", "run:two", "run:three"),
        commands=_REPORTS,
        rare=(("report", "r"), ("reports", "verify", "r")),
    ),
    "evalsuite.toml": Victim(
        lay=_toml,
        commands=(
            ("config",),
            ("models", "list"),
            ("models", "resolve", "b"),
            ("models", "alias", "z", "run:one"),
            ("show", "a", "0"),
            ("table", "5", "6", "16", "8"),
        ),
        rare=(("compare", "a", "c", "-o", "r"),),
    ),
    "policy.toml": Victim(
        lay=_policy,
        commands=(("gate", "r", "--policy", HERE), ("gate", "r", "--policy", HERE, "--json")),
    ),
    "training": Victim(lay=_training, commands=_TRAININGS, rare=_COMPARED),
}


def report(name: str, first: str, last: str, folder: str) -> int:
    """Print what an attack did, for a caller in another process."""
    outcome = attack(name, range(int(first), int(last)), Path(folder).resolve())
    print(json.dumps(asdict(outcome)))
    return 0


if __name__ == "__main__":
    sys.exit(report(*sys.argv[1:]))
