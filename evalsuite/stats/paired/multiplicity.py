"""Several comparisons declared together: models, budgets, graders.

Subsets of one run are no family: they overlap with it and decide nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.stats.arguments import check_probability

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["holm"]


def holm(pvalues: Sequence[float]) -> tuple[float, ...]:
    """Adjust p-values so that the chance of any false alarm in the family stays below alpha.

    Holm's step-down method: the k smallest p-values are multiplied by the number of
    comparisons not yet rejected, and never fall below a smaller one's result. It assumes
    nothing about how the comparisons depend on each other.

    Parameters
    ----------
    pvalues
        One p-value for each declared comparison, at least one.

    Returns
    -------
    tuple of float
        Adjusted p-values in the order given; compare each with alpha.

    Raises
    ------
    InvalidInputError
        For an empty family and for a number outside 0 to 1.

    References
    ----------
    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Examples
    --------
    >>> [round(p, 3) for p in holm([0.01, 0.04, 0.03])]
    [0.03, 0.06, 0.06]
    """
    checked = [check_probability(p, f"pvalues[{index}]") for index, p in enumerate(pvalues)]
    if not checked:
        raise InvalidInputError(
            "pvalues is empty, but a family holds at least one comparison; pass its p-values"
        )
    adjusted = [0.0] * len(checked)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(checked)), key=checked.__getitem__)):
        largest = max(largest, min(1.0, (len(checked) - rank) * checked[index]))
        adjusted[index] = largest
    return tuple(adjusted)
