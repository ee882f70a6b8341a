"""Reference page of the checks, made from their tables and the English catalogue."""

from __future__ import annotations

from pathlib import Path

from evalsuite.reporting.wording import words
from evalsuite.verdict.groups.recipe_checks import CONTRAST_CHECKS, RECIPE_CHECKS
from evalsuite.verdict.log_checks import LOG_CHECKS
from evalsuite.verdict.pair_checks import PAIR_CHECKS

PAGE = Path(__file__).parents[2] / "docs" / "checks.md"
HEAD = """# Checks

Every comparison is checked before it is judged. A *blocking* check must hold, or the two sets of
answers can't be compared; a *warning* says that part of the difference may be something else.
What is not known, or not needed for this comparison, is *not judged*: neither passed nor failed.
Codes are never renumbered, and a report links to each by its code.

This page is made from the code by `python tests/support/check_page.py`; a test keeps the two equal.
"""
ELSEWHERE = {"EVS054": "warning", "EVS055": "warning", "EVS060": "passed"}
"""Checks that are stated where answers are asked for: the noise floor, twins and stopping early."""


def check_page() -> str:
    """Describe every check: what holds, why it matters, its titles, what to do."""
    rules = (*PAIR_CHECKS, *LOG_CHECKS, *RECIPE_CHECKS, *CONTRAST_CHECKS)
    levels = {rule.code: rule.broken for rule in rules} | ELSEWHERE
    return "\n".join([HEAD, *(_entry(code, levels[code]) for code in sorted(levels))])


def _entry(code: str, level: str) -> str:
    def text(room: str) -> str:
        return words("en").text(f"{room}.{code}")

    name = level if level != "passed" else "never fails"
    opened = words("en").find(f"check_open.{code}")
    unjudged = f" and where it is not judged *{opened}*" if opened else ""
    return (
        f"## {code}\n\n**{text('check_title')}** ({name}). Where it fails it reads "
        f"*{text('check_failed')}*{unjudged}. {text('check_why')}\n\n"
        f"What to do: {text('check_remedy')}\n"
    )


if __name__ == "__main__":
    PAGE.write_text(check_page(), encoding="utf-8")
