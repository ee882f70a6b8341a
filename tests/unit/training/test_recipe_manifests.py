from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.asking.groups.recipe import plan_recipe
from evalsuite.errors import InvalidInputError, NotComparableError, UnknownModelError
from evalsuite.models.names import write_alias
from evalsuite.models.seed_names import expand_seeds
from evalsuite.records.codec import plain
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec
from evalsuite.training.recipe import differing_settings, read_training, with_defaults

if TYPE_CHECKING:
    from pathlib import Path

BASE = ModelSpec(name="base", source="folder", location="x", weights="abc")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def train(name: str, seed: int, *, weights: str | None = None, **changes: Any) -> Path:
    """Leave what a training leaves: a model folder, a manifest, an alias."""
    from pathlib import Path

    folder = Path("runs") / name / f"seed-{seed}"
    (folder / "model").mkdir(parents=True)
    grpo = changes.pop("grpo", {"learning_rate": 1e-4})
    more = changes.pop("manifest", {})
    spec = TrainSpec(model=BASE, seed=seed, grpo=grpo, **changes)
    manifest = {
        "spec": plain(spec),
        "questions": {"n": 10, "sha256": "q"},
        "reward_version": "1",
        "weights_sha256": {"model.safetensors": weights or f"{name}{seed}"},
        "versions": {"trl": "1.16.0"},
        "steps": 60,
    } | more
    (folder / "manifest.json").write_text(json.dumps(manifest))
    write_alias(f"{name}@{seed}", f"path:{folder / 'model'}")
    return folder


def several(name: str, seeds: range | list[int], **changes: Any) -> None:
    for seed in seeds:
        train(name, seed, **changes)


@pytest.mark.parametrize("pattern", [("trained@*",), ("trained@all",), ("trained@1,0,10",)])
def test_a_pattern_stands_for_all_seeds_in_order(project: Path, pattern: tuple[str, ...]) -> None:
    several("trained", [10, 1, 0])

    found = expand_seeds(("base", *pattern))

    assert found is not None
    assert found.seeds == (0, 1, 10)
    assert found.names == ("base", "trained@0", "trained@1", "trained@10")
    assert found.left_out == ()


def test_seeds_listed_one_by_one_are_a_recipe_too(project: Path) -> None:
    several("trained", range(3))

    found = expand_seeds(("base", "trained@2", "trained@0"))

    assert found is not None
    assert (found.seeds, found.left_out) == ((0, 2), ("trained@1",))


@pytest.mark.parametrize(
    "names",
    [
        ("base", "trained"),
        ("base", "trained@0"),
        ("base", "trained@0", "shaped@0"),
        ("base", "trained@0", "other"),
        ("base", "alias:trained@0", "alias:trained@1"),
        ("trained@0", "trained@1"),
        ("org/name@main", "org/other@main"),
    ],
)
def test_other_names_stand_for_themselves(project: Path, names: tuple[str, ...]) -> None:
    several("trained", range(2))
    several("shaped", range(2))

    assert expand_seeds(names) is None


def test_two_recipes_are_paired_by_seed(project: Path) -> None:
    several("binary", range(2))
    several("shaped", range(2), rewards="shaped")

    found = plan_recipe(("binary@*", "shaped@*"))

    assert found is not None
    assert found.names.names == ("binary@0", "binary@1", "shaped@0", "shaped@1")
    assert found.differing == {"rewards": ["binary", "shaped"]}


@pytest.mark.parametrize(
    ("names", "kind", "says"),
    [
        (("base", "nobody@*"), UnknownModelError, "no alias nobody@SEED in evalsuite.toml"),
        (("base", "trained@0,7"), UnknownModelError, "trained has no seed 7"),
        (("base", "trained@*", "other"), InvalidInputError, "stand alone"),
        (("trained@*", "other"), InvalidInputError, "stand alone"),
        (("binary@*", "trained@*"), InvalidInputError, "binary has seeds 0, 2 and trained has"),
    ],
)
def test_seeds_that_are_not_there_are_one_clear_line(
    project: Path, names: tuple[str, ...], kind: type[Exception], says: str
) -> None:
    several("trained", range(3))
    several("binary", [0, 2])

    with pytest.raises(kind, match=says) as told:
        plan_recipe(names)

    assert "\n" not in str(told.value)


def test_the_way_out_of_unequal_seeds_names_those_both_have(project: Path) -> None:
    several("trained", range(3))
    several("binary", [0, 2])

    with pytest.raises(InvalidInputError, match="evalsuite compare binary@0,2 trained@0,2"):
        plan_recipe(("binary@*", "trained@*"))


def test_a_model_that_is_gone_names_the_seeds_that_are_left(project: Path) -> None:
    several("trained", range(2))
    write_alias("trained@2", "path:nowhere/model")

    with pytest.raises(UnknownModelError, match=r"trained@2 leads to nowhere/model.*trained@0,1"):
        plan_recipe(("base", "trained@*"))


