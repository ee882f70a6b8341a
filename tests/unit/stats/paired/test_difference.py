"""The interval of the gain, method by method: definitions, edges, known defects."""

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import difference_interval

SAFE = ("tango", "newcombe", "bonett-price", "fay-lumbard")
SMALL = [
    (both, losses, gains, n - both - losses - gains)
    for n in (1, 3, 6, 12)
    for both in range(n + 1)
    for losses in range(n + 1 - both)
    for gains in range(n + 1 - both - losses)
]


def test_default_is_the_tango_interval_at_95_percent() -> None:
    result = difference_interval(80, 6, 16, 59)

    assert (result.method, result.confidence_level, result.n) == ("tango", 0.95, 161)
    assert result.estimate == pytest.approx(10 / 161)


@pytest.mark.parametrize("method", SAFE)
@pytest.mark.parametrize("n", [1, 5, 20, 1319])
def test_no_discordant_question_never_gives_a_point(method: str, n: int) -> None:
    for both in {0, n // 2, n}:
        result = difference_interval(both, 0, 0, n - both, method=method)  # type: ignore[arg-type]

        assert result.low < 0 < result.high


@pytest.mark.parametrize("method", ["wald", "bootstrap", "bca"])
@pytest.mark.parametrize(
    ("table", "moved"),
    [((3, 0, 0, 2), "no question moved"), ((0, 0, 5, 0), "every question moved one way")],
)
def test_methods_that_would_give_a_point_refuse(
    method: str, table: tuple[int, int, int, int], moved: str
) -> None:
    with pytest.raises(InvalidInputError, match=f"{moved}.*use method='tango'"):
        difference_interval(*table, method=method)  # type: ignore[arg-type]
