from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from builders import run

from evalsuite.cli.shared.stored_runs import find_run, run_line
from evalsuite.disk.storage import run_folder, write_run
from evalsuite.errors import InvalidInputError
from evalsuite.reporting.clauses import error_templates

RECORDED = Path(__file__).parents[4] / "runs" / "recorded"
ROOT = RECORDED.parent


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Hold two runs of smol-base, one of them unfinished, and one of smol-warmed."""
    for pattern in ("smol-base-*", "smol-warmed-*"):
        source = next(RECORDED.glob(pattern))
        shutil.copytree(source, tmp_path / source.name)
    first = next(tmp_path.glob("smol-base-*"))
    second = shutil.copytree(first, tmp_path / "smol-base-other-12345678")
    (second / "complete.json").unlink()
    return tmp_path


@pytest.mark.parametrize("prefix", ["", "run:"])
def test_a_run_is_found_with_and_without_its_prefix(store: Path, prefix: str) -> None:
    (warmed,) = store.glob("smol-warmed-*")

    for name in (warmed.name, str(warmed), "smol-warmed", "smol-w"):
        assert find_run(f"{prefix}{name}", store) == warmed


def test_a_models_path_finds_the_run_it_was_asked_in(store: Path) -> None:
    assert find_run("./somewhere/smol-warmed", store).name.startswith("smol-warmed-")


def test_several_runs_are_told_with_what_they_hold(store: Path) -> None:
    with pytest.raises(InvalidInputError, match="'smol-base' fits 2 runs") as raised:
        find_run("smol-base", store)

    told = str(raised.value)
    assert "smol-base-other-12345678 (embedded, 400 questions" in told
    assert "unfinished" in told
    assert "; give a whole name, such as smol-base-" in told


def test_runs_whose_folders_tell_nothing_of_the_model_are_told_by_its_name(tmp_path: Path) -> None:
    for name in ("甲", "乙"):
        written = run([r"\boxed{7}"], name=name)
        write_run(run_folder(tmp_path, written.spec), written)

    with pytest.raises(InvalidInputError, match="'model' fits 2 runs") as raised:
        find_run("model", tmp_path)

    told = raised.value.clause.told(error_templates("zh"))
    assert "（甲，test，1 题，最多 64 个 token）" in told
    assert "（乙，test，" in told
    assert find_run("甲", tmp_path) != find_run("乙", tmp_path)


def test_where_only_one_is_complete_it_is_the_one_that_is_read(store: Path) -> None:
    found = find_run("run:smol-base", store, complete=True)

    assert (found / "complete.json").is_file()


def test_a_misspelt_name_is_answered_with_near_ones(store: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"did you mean .*smol-warmed"):
        find_run("smol-wramed", store)


def test_an_empty_store_says_what_makes_runs(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="evalsuite compare"):
        find_run("base", tmp_path)


def test_a_damaged_run_is_still_listed(store: Path) -> None:
    (store / "smol-base-other-12345678" / "spec.json").write_text("{", "utf-8")

    assert run_line(store / "smol-base-other-12345678").endswith("(can't be read)")
    assert find_run("smol-warmed", store).name.startswith("smol-warmed-")
