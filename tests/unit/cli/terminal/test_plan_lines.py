"""What a comparison says before it begins."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import builders
import pytest
from chat_server import serving
from tiny_adapter import write_adapter

from evalsuite.asking.compare import Plan, plan_comparison
from evalsuite.asking.spec import spec_of
from evalsuite.cli.terminal.plan_lines import announce, duration, print_costs
from evalsuite.models.names import embedded_folder
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    spec = spec_of(
        first=3, max_new_tokens=(16,), runs=tmp_path / "runs", also=("temperature=1,samples=2",)
    )
    return plan_comparison(("base", "trained"), spec)


def test_the_plan_is_told_in_both_languages(plan: Plan, capsys: pytest.CaptureFixture[str]) -> None:
    announce(plan, "en")
    english = capsys.readouterr().err.splitlines()
    announce(plan, "zh")
    chinese = capsys.readouterr().err.splitlines()

    assert english[0] == "  base     base (embedded): 3 answers to generate"
    assert english[2].endswith(
        "also at temperature 1.0, samples a question 2: 6 answers to generate"
    )
    assert english[4].startswith("  the embedded models on the embedded task: base imitates")
    assert chinese[0] == "  训练前   base（内置）：要生成 3 份回答"
    assert chinese[4].startswith("  内置模型与内置任务：base 模仿")


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        ("en", "  warning: adapter: its base {base} is not the one that it was trained on, so"),
        ("zh", "  警告：adapter：它所在的训练前模型 {base} 不是训练时用的那个"),
    ],
)
def test_an_adapter_on_another_base_is_warned_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, told: str
) -> None:
    adapter = write_adapter(tmp_path / "adapter")
    trained_on = {"weights": "0"}
    (adapter / "manifest.json").write_text(json.dumps({"spec": {"model": trained_on}}))
    spec = spec_of(task="embedded", first=3, max_new_tokens=(16,), runs=tmp_path / "runs")

    announce(plan_comparison(("base", f"path:{adapter}"), spec), lang)

    printed = " ".join(capsys.readouterr().err.split())
    assert " ".join(told.format(base=embedded_folder() / "base").split()) in printed


@pytest.mark.parametrize(
    ("lang", "told"), [("en", "  the embedded models: base"), ("zh", "  内置模型：base")]
)
def test_own_questions_are_not_called_the_embedded_task(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, told: str
) -> None:
    own = tmp_path / "own.jsonl"
    own.write_text('{"question": "One and one?", "answer": "2"}\n', "utf-8")
    spec = spec_of(task=str(own), max_new_tokens=(16,), runs=tmp_path / "runs")

    announce(plan_comparison(("base", "trained"), spec), lang)

    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("lang", "last"),
    [
        ("en", r"in all about \d+ seconds?, at most \d+ seconds?"),
        ("zh", r"总共约 \d+ 秒，最多 \d+ 秒"),
    ],
)
def test_the_costs_are_told_in_both_languages(
    plan: Plan, capsys: pytest.CaptureFixture[str], lang: str, last: str
) -> None:
    print_costs(plan, lang, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert re.fullmatch(last, lines[-1])
    assert not any(re.search(r"\b0(?:\.0)? (?:seconds|minutes|MB)|约 0", line) for line in lines)


@pytest.mark.parametrize(
    ("lang", "last"),
    [
        ("en", r"in all about .*: servers at different addresses answer at the same time"),
        ("zh", r"总共约 .*：地址不同的服务器同时回答"),
    ],
)
def test_of_servers_that_answer_at_the_same_time_the_costs_are_no_sum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str, last: str
) -> None:
    spec = spec_of(task="embedded", first=3, max_new_tokens=(16,), runs=tmp_path / "runs")
    with serving("base") as base, serving("trained") as trained:
        plan = plan_comparison((base.name, trained.name), spec)

        print_costs(plan, lang, as_json=False)

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert re.fullmatch(last, lines[-1])


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0.001, ("1 second", "1 秒")),
        (0.6, ("36 seconds", "36 秒")),
        (1, ("1.0 minutes", "1.0 分钟")),
        (89.9, ("89.9 minutes", "89.9 分钟")),
        (90, ("1.5 hours", "1.5 小时")),
        (90_000, ("1,500.0 hours", "1,500.0 小时")),
    ],
)
def test_a_time_is_told_in_a_unit_that_fits(minutes: float, told: tuple[str, str]) -> None:
    assert tuple(duration(minutes, words(lang)) for lang in ("en", "zh")) == told


def test_where_nothing_is_left_to_do_no_time_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = [builders.run([r"\boxed{7}"] * 3, name=name) for name in ("a", "b")]
    names = tuple(builders.stored(tmp_path, run) for run in runs)
    done = plan_comparison(names, spec_of(runs=tmp_path))

    print_costs(done, "en", as_json=False)

    assert [line.partition(": ")[2] for line in capsys.readouterr().out.splitlines()] == [
        "nothing to generate"
    ] * 2
