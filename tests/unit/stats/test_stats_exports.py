"""The public face of the statistics: complete, sorted, lazy."""

from pathlib import Path

from loaded_modules import loaded_by

from evalsuite import stats

PACKAGE = Path(stats.__file__).parent
PUBLIC: list[str] = vars(stats)["__all__"]


def test_every_public_name_loads_and_the_list_is_sorted() -> None:
    assert list(PUBLIC) == sorted(PUBLIC)
    for name in PUBLIC:
        assert getattr(stats, name).__name__ == name


def test_no_module_is_named_like_a_public_name() -> None:
    """Importing such a module would replace the function in the package."""
    modules = {path.stem for path in PACKAGE.glob("*.py")}

    assert not modules & set(PUBLIC)


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(stats, "t_test")
    assert "mcnemar" in dir(stats)


def test_importing_the_package_loads_neither_numpy_nor_scipy() -> None:
    assert not loaded_by("import evalsuite.stats") & {"numpy", "scipy", "torch", "matplotlib"}


def test_deciding_a_table_never_loads_scipy_stats_or_optimize() -> None:
    """They cost most of a second; special functions are enough."""
    code = (
        "from evalsuite.comparing.summary import compare_table\n"
        "from evalsuite.verdict.judge import judge\n"
        "from evalsuite.records.comparison import Table\n"
        "from evalsuite.records.verdict import Policy\n"
        "table = Table(both=59, losses=6, gains=16, neither=80)\n"
        "judge(compare_table(table), Policy())"
    )

    assert not loaded_by(code) & {"scipy.stats", "scipy.optimize", "pandas"}
