"""The page of the public statistics: its examples run, and no public function is left out."""

import doctest
import inspect
import re
from pathlib import Path

import pytest

from evalsuite import stats

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
FUNCTIONS = [name for name in dir(stats) if inspect.isfunction(getattr(stats, name))]
# a fence's end would be read as the last example's output
TEXT = re.sub(r"^```.*$", "", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def test_every_example_of_the_page_gives_what_it_shows() -> None:
    page = doctest.DocTestParser().get_doctest(TEXT, {}, PAGE.name, PAGE.name, 0)
    report: list[str] = []

    failures = doctest.DocTestRunner().run(page, out=report.append).failed

    assert page.examples
    assert not failures, "".join(report)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_page_shows_a_call_of_every_public_function(name: str) -> None:
    assert f"stats.{name}(" in TEXT


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_has_its_source_and_an_example(name: str) -> None:
    text = inspect.getdoc(getattr(stats, name)) or ""
    headings = ("Parameters", "Returns", "Raises", "References", "Examples")

    assert [heading for heading in headings if f"\n{heading}\n---" not in text] == []


def test_the_table_of_contents_names_every_section() -> None:
    sections = re.findall(r"^## (.*)$", TEXT, flags=re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 ]", "", name.lower()).replace(" ", "-") for name in sections}

    assert set(re.findall(r"\]\(#([a-z0-9-]+)\)", TEXT)) == anchors
