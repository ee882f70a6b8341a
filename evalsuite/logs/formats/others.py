"""The formats beside lm-eval's: one record each, with what knows, describes and reads it.

They are loaded together, by whoever asks for one of them.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from evalsuite.logs.format import LogFormat, holding_one, holding_several, perhaps_in_part
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
from evalsuite.logs.rows import read_rows

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Columns, Log, LogFile

__all__ = ["OTHERS"]


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


OTHERS = (
    LogFormat(
        name="inspect",
        read=perhaps_in_part(read_inspect),
        files=("*.eval", "*.json"),
        describe_one=inspect_file,
    ),
    LogFormat(
        name="lighteval",
        read=holding_one(read_lighteval),
        files=("*.parquet",),
        columns=COLUMNS,
        describe_one=lighteval_file,
    ),
    LogFormat(
        name="every-eval-ever",
        read=holding_several(eee.read_eee),
        is_line=eee.is_eee,
        describe_one=eee.eee_file,
    ),
    LogFormat(
        name="trl",
        read=holding_one(dumps.read_trl),
        files=("*.parquet",),
        columns=dumps.TRL_COLUMNS,
        describe_one=dumps.trl_file,
    ),
    LogFormat(
        name="verl",
        read=holding_one(dumps.read_verl),
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
        read=holding_one(nemo_skills.read_nemo_skills),
        is_line=nemo_skills.is_nemo_skills,
        describe_among=nemo_skills.nemo_skills_file,
    ),
    LogFormat(
        name="evalscope",
        read=holding_one(evalscope.read_evalscope),
        files=("reviews/*/*.jsonl",),
        is_line=evalscope.is_evalscope,
        describe_one=evalscope.evalscope_file,
    ),
    LogFormat(
        name="helm",
        read=holding_one(helm.read_helm),
        files=(helm.HELM_NAME,),
        describe_one=helm.helm_file,
    ),
    LogFormat(
        name="olmo-eval",
        read=perhaps_in_part(olmo_eval.read_olmo),
        is_line=olmo_eval.is_olmo,
        describe_one=olmo_eval.olmo_file,
    ),
    LogFormat(
        name="verifiers",
        read=holding_several(verifiers.read_verifiers),
        is_line=verifiers.is_verifiers,
        describe_one=verifiers.verifiers_file,
    ),
    LogFormat(
        name="eval-arena",
        read=holding_several(eval_arena.read_arena),
        is_line=eval_arena.is_arena,
        describe_one=eval_arena.arena_file,
    ),
    LogFormat(name="rows", read=_rows, files=("*.jsonl", "*.csv", "*.parquet")),
)
"""In the order in which a file is held against them; what none knows is a table."""
