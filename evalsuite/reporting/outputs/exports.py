"""The comparison for other programs: JUnit, CSV, a model card.

Nothing here is new: every number is one of ``results.json``. Cells that a spreadsheet would run
as a formula are defused, and XML gets no character it can't hold.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.comparison import SIDES
from evalsuite.reporting.naming import names_of
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.outputs.markdown import escape_markdown, grid_markdown
from evalsuite.reporting.telling import told_check

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import BudgetRow, Comparison, Interval, SubsetRow, Table
    from evalsuite.records.gains import Clusters
    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.records.paired import PairedRow
    from evalsuite.records.verdict import Check, Verdict
    from evalsuite.reporting.sections.groups.each import Member
    from evalsuite.reporting.view import ReportView
    from evalsuite.reporting.wording import Words

__all__ = [
    "answers_csv",
    "eval_results",
    "model_card",
    "model_index",
    "numbers_csv",
    "render_junit",
]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DATASETS = {"gsm8k": "openai/gsm8k"}
"""Where a task's questions live on the Hub."""


def render_junit(view: ReportView, comparison: Comparison | SuiteComparison) -> str:
    """Write the verdict, of several tasks each, and every check as JUnit XML, one test case each.

    What people read is told in the language of the view; codes, classes and types are the same in
    every language.

    Parameters
    ----------
    view
        The finished report.
    comparison
        What it was made of.

    Returns
    -------
    str
        A regression, an invalid comparison and a blocking check fail; a check that does not
        apply is skipped; a warning passes and says so.
    """
    suite = ET.Element("testsuite", {"name": "evalsuite"})
    text = view.words.text
    _verdict_case(suite, "evalsuite", text("junit.verdict"), comparison.verdict, view)
    for part, member in zip(comparison.parts, view.members, strict=False):
        _verdict_case(suite, "evalsuite.tasks", str(member.name), part.verdict, member)
    for part in comparison.parts:
        prefix = "" if part is comparison else f"{part.task}{text('gate_summary.colon')}"
        for check in part.checks:
            _case(suite, check, prefix, view.words.calling(names_of(part)))
    failures, skipped = suite.findall("*/failure"), suite.findall("*/skipped")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(failures)))
    suite.set("skipped", str(len(skipped)))
    ET.indent(suite)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suite, encoding="unicode") + "\n"
    )


def _verdict_case(
    suite: ET.Element,
    classname: str,
    name: str,
    verdict: Verdict | None,
    told: ReportView | Member,
) -> None:
    """Write a verdict's case: a loss, or no comparison, fails."""
    decision = verdict.decision if verdict else "none"
    case = ET.SubElement(suite, "testcase", {"classname": classname, "name": one_line(name)})
    if decision in ("regressed", "invalid"):
        ET.SubElement(case, "failure", {"message": told.headline, "type": decision})
    lines = [told.headline, *(str(sentence) for _, sentence in told.qualifiers)]
    ET.SubElement(case, "system-out").text = "\n".join(lines)


def _case(suite: ET.Element, check: Check, prefix: str, catalogue: Words) -> None:
    item = told_check(check, catalogue)
    name = one_line(f"{prefix}{item.code} {item.title}")
    case = ET.SubElement(suite, "testcase", {"classname": "evalsuite.checks", "name": name})
    if check.level == "blocking":
        ET.SubElement(case, "failure", {"message": item.detail, "type": "blocking"})
    elif check.level == "not_applicable":
        ET.SubElement(case, "skipped", {"message": item.detail})
    else:
        line = catalogue.say(f"junit.{check.level}", detail=item.detail)
        ET.SubElement(case, "system-out").text = str(line)


def answers_csv(comparison: Comparison, rows: Sequence[PairedRow]) -> str:
    """Write every graded answer as long CSV, which evalstats and any data frame can read.

    Parameters
    ----------
    comparison
        For the models' names.
    rows
        Every question.

    Returns
    -------
    str
        Columns ``model,item,run,score``; score 1 is right for the grader that decides.

    Raises
    ------
    InvalidInputError
        If there are no rows.
    """
    if not rows:
        raise InvalidInputError(
            "there is no questions.jsonl beside these results, so there are no single answers "
            "to write; use --format table-csv for the totals"
        )
    lines = []
    for side in SIDES:
        name = getattr(comparison, side).name
        lines += [
            [name, row.question_id, row.sample, int(getattr(row, side).strict)] for row in rows
        ]
    return _csv(["model", "item", "run", "score"], lines)


