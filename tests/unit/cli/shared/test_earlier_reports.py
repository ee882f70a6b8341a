from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_builders import built, family_of

from evalsuite.cli.shared.earlier_reports import earlier_of, with_earlier
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.family import Family
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from pathlib import Path


def comparison(**provenance: Any) -> Comparison:
    side = {"model": {"weights": "w"}, "questions_sha256": "q", "prompts_sha256": "p"}
    known = {"base": side | {"fingerprint": "b"}, "trained": side | {"fingerprint": "t"}}
    changed = {name: known[name] | provenance.get(name, {}) for name in known}
    return replace(built()[0], provenance=changed)


NOW = comparison()


def stored(root: Path, name: str, judged: Comparison | Family, *, age: int) -> None:
    (root / name).mkdir(parents=True)
    results = root / name / "results.json"
    results.write_text(to_json(judged), "utf-8")
    os.utime(results, (1_000_000 - age, 1_000_000 - age))


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        (comparison(trained={"model": {"weights": "other"}}), ("trained",)),
        (comparison(base={"model": {"weights": "other"}}), ("base",)),
        (comparison(base={"questions_sha256": "x", "prompts_sha256": "x"}), ("questions",)),
        (replace(NOW, table=replace(NOW.table, neither=NOW.table.neither + 9)), ("questions",)),
        (comparison(base={"prompts_sha256": "x"}), ("prompt",)),
        (replace(NOW, headline_budget=7), ("budget",)),
        (comparison(trained={"decoding": {"temperature": 0.7}}), ("decoding",)),
        (replace(NOW, decides="flexible"), ("grader",)),
        (comparison(trained={"fingerprint": "x"}), ("answers",)),
    ],
)
def test_what_differs_is_named(before: Comparison, changes: tuple[str, ...]) -> None:
    earlier = earlier_of(before, NOW, "there")

    assert earlier is not None
    assert earlier.changes == changes
    assert (earlier.gain, earlier.n) == (before.gain.estimate, before.n_questions)


@pytest.mark.parametrize("decoding", [{"max_new_tokens": 7}, {"temperature": 0.0, "stop": []}])
def test_a_budget_and_settings_that_are_off_are_no_other_decoding(decoding: Any) -> None:
    before = comparison(base={"decoding": decoding, "fingerprint": "x"})
    earlier = earlier_of(before, NOW, "there")
    assert earlier is not None
    assert earlier.changes == ("answers",)


def test_the_same_answers_are_no_history() -> None:
    assert earlier_of(NOW, NOW, "there") is None


def test_another_pair_is_no_history() -> None:
    other = comparison(trained={"fingerprint": "x"})

    assert earlier_of(replace(other, trained=replace(other.trained, name="x")), NOW, "a") is None
    assert earlier_of(replace(other, task="gsm8k test"), NOW, "a") is None


def test_the_newest_other_report_beside_it_is_told(tmp_path: Path) -> None:
    for age, name in enumerate(("a", "b")):
        before = comparison(trained={"fingerprint": name})
        stored(tmp_path, f"base-vs-trained-{name}", before, age=10 - age)
    stored(tmp_path, "base-vs-trained-now", NOW, age=0)

    judged = with_earlier(NOW, tmp_path / "base-vs-trained-now")

    assert isinstance(judged, Comparison)
    assert judged.earlier is not None
    assert judged.earlier.report == "base-vs-trained-b"
    assert with_earlier(NOW, tmp_path / "base-vs-trained-now") == judged  # again: the same page


def test_a_report_that_is_to_be_written_over_is_history_too(tmp_path: Path) -> None:
    stored(tmp_path, "mine", comparison(trained={"model": {"weights": "old"}}), age=0)

    judged = with_earlier(NOW, tmp_path / "mine")

    assert isinstance(judged, Comparison)
    assert judged.earlier is not None
    assert judged.earlier.changes == ("trained",)


def test_a_damaged_report_has_no_say(tmp_path: Path) -> None:
    (tmp_path / "base-vs-trained-x").mkdir()
    (tmp_path / "base-vs-trained-x" / "results.json").write_text("{", "utf-8")

    assert with_earlier(NOW, tmp_path / "base-vs-trained-now") == NOW


def test_every_part_of_a_group_has_its_own_past(tmp_path: Path) -> None:
    def family(**provenance: Any) -> Family:
        part = comparison(**provenance)
        return family_of([replace(part, trained=replace(NOW.trained, name=name)) for name in "ab"])

    before = family(trained={"model": {"weights": "old"}})
    before = replace(before, comparisons=(before.comparisons[0], family().comparisons[1]))
    stored(tmp_path, "base-vs-2-models-x", before, age=0)

    judged = with_earlier(family(), tmp_path / "base-vs-2-models-now")

    first, second = judged.comparisons
    assert first.earlier is not None
    assert (first.earlier.report, first.earlier.changes) == ("base-vs-2-models-x", ("trained",))
    assert second.earlier is None
    assert "The last report of this group (base-vs-2-models-x): a +" in str(
        report_view(judged).history
    )
    assert from_json(Family, to_json(judged)) == judged


def test_a_group_of_another_kind_or_of_the_same_answers_is_no_past(tmp_path: Path) -> None:
    family = family_of([replace(NOW, trained=replace(NOW.trained, name=name)) for name in "ab"])
    stored(tmp_path, "base-vs-2-models-x", family, age=0)
    stored(tmp_path, "base-vs-2-models-y", NOW, age=0)

    assert with_earlier(family, tmp_path / "base-vs-2-models-now") is family
