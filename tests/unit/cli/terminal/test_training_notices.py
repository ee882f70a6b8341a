"""What a training tells its user, in both languages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from evalsuite.cli.terminal.training_notices import NoticeLines
from evalsuite.records.training import Diagnosis, SampledAnswer
from evalsuite.records.verdict import Statement
from evalsuite.training.diagnosis import conclude

_CUT_OFF = {"step": 1.0, "reward": 0.2, "reward_std": 0.4, "completions/clipped_ratio": 0.9}


def test_a_fact_is_told_in_the_language(capsys: pytest.CaptureFixture[str]) -> None:
    fact = Statement(key="training_notice.resumed", values={"step": 2})
    NoticeLines()(fact)
    NoticeLines("zh")(fact)
    english, chinese = capsys.readouterr().err.splitlines()
    assert english == "  the training goes on after step 2"
    assert chinese == "  训练从第 2 步之后继续"


def test_a_finding_stands_with_its_level_and_the_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for lang in ("en", "zh"):
        NoticeLines(lang)(conclude([_CUT_OFF])[0])
    english, chinese = capsys.readouterr().err.splitlines()
    assert english.startswith("  warning: Cut off: 90.0% of the answers")
    assert english.endswith("Raise max_new_tokens, or expect the model to learn brevity first.")
    assert chinese.startswith("  警告：被截断：")
    assert "。调大 max_new_tokens" in chinese


def test_an_answer_that_shows_two_findings_stands_there_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answer = SampledAnswer(step=7, text="a" * 999, rewards={"correct": 0.0})
    [finding] = conclude([_CUT_OFF])
    tell = NoticeLines()
    for code in ("cut_off", "cut_off"):
        tell(replace(finding, code=code, answers=(answer,)))
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "aaa" in line] == ["    step 7: '" + "a" * 160 + "'"]


def test_a_finding_of_a_later_version_is_told_as_it_stands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    NoticeLines("zh")(Diagnosis(code="of_tomorrow", level="note", sentence="As it stands."))
    assert capsys.readouterr().err == "  提示：As it stands.\n"


@pytest.mark.parametrize("rights", [{}, {"rewards/correct/mean": 0.4}])
@pytest.mark.parametrize("steps", [1, 24])
def test_whatever_nothing_stands_out_of_the_comparison_is_named(
    rights: dict[str, float], steps: int, capsys: pytest.CaptureFixture[str]
) -> None:
    steady = {"reward": 0.4, "reward_std": 0.4, "grad_norm": 0.5} | rights
    [finding] = conclude([steady] * steps)
    for lang in ("en", "zh"):
        NoticeLines(lang)(finding)
    english, chinese = capsys.readouterr().err.splitlines()
    assert english.endswith("Whether the model is better, evalsuite compare tells.")
    assert chinese.endswith("模型是否变好，用 evalsuite compare 来看。")
