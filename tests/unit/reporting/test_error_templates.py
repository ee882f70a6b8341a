"""Every message that the code raises has its Chinese, with the same values, and no other has."""

from __future__ import annotations

import ast
import errno
import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import evalsuite
from evalsuite.cli.main import GROUPS
from evalsuite.cli.shared.exits import WAYS
from evalsuite.cli.shared.refusals import TEMPLATES
from evalsuite.cli.terminal.help_page import metavar_told
from evalsuite.errors import Clause
from evalsuite.reporting.clauses import error_templates, help_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(evalsuite.__file__).parent
PLACE = re.compile(r"\{([a-z]\w*)(?:![rs])?(?::[^{}\s]+)?\}")
HAN = re.compile("[\u4e00-\u9fff]")
OF_THE_SYSTEM = {os.strerror(number) for number in errno.errorcode}
BESIDE = {"RequestFailedError": {"status", "is_temporary", "retry_after"}}
"""What an error takes that is no value of its message."""


@dataclass(frozen=True)
class Raised:
    """One place where a clause or an error is made."""

    where: str
    message: ast.expr
    values: frozenset[str]

    @property
    def templates(self) -> list[str]:
        """None where the message was made elsewhere, as a clause."""
        return list(_literals(self.message))


def _literals(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


@cache
def trees() -> dict[Path, ast.Module]:
    return {
        path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def classes() -> frozenset[str]:
    """Name every class of translatable errors, the clause, and what makes findings of them."""
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    names = {"Clause", "TranslatableError", "problem", "note"}
    while grown := {name for name, above in bases.items() if above & names} - names:
        names |= grown
    return frozenset(names)


@cache
def raised() -> tuple[Raised, ...]:
    return tuple(
        Raised(
            f"{path.relative_to(PACKAGE)}:{node.lineno}",
            node.args[0],
            frozenset(str(keyword.arg) for keyword in node.keywords)
            - BESIDE.get(node.func.id, set()),
        )
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in classes()
        and node.args
    )


def joints() -> Iterator[str]:
    """Give what stands between the clauses that are joined."""
    for tree in trees().values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "joined":
                yield from _literals(node.args[1]) if node.args[1:] else (", ",)


@cache
def templates() -> frozenset[str]:
    made = {template for each in raised() for template in each.templates}
    return frozenset({*TEMPLATES, *joints(), *made} - {""})


def places(template: str) -> set[str]:
    return {place[0] for place in PLACE.finditer(template)}


def test_all_classes_of_errors_are_known() -> None:
    assert {"RunFailedError", "ReplyError", "TemplateLimitError", "_NoEndsError"} <= classes()
    assert len(templates()) > 700


def test_no_message_is_filled_before_it_is_raised() -> None:
    assert [
        each.where
        for each in raised()
        if any(isinstance(node, ast.JoinedStr | ast.BinOp) for node in ast.walk(each.message))
    ] == []


def test_every_place_has_its_value_and_every_value_its_place() -> None:
    for each in raised():
        for template in each.templates:
            named = {place[1] for place in PLACE.finditer(template)}
            assert named == each.values, (each.where, template)


def test_every_template_has_its_chinese() -> None:
    assert sorted(templates() - error_templates("zh").keys() - help_texts("zh").keys()) == []


def test_the_chinese_has_no_template_that_nobody_raises() -> None:
    assert sorted(error_templates("zh").keys() - templates() - OF_THE_SYSTEM) == []


def test_the_chinese_has_the_same_values() -> None:
    for english, chinese in error_templates("zh").items():
        assert places(chinese) == places(english), english


def test_the_chinese_of_words_is_chinese() -> None:
    for english, chinese in error_templates("zh").items():
        if re.search("[a-z]{2}", PLACE.sub("", english)):
            assert HAN.search(chinese), english


def test_the_way_out_is_the_same_in_both_languages() -> None:
    """What follows the last semicolon of the template is the hint."""
    for english, chinese in error_templates("zh").items():
        assert "; " not in chinese, english
        if "; " in english and english not in WAYS.values():
            assert "；" in chinese, english
            ways = english.rpartition("; ")[2], chinese.rpartition("；")[2]
            assert places(ways[0]) == places(ways[1]), english


def test_every_option_and_command_is_named_in_chinese_too() -> None:
    commands = "|".join(name for group in GROUPS.values() for name in group)
    for english, chinese in error_templates("zh").items():
        for name in re.findall(rf"--[a-z][a-z-]+|evalsuite (?:{commands})\b|`[^`]+`", english):
            assert metavar_told(name, help_texts("zh")) in chinese, english


def test_english_needs_no_table() -> None:
    assert error_templates("en") == {}


def test_an_error_is_told_by_the_table() -> None:
    clause = Clause("--seeds is {seeds}; use 1 or more.", seeds=0)

    assert clause.told(error_templates("zh")) == "--seeds 是 0；请用 1 或更大。"
