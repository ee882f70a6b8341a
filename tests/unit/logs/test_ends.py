from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from log_builders import inspect_sample, lm_eval_row, write_inspect, write_lm_eval

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import read_one
from evalsuite.logs.ends import with_inferred_ends
from evalsuite.logs.log import Columns
from evalsuite.records.comparison import Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Log

EMBEDDED = files("evalsuite") / "embedded" / "base"


def words(text: str) -> int:
    return len(text.split())


def said(folder: Path, *texts: str, **sent: object) -> Log:
    rows = [lm_eval_row(i, 1.0, resps=[[text]]) for i, text in enumerate(texts)]
    for row in rows:
        row["arguments"]["gen_args_0"]["arg_1"] = sent
    return read_one(str(write_lm_eval(folder, rows)))


def ends(log: Log) -> list[tuple[str, str]]:
    return [(a.finish, a.finish_source) for entry in log.entries for a in entry.answers]


def test_choices_by_likelihood_need_no_limit(tmp_path: Path) -> None:
    log = replace(said(tmp_path, "0: -6.65"), is_choice=True)

    assert with_inferred_ends(log, count=words) is log


def test_as_many_tokens_as_the_limit_are_cut_off_and_fewer_are_not(tmp_path: Path) -> None:
    log = said(tmp_path, "one two", "one two three", "1 2 3 4", max_gen_toks=3)

    inferred = with_inferred_ends(log, count=words)

    assert ends(inferred) == [("stop", "inferred"), ("length", "inferred"), ("length", "inferred")]


def test_without_a_limit_nothing_is_inferred_from_a_length(tmp_path: Path) -> None:
    log = said(tmp_path, "one two")

    with pytest.raises(InvalidInputError, match="does not record its token limit"):
        with_inferred_ends(log, count=words)
    assert ends(with_inferred_ends(log, budget=2, count=words)) == [("length", "inferred")]


def test_without_a_tokenizer_only_unclosed_thinking_is_known_to_be_cut_off(tmp_path: Path) -> None:
    mention = "Use the <think> tag. The answer is 5."
    log = said(tmp_path, "<think>so", "<think>so</think>7", "7", mention)

    assert ends(with_inferred_ends(log)) == [
        ("length", "inferred"),
        ("unknown", "recorded"),
        ("unknown", "recorded"),
        ("unknown", "recorded"),
    ]


def test_what_is_recorded_stays(tmp_path: Path) -> None:
    log = read_one(str(write_inspect(tmp_path / "a.json", [inspect_sample(1, "C")])))

    assert ends(with_inferred_ends(log, budget=1, count=words)) == [("stop", "recorded")]


def test_the_report_says_that_ends_are_inferred(tmp_path: Path) -> None:
    for side, right in (("base", 0.0), ("trained", 1.0)):
        rows = [lm_eval_row(i, right, model=side) for i in range(20)]
        rows[0]["resps"] = [[f"{side} goes on"]]
        write_lm_eval(tmp_path / side, rows, model=side)
    spec = CompareSpec(columns=Columns(tokenizer=str(EMBEDDED)))

    names = (str(tmp_path / "base"), str(tmp_path / "trained"))
    judged = run_comparison(plan_comparison(names, spec)).judged

    assert isinstance(judged, Comparison)
    check = next(c for c in judged.checks if c.code == "EVS010")
    assert check.statement is not None
    assert check.statement.key == "check_detail.EVS010_inferred"
    assert (check.statement.values["k"], check.statement.values["answers"]) == (40, 40)
    assert (judged.truncation.base, judged.truncation.trained) == (0, 0)