def numbers_csv(comparison: Comparison) -> str:
    """Write the headline, every subset, budget and grader as one table of exact numbers.

    Parameters
    ----------
    comparison
        What was found.

    Returns
    -------
    str
        Fractions as in ``results.json``, not rounded. With several samples ``n``, ``losses`` and
        ``gains`` count questions: all, worse and better.
    """
    samples, overall = comparison.seeds.samples, comparison.mcnemar.exact
    rows = [
        [
            *("headline", "", comparison.n_questions),
            *(comparison.base.accuracy, comparison.trained.accuracy),
            *(*_moved(comparison.table, comparison.gain.clusters), comparison.gain.estimate),
            *(*_ends(comparison.gain.interval), overall),
        ],
        *(
            ["subset", row.seed, row.n, row.base, row.trained, *_counted(row)]
            for row in comparison.subsets
        ),
        *(
            [
                *("budget", row.max_new_tokens, row.n // samples),
                *(row.base.accuracy, row.trained.accuracy, *_counted(row)),
            ]
            for row in comparison.budgets
        ),
    ]
    for name, row in sorted(comparison.graders.items()):
        moved = _moved(row.table, row.clusters)
        counts = (*moved, row.gain, *_ends(row.interval), row.exact)
        rows.append(["grader", name, row.table.n // samples, row.base, row.trained, *counts])
    columns = "kind,name,n,base,trained,losses,gains,gain,low,high,exact_p"
    return _csv(columns.split(","), rows)


def _counted(row: SubsetRow | BudgetRow) -> tuple[float, ...]:
    return *_moved(row, row.clusters), row.gain, *_ends(row.interval), row.exact


def _moved(counts: Table | SubsetRow | BudgetRow, clusters: Clusters | None) -> tuple[int, int]:
    """Give the questions lost and gained; worse and better where their means were compared."""
    if clusters is None:
        return counts.losses, counts.gains
    return clusters.worse, clusters.better


def _ends(interval: Interval) -> tuple[float, float]:
    return interval.low, interval.high


def _csv(columns: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_defused(cell) for cell in row] for row in rows)
    return text.getvalue()


def _defused(cell: Any) -> Any:
    """Keep a spreadsheet from running a cell; numbers are numbers."""
    if not isinstance(cell, str):
        return cell
    flat = visible(cell)
    return f"'{flat}" if flat.lstrip().startswith(_FORMULA) or flat.startswith(_FORMULA) else flat


def model_card(view: ReportView, comparison: Comparison) -> str:
    """Write a section for the trained model's card, with ``model-index`` metadata.

    Parameters
    ----------
    view
        The finished report.
    comparison
        What it was made of.

    Returns
    -------
    str
        YAML front matter, then Markdown. The metadata's values are JSON, which YAML contains.
    """
    lines = [
        "---",
        model_index(view, comparison).rstrip(),
        "---",
        "",
        f"## {escape_markdown(view.task)}",
        "",
        f"**{escape_markdown(view.headline)}**",
        "",
        *([escape_markdown(view.made_of.line), ""] if view.made_of is not None else []),
        escape_markdown(str(view.summary)),
        "",
        *(f"- {escape_markdown(str(sentence))}" for _, sentence in view.qualifiers),
        "",
        *grid_markdown(view.subsets),
        "",
        escape_markdown(str(view.tests)),
    ]
    return "\n".join(lines) + "\n"


def model_index(view: ReportView, comparison: Comparison) -> str:
    """Write the ``model-index`` metadata of the trained model's card as one line of YAML."""
    metadata = json.dumps([_index_entry(view, comparison)], ensure_ascii=True)
    return f"model-index: {metadata}\n"


def eval_results(
    view: ReportView, comparison: Comparison, *, benchmark: str | None, source_url: str | None
) -> dict[str, str]:
    """Write the trained model's accuracy as the Hub's ``.eval_results/*.yaml``.

    Parameters
    ----------
    view
        The finished report.
    comparison
        What it was made of.
    benchmark
        ``ORG/NAME:TASK``: the data set on the Hub, and the task it is a leaderboard of.
    source_url
        Where the report can be read; None leaves the source out.

    Returns
    -------
    dict of str to str
        Path in the model's repository, and the file. Its values are JSON, which YAML contains.

    Raises
    ------
    InvalidInputError
        Where the benchmark is not said, or the URL is none.
    """
    dataset, _, task = (benchmark or "").partition(":")
    if not (dataset.count("/") == 1 and all(dataset.split("/")) and task):
        named = Clause("none is named")
        if benchmark is not None:
            named = Clause("{benchmark} is no data set and task", benchmark=benchmark)
        raise InvalidInputError(
            "eval-results stand on a leaderboard, and {named}; name it with --benchmark "
            "ORG/NAME:TASK",
            named=named,
        )
    if source_url is not None and not source_url.startswith(("https://", "http://")):
        raise InvalidInputError(
            "{source_url} is no web address; give one that others can open", source_url=source_url
        )
    entry: dict[str, Any] = {
        "dataset": {"id": dataset, "task_id": task},
        "value": comparison.trained.accuracy,
        "notes": visible(view.headline),
    }
    if source_url is not None:
        entry["source"] = {"url": source_url, "name": "evalsuite report"}
    lines = [f"{key}: {json.dumps(value)}" for key, value in entry.items()]
    return {
        f".eval_results/{_plain(dataset)}-{_plain(task)}.yaml": "- " + "\n  ".join(lines) + "\n"
    }


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "-" for c in name)


def _index_entry(view: ReportView, comparison: Comparison) -> dict[str, Any]:
    task, _, split = comparison.task.partition(" ")
    arguments = {
        "n": comparison.n_questions,
        "confidence_interval": list(_ends(comparison.trained.interval)),
        "base": comparison.base.accuracy,
        "gain": comparison.gain.estimate,
        "gain_interval": list(_ends(comparison.gain.interval)),
        "mcnemar_exact": comparison.mcnemar.exact,
        "max_new_tokens": comparison.headline_budget,
        "decision": comparison.verdict.decision if comparison.verdict else None,
    }
    dataset = {"name": view.task, "type": _DATASETS.get(task, one_line(task) or "unknown")}
    return {
        "name": view.names[1],
        "results": [
            {
                "task": {"type": "text-generation"},
                "dataset": dataset | ({"split": one_line(split)} if split else {}),
                "metrics": [
                    {
                        "type": "accuracy",
                        "name": f"accuracy, {one_line(comparison.decides)} grader",
                        "value": comparison.trained.accuracy,
                        "args": arguments,
                    }
                ],
            }
        ],
    }
