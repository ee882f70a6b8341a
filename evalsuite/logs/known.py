"""The formats of logs that are read: one record each, with what knows, describes and reads it.

It knows neither folders nor patterns, nor which log is chosen; `evalsuite.logs.detect` does.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from evalsuite.logs.formats import (
    eval_arena,
    evalscope,
    every_eval_ever as eee,
    helm,
    nemo_byob,
    nemo_evaluator,
    nemo_skills,
    olmo_eval,
    training_dumps as dumps,
    verifiers,
)
from evalsuite.logs.inspect_log import inspect_file, read_inspect
from evalsuite.logs.lighteval import COLUMNS, lighteval_file, read_lighteval
from evalsuite.logs.lines import json_lines
from evalsuite.logs.lm_eval import lm_eval_file, read_lm_eval
from evalsuite.logs.lm_eval_rows import is_row
from evalsuite.logs.log import LogFile
from evalsuite.logs.rows import read_rows
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from evalsuite.logs.log import Columns, Format, Log

__all__ = ["KNOWN", "LogFormat", "format_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFormat:
    """One format: how its files are found, known and read."""

    name: Format
    read: Callable[[LogFile, Columns, bool], tuple[Log, ...]]
    """A file, its columns where it is a table, and whether questions may be missing."""
    files: tuple[str, ...] = ("*.jsonl",)
    """What its files are called in a folder."""
    is_line: Callable[[Mapping[str, Any]], bool] | None = None
    """Of JSON lines: knows it by the keys of the first one."""
    columns: frozenset[str] | None = None
    """Of parquet: those that its files have and no other table."""
    describe_one: Callable[[Path], LogFile] | None = None
    describe_among: Callable[[Path, Sequence[Path]], LogFile] | None = None
    """Where several files that were named together are one log."""

    def describe(self, path: Path, paths: Sequence[Path]) -> LogFile:
        """Describe one of the files that were named together."""
        if self.describe_among is not None:
            return self.describe_among(path, paths)
        if self.describe_one is not None:
            return self.describe_one(path)
        return LogFile(format=self.name, path=path)


def format_of(name: Format) -> LogFormat:
    """Find a format by its name."""
    return _BY_NAME[name]


def _one(read: Callable[[LogFile], Log]) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    """Adapt the reader of a format whose files hold one log each."""
    return lambda file, columns, allow_missing: (read(file),)  # noqa: ARG005  the one shape


def _several(
    read: Callable[[LogFile], tuple[Log, ...]],
) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    return lambda file, columns, allow_missing: read(file)  # noqa: ARG005  the one shape


def _in_part(read: Callable[..., Log]) -> Callable[[LogFile, Columns, bool], tuple[Log, ...]]:
    """Adapt the reader of a format whose tool may have failed on some of the questions."""
    return lambda file, columns, allow_missing: (  # noqa: ARG005  the one shape
        read(file, allow_missing=allow_missing),
    )


def _nemo_evaluator(file: LogFile, columns: Columns, allow_missing: bool) -> tuple[Log, ...]:
    del columns
    is_byob = _is_byob(file.path)
    read = nemo_byob.read_byob if is_byob else nemo_evaluator.read_nemo_evaluator
    return (read(file, allow_missing=allow_missing),)


def _nemo_evaluator_file(path: Path) -> LogFile:
    is_byob = _is_byob(path)
    return nemo_byob.byob_file(path) if is_byob else nemo_evaluator.nemo_evaluator_file(path)


def _is_byob(path: Path) -> bool:
    """Tell the older of two layouts by its first line, whatever its file is called."""
    return any(nemo_byob.is_byob(row) for _, row in islice(json_lines(path), 1))


def _rows(file: LogFile, columns: Columns, allow_missing: bool) -> tuple[Log, ...]:
    del allow_missing
    return read_rows(file, columns)


KNOWN = (
    LogFormat(name="lm-eval", read=_one(read_lm_eval), is_line=is_row, describe_one=lm_eval_file),
    LogFormat(
        name="inspect",
        read=_in_part(read_inspect),
        files=("*.eval", "*.json"),
        describe_one=inspect_file,
    ),
    LogFormat(
        name="lighteval",
        read=_one(read_lighteval),
        files=("*.parquet",),
        columns=COLUMNS,
        describe_one=lighteval_file,
    ),
    LogFormat(
        name="every-eval-ever",
        read=_several(eee.read_eee),
        is_line=eee.is_eee,
        describe_one=eee.eee_file,
    ),
    LogFormat(
        name="trl",
        read=_one(dumps.read_trl),
        files=("*.parquet",),
        columns=dumps.TRL_COLUMNS,
        describe_one=dumps.trl_file,
    ),
    LogFormat(
        name="verl",
        read=_one(dumps.read_verl),
        is_line=dumps.is_verl,
        describe_one=dumps.verl_file,
    ),
    LogFormat(
        name="nemo-evaluator",
        read=_nemo_evaluator,
        files=("results.jsonl", "byob_predictions.jsonl"),
        is_line=lambda row: nemo_evaluator.is_nemo_evaluator(row) or nemo_byob.is_byob(row),
        describe_one=_nemo_evaluator_file,
    ),
    LogFormat(
        name="nemo-skills",
        read=_one(nemo_skills.read_nemo_skills),
        is_line=nemo_skills.is_nemo_skills,
        describe_among=nemo_skills.nemo_skills_file,
    ),
    LogFormat(
        name="evalscope",
        read=_one(evalscope.read_evalscope),
        files=("reviews/*/*.jsonl",),
        is_line=evalscope.is_evalscope,
        describe_one=evalscope.evalscope_file,
    ),
    LogFormat(
        name="helm",
        read=_one(helm.read_helm),
        files=(helm.HELM_NAME,),
        describe_one=helm.helm_file,
    ),
    LogFormat(
        name="olmo-eval",
        read=_in_part(olmo_eval.read_olmo),
        is_line=olmo_eval.is_olmo,
        describe_one=olmo_eval.olmo_file,
    ),
    LogFormat(
        name="verifiers",
        read=_several(verifiers.read_verifiers),
        is_line=verifiers.is_verifiers,
        describe_one=verifiers.verifiers_file,
    ),
    LogFormat(
        name="eval-arena",
        read=_several(eval_arena.read_arena),
        is_line=eval_arena.is_arena,
        describe_one=eval_arena.arena_file,
    ),
    LogFormat(name="rows", read=_rows, files=("*.jsonl", "*.csv", "*.parquet")),
)
"""A file is of the first one that knows it; what none knows is a table."""
_BY_NAME = {each.name: each for each in KNOWN}