def test_equal_settings_are_shared_and_the_seed_is_not_among_them(project: Path) -> None:
    several("trained", range(3))

    found = plan_recipe(("base", "trained@*"))

    assert found is not None
    assert found.settings["grpo.learning_rate"] == 1e-4
    assert found.settings["rewards"] == "binary"
    assert "seed" not in found.settings
    assert not [key for key in found.settings if "location" in key or "output" in key]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"rewards": "shaped"}, "rewards is 'binary' and 'shaped'"),
        ({"grpo": {"learning_rate": 2e-4}}, "grpo.learning_rate is 0.0001 and 0.0002"),
        ({"grpo": {"learning_rate": 1e-4, "beta": 0.1}}, "grpo.beta is 'not recorded' and 0.1"),
        ({"manifest": {"reward_version": "2"}}, "reward_version is '1' and '2'"),
        ({"manifest": {"questions": {"sha256": "r"}}}, "questions.sha256 is 'q' and 'r'"),
    ],
)
def test_trainings_with_other_settings_are_not_one_recipe(
    project: Path, changes: dict[str, Any], says: str
) -> None:
    several("trained", range(2))
    train("trained", 2, **changes)

    with pytest.raises(NotComparableError, match=says) as told:
        plan_recipe(("base", "trained@*"))

    assert "such as trained@0,1, or compare them as several models: alias:trained@0" in str(
        told.value
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"weights": "trained0"}, "have the same weights: they are one run, not two"),
        ({"manifest": {"spec": plain(TrainSpec(model=BASE, seed=0))}}, "have the same seed, 0"),
    ],
)
def test_one_run_under_two_names_is_no_replicate(
    project: Path, changes: dict[str, Any], says: str
) -> None:
    train("trained", 0)
    train("trained", 1, **changes)

    with pytest.raises(NotComparableError, match=says):
        plan_recipe(("base", "trained@*"))


def test_a_filter_by_difficulty_may_choose_other_questions_with_another_seed(project: Path) -> None:
    for seed in range(2):
        more = {"questions": {"sha256": f"q{seed}"}}
        train("trained", seed, difficulty=(0.1, 0.6), manifest=more)

    assert plan_recipe(("base", "trained@*")) is not None


def test_a_manifest_from_before_a_setting_existed_has_its_default(project: Path) -> None:
    train("trained", 0)
    folder = train("trained", 1)
    manifest = json.loads((folder / "manifest.json").read_text())
    del manifest["spec"]["gate"]
    (folder / "manifest.json").write_text(json.dumps(manifest))

    assert plan_recipe(("base", "trained@*")) is not None


def test_a_training_without_manifest_is_taken_at_its_name(project: Path) -> None:
    train("trained", 0)
    (project / "elsewhere").mkdir()
    write_alias("trained@1", "path:elsewhere")
    write_alias("trained@2", "hf:org/name")

    found = plan_recipe(("base", "trained@*"))

    assert found is not None
    assert [training is None for training in found.trainings] == [False, True, True]
    assert found.settings["rewards"] == "binary"


def test_a_seed_that_was_started_and_not_finished_is_seen(project: Path) -> None:
    train("trained", 0)
    folder = train("trained", 1)
    left = folder.parent / "seed-2"
    left.mkdir()
    (left / "train_spec.json").write_text("{}")

    found = read_training("trained@1", f"path:{folder / 'model'}")

    assert found is not None
    assert found.unfinished == ("seed-2",)


def test_settings_that_only_one_recipe_has_are_told() -> None:
    assert differing_settings({"a": 1}, {"a": 1, "b": None}) == {"b": ["not recorded", None]}


def test_a_setting_left_out_at_its_default_is_none_of_an_older_recipe() -> None:
    assert "reward_sources" not in with_defaults({})
    assert with_defaults({"rewards": "shaped"})["rewards"] == "shaped"
    assert with_defaults({})["gate"] == "none"


@pytest.mark.parametrize(
    "damage",
    [
        {"weights_sha256": "abc"},
        {"versions": ["trl"]},
        {"spec": {"seed": "one"}},
        {"steps": "many"},
    ],
)
def test_a_damaged_manifest_is_one_line_that_names_it(
    project: Path, damage: dict[str, Any]
) -> None:
    folder = train("trained", 1, manifest=damage)

    with pytest.raises(InvalidInputError, match=r"manifest\.json is not a Manifest: "):
        read_training("trained@1", f"path:{folder / 'model'}")


def test_a_torn_manifest_is_one_line_too(project: Path) -> None:
    folder = train("trained", 1)
    (folder / "manifest.json").write_text('{"spec": {')

    with pytest.raises(InvalidInputError, match=r"manifest\.json is not readable JSON"):
        read_training("trained@1", f"path:{folder / 'model'}")
