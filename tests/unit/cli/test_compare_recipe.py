from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from builders import run
from click.testing import CliRunner, Result
from report_builders import texts

import evalsuite
from evalsuite.cli.compare import command as compare
from evalsuite.cli.gate import command as gate
from evalsuite.cli.report import command as report
from evalsuite.cli.shared.report_files import report_folder
from evalsuite.disk.storage import write_run
from evalsuite.models.names import write_alias
from evalsuite.records.codec import from_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.recipe import RecipeComparison

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from click import Command

TABLES = ((20, 4, 20, 16), (20, 4, 24, 12), (22, 2, 22, 14))
"""All rest on the same 24 right answers of base."""


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Store one base and three seeds of two recipes, with their aliases; compare once."""
    folder = tmp_path_factory.mktemp("work")
    base, _ = texts(*TABLES[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_run(folder / "runs" / "plain", run(base, name="plain", budget=400))
        write_alias("base", "run:plain")
        for seed, table in enumerate(TABLES):
            _, trained = texts(*table)
            for name, answers in (("good", trained), ("shy", base[::-1])):
                stored = run(answers, name=f"{name}-{seed}", budget=400)
                write_run(folder / "runs" / f"{name}-{seed}", stored)
                write_alias(f"{name}@{seed}", f"run:{name}-{seed}")
        yield folder


@pytest.fixture(scope="module")
def compared(workplace: Path) -> Result:
    """Compare the recipe with base; the report is in ``there``."""
    return _compare("-o", "there")


def _invoke(command: Command, *arguments: str) -> Result:
    return CliRunner().invoke(command, list(arguments), catch_exceptions=True)


def _compare(*more: str, names: tuple[str, ...] = ("base", "good@*")) -> Result:
    done = _invoke(compare, *names, "--seeds", "0", *more)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def _found(folder: Path) -> RecipeComparison:
    return from_json(RecipeComparison, (folder / "results.json").read_bytes())


@pytest.mark.usefixtures("compared")
def test_a_recipe_ends_in_one_folder_with_one_subfolder_a_seed(workplace: Path) -> None:
    folder = workplace / "there"

    assert sorted(p.name for p in folder.iterdir() if p.is_dir()) == ["good-0", "good-1", "good-2"]
    for name in ("report.html", "results.json", "summary.md"):
        assert (folder / name).is_file()
        assert (folder / "good-1" / name).is_file()


@pytest.mark.usefixtures("compared")
def test_the_folder_is_named_after_base_recipe_and_seeds(workplace: Path) -> None:
    folder = report_folder(workplace, _found(workplace / "there"))

    assert folder.name.startswith("base-vs-good-3-seeds-")
    assert folder == report_folder(workplace, _found(workplace / "there"))


def test_the_terminal_says_whose_gain_it_is_and_lists_every_seed(compared: Result) -> None:
    out = compared.stdout

    assert out.startswith("These 3 checkpoints of good average +22.8 points against base ")
    out = _compare("-v", "--no-report").stdout
    for line in (
        "seed 0",
        "seed 1",
        "seed 2",
        "mean of these 3 runs",
        "the recipe's average",
        "one new run of the recipe",
    ):
        assert f"\n  {line}  " in out
    assert "Holm" not in out


@pytest.mark.usefixtures("compared")
def test_listing_the_seeds_is_the_same_and_json_is_the_file(workplace: Path) -> None:
    done = _compare("--json", "-o", "other", names=("base", "good@0", "good@1", "good@2"))

    assert done.stdout == (workplace / "other" / "results.json").read_text("utf-8")
    assert done.stdout == (workplace / "there" / "results.json").read_text("utf-8")


@pytest.mark.usefixtures("compared")
def test_the_file_keeps_every_seeds_own_comparison(workplace: Path) -> None:
    written = json.loads((workplace / "there" / "results.json").read_bytes())
    found = _found(workplace / "there")

    assert written.keys() >= {"schema", "recipe", "gain", "verdict", "checks", "comparisons"}
    assert written["verdict"]["scope"] == "checkpoints"
    for i, own in enumerate(found.comparisons):
        below = workplace / "there" / f"good-{i}" / "results.json"
        assert from_json(Comparison, below.read_bytes()) == own
    assert [row.trained for row in found.recipe.seeds] == ["good@0", "good@1", "good@2"]


@pytest.mark.usefixtures("compared")
def test_rebuilding_gives_the_same_bytes(workplace: Path) -> None:
    pages = {p: p.read_bytes() for p in (workplace / "there").rglob("report.html")}
    assert len(pages) == 4

    _invoke(report, "there")

    assert {p: p.read_bytes() for p in pages} == pages


@pytest.mark.usefixtures("compared", "workplace")
@pytest.mark.parametrize("form", ["md", "text", "latex", "json-schema"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_other_shapes_and_languages_come_from_the_file_alone(form: str, lang: str) -> None:
    done = _invoke(report, "there", "--format", form, "--lang", lang, "-o", "-")

    assert done.exit_code == 0
    assert len(done.stdout) > 200


@pytest.mark.usefixtures("compared", "workplace")
@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ((), 0),
        (("--require", "regressed"), 1),
        (("--forbid", "runs_only"), 1),
        (("--max-loss-rate", "0.01"), 1),
        (("--max-loss-rate", "0.2"), 0),
    ],
)
def test_a_gate_judges_the_recipe(rules: tuple[str, ...], code: int) -> None:
    done = CliRunner().invoke(gate, ["there", *rules], standalone_mode=False)

    assert done.return_value == code


@pytest.mark.usefixtures("compared", "workplace")
def test_limits_of_a_gate_hold_for_the_worst_seed() -> None:
    done = _invoke(gate, "there", "--max-loss-rate", "0.05")

    assert "0.0667 of the questions, the largest share of 3 training seeds" in done.stdout


def test_two_recipes_are_compared_seed_by_seed(workplace: Path) -> None:
    out = _compare("-v", "-o", "pair", names=("shy@0,2", "good@0,2")).stdout

    found = _found(workplace / "pair")
    assert found.recipe.paired_by_seed
    assert [(row.base, row.trained) for row in found.recipe.seeds] == [
        ("shy@0", "good@0"),
        ("shy@2", "good@2"),
    ]
    assert "EVS081 Seeds left out: shy@1, good@1" in " ".join(out.split())


@pytest.mark.usefixtures("workplace")
def test_one_seed_alone_is_an_ordinary_comparison() -> None:
    done = _compare("--json", "-o", "single", names=("base", "good@1,1"))

    assert from_json(Comparison, done.stdout).trained.name == "good-1"


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (("base", "good@*", "shy@*"), "stand alone"),
        (("base", "nobody@*"), "no alias nobody@SEED"),
        (("base", "good@0,9"), "good has no seed 9"),
        (("shy@0,1", "good@*"), "shy has seeds 0, 1 and good has seeds 0, 1, 2"),
        (("base", "good@*", "--stop-early"), "one pair"),
    ],
)
def test_a_mistake_is_one_clear_line(workplace: Path, names: tuple[str, ...], says: str) -> None:
    done = _invoke(compare, *names, "--seeds", "0", "-o", "nothing")

    assert says in str(done.exception)
    assert not (workplace / "nothing").exists()


@pytest.mark.usefixtures("compared")
def test_python_compares_a_recipe_as_the_command_does(workplace: Path) -> None:
    found = evalsuite.compare("base", "good@*", subsets=0)

    assert isinstance(found, RecipeComparison)
    assert found == _found(workplace / "there")
