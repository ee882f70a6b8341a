from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from report_builders import HOSTILE, built

from evalsuite.cli.shared.report_files import member_folders, read_results, report_folder
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import to_json
from evalsuite.records.groups.family import Family


def named(*names: str) -> Family:
    found = built()[0]
    return Family(
        comparisons=tuple(replace(found, trained=replace(found.trained, name=n)) for n in names)
    )


def test_members_keep_their_names() -> None:
    assert member_folders(named("trained", "trained-seed1")) == ("trained", "trained-seed1")


def test_equal_names_get_different_folders_whatever_the_case() -> None:
    assert member_folders(named("A", "a", "a-2", "a")) == ("A", "a-2", "a-2-2", "a-3")


def test_no_member_stands_where_a_file_of_the_family_does() -> None:
    assert member_folders(named("report.html", "Results.json")) == (
        "report.html-2",
        "Results.json-2",
    )


def test_hostile_names_become_plain_file_names() -> None:
    folders = member_folders(named(*HOSTILE, "..", "/etc/passwd", ""))

    assert len(set(folders)) == len(HOSTILE) + 3
    assert all(
        set(folder) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
        for folder in folders
    )
    assert not [folder for folder in folders if folder.startswith(".")]


def test_a_family_is_named_after_base_and_its_size() -> None:
    family = named("a", "b", "c")

    folder = report_folder(Path("reports"), family)

    assert folder.name.startswith("base-vs-3-models-")
    assert folder.name != report_folder(Path("reports"), named("a", "b")).name


def test_another_design_is_another_folder() -> None:
    found = built()[0]
    other = replace(found, headline_budget=40)

    assert report_folder(Path("reports"), found) != report_folder(Path("reports"), other)


@pytest.mark.parametrize("text", ['{"results": {"gsm8k": {"exact_match": 0.2}}}', "[]", '"x"'])
def test_a_file_of_another_tool_is_called_none_of_ours(tmp_path: Path, text: str) -> None:
    file = tmp_path / "results.json"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"is no result of evalsuite: .*; `evalsuite comp"):
        read_results(file)


def test_a_group_of_nothing_is_no_result(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    file.write_text('{"comparisons": []}', encoding="utf-8")

    with pytest.raises(InvalidInputError, match="holds no comparison"):
        read_results(file)


@pytest.mark.parametrize(
    ("stored", "changed", "complaint"),
    [
        ('"headline_set": "full"', '"headline_set": "../x"', "headline_set: Input should be"),
        ('"mid_p": 0.', '"mid_p": "nan", "x": 0.', "mcnemar.mid_p: Input should be a finite"),
    ],
)
def test_what_no_page_can_say_is_refused(
    tmp_path: Path, stored: str, changed: str, complaint: str
) -> None:
    text = to_json(built()[0])
    assert stored in text
    file = tmp_path / "results.json"
    file.write_text(text.replace(stored, changed, 1), encoding="utf-8")

    with pytest.raises(InvalidInputError, match=complaint):
        read_results(file)
