from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml
from report_builders import HOSTILE, built, hostile, training_log

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import json_schema
from evalsuite.records.comparison import Comparison
from evalsuite.records.verdict import Check, CheckLevel, Statement
from evalsuite.reporting.outputs.exports import answers_csv, model_card, numbers_csv, render_junit
from evalsuite.reporting.view import report_view


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314  # written by the function under test


def test_junit_has_a_case_for_the_verdict_and_every_check() -> None:
    checks = (
        Check(code="EVS901", level="passed", title="a", detail="fine"),
        Check(code="EVS902", level="blocking", title="b", detail="bad"),
        Check(code="EVS903", level="not_applicable", title="c", detail="no"),
        Check(code="EVS904", level="warning", title="d", detail="hm"),
    )
    comparison, _ = built(checks=checks)

    suite = _parsed(render_junit(report_view(comparison), comparison))

    assert [case.get("name") for case in suite] == [
        "verdict",
        "EVS901 a",
        "EVS902 b",
        "EVS903 c",
        "EVS904 d",
    ]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("5", "2", "1")
    assert suite[4].findtext("system-out") == "warning: hm"


def test_junit_tells_what_people_read_in_the_language_and_keeps_what_programs_read() -> None:
    counts = {"base": 1, "trained": 9, "n": 80, "budget": 64}
    checks = (
        _stated("EVS001", "passed", n=80),
        _stated("EVS010", "warning", **counts),
        Check(code="EVS999", level="warning", title="of a later version", detail="as it stands"),
    )
    comparison, _ = built((40, 40, 4, 16), checks=checks)
    english, chinese = (
        _parsed(render_junit(report_view(comparison, lang=lang), comparison))
        for lang in ("en", "zh")
    )

    assert [case.get("name") for case in chinese] == [
        "结论",
        "EVS001 题目相同",
        "EVS010 很多回答被截断",
        "EVS999 of a later version",
    ]
    assert [case.get("classname") for case in chinese] == [c.get("classname") for c in english]
    assert [f.get("type") for f in chinese.findall("*/failure")] == ["regressed"]
    assert (chinese.findtext("*/system-out") or "").startswith("否：")
    assert chinese[2].findtext("system-out") == (
        "警告：80 个回答中，训练前有 1 个、训练后有 9 个在 64 个 token 处被截断"
    )
    assert chinese[3].findtext("system-out") == "警告：as it stands"


def _stated(code: str, level: CheckLevel, **values: int) -> Check:
    statement = Statement(key=f"check_detail.{code}", values=values)
    return Check(code=code, level=level, title="", detail="", statement=statement)


def test_junit_fails_on_a_regression() -> None:
    comparison, _ = built((40, 40, 4, 16))

    suite = _parsed(render_junit(report_view(comparison), comparison))

    failure = suite[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "regressed"


def test_junit_of_hostile_text_is_well_formed() -> None:
    comparison, rows = hostile()

    suite = _parsed(render_junit(report_view(comparison, rows), comparison))

    assert {element.tag for element in suite.iter()} <= {
        "testsuite",
        "testcase",
        "failure",
        "skipped",
        "system-out",
    }


def test_answers_are_one_line_a_model_and_question() -> None:
    comparison, rows = built((1, 1, 1, 1))

    table = list(csv.DictReader(io.StringIO(answers_csv(comparison, rows))))

    assert [(r["model"], r["item"], r["run"], r["score"]) for r in table] == [
        ("base", "q-0", "0", "1"),
        ("base", "q-1", "0", "1"),
        ("base", "q-2", "0", "0"),
        ("base", "q-3", "0", "0"),
        ("trained", "q-0", "0", "1"),
        ("trained", "q-1", "0", "0"),
        ("trained", "q-2", "0", "1"),
        ("trained", "q-3", "0", "0"),
    ]


def test_answers_without_questions_name_the_way_out() -> None:
    comparison, _ = built()

    with pytest.raises(InvalidInputError, match="table-csv"):
        answers_csv(comparison, [])


def test_no_cell_is_a_formula() -> None:
    comparison, rows = hostile()

    for text in (answers_csv(comparison, rows), numbers_csv(comparison)):
        for row in csv.reader(io.StringIO(text)):
            for cell in row:
                is_number = re.fullmatch(r"-?[0-9.e+-]+", cell) is not None
                assert is_number or not cell.lstrip().startswith(("=", "+", "-", "@"))
                assert "\x00" not in cell


def test_every_answer_of_a_hostile_log_keeps_its_row() -> None:
    comparison, rows = hostile()

    table = list(csv.reader(io.StringIO(answers_csv(comparison, rows))))

    assert len(table) == 1 + 2 * len(rows)
    assert {len(row) for row in table} == {4}


def test_numbers_are_exact() -> None:
    comparison, _ = built()

    table = list(csv.DictReader(io.StringIO(numbers_csv(comparison))))

    assert [row["kind"] for row in table] == (
        ["headline"] + ["subset"] * 2 + ["budget"] * 3 + ["grader"] * 2
    )
    assert float(table[0]["gain"]) == comparison.gain.estimate
    assert float(table[3]["low"]) == comparison.budgets[0].interval.low
    assert {row["name"] for row in table[-2:]} == {"flexible", "strict"}


def test_the_model_card_is_metadata_that_the_hub_understands() -> None:
    hub = pytest.importorskip("huggingface_hub.repocard_data")
    comparison, _ = built(task="gsm8k test")

    card = model_card(report_view(comparison), comparison)

    metadata = yaml.safe_load(card.split("---")[1])
    name, results = hub.model_index_to_eval_results(metadata["model-index"])
    assert name == "trained"
    assert results[0].dataset_type == "openai/gsm8k"
    assert results[0].dataset_split == "test"
    assert results[0].metric_value == comparison.trained.accuracy
    assert results[0].metric_args["gain"] == comparison.gain.estimate


def test_a_hostile_name_stays_inside_the_metadata() -> None:
    comparison, rows = hostile()

    card = model_card(report_view(comparison, rows), comparison)

    front = card.split("\n---\n")[0].removeprefix("---\n")
    assert set(yaml.safe_load(front)) == {"model-index"}
    assert HOSTILE[0] not in card.split("\n---\n", 1)[1]


@pytest.mark.parametrize("case", ["plain", "hostile", "bare"])
def test_results_follow_their_schema(case: str) -> None:
    comparison = {
        "plain": lambda: built(training=training_log())[0],
        "hostile": lambda: hostile()[0],
        "bare": lambda: built((1, 0, 1, 1), budgets=(), subsets=0)[0],
    }[case]()
    schema = json.loads(json_schema(Comparison))

    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(report_view(comparison).results), schema)


def test_the_schema_refuses_what_is_no_comparison() -> None:
    schema = json.loads(json_schema(Comparison))
    document = json.loads(report_view(built()[0]).results)
    del document["gain"]

    with pytest.raises(jsonschema.ValidationError, match="gain"):
        jsonschema.validate(document, schema)
