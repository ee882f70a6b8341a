"""Tell whether a fine-tuning gain is real, and what it is made of.

>>> from evalsuite import stats
>>> round(stats.mcnemar(losses=97, gains=197).pvalue, 9)
6e-09

``evalsuite.compare("base", "trained")`` runs what is missing and returns a
`evalsuite.records.comparison.Comparison` with its verdict; several models give a ``Family``, the
seeds of one recipe a ``RecipeComparison``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.models.quiet import turn_off_telemetry
from evalsuite.version import __version__

if TYPE_CHECKING:
    from evalsuite.api import compare

__all__ = ["__version__", "compare"]

# Here, before any module of ours can import a library that tells somebody.
turn_off_telemetry()


def __getattr__(name: str) -> Any:
    """Load ``compare`` when it is first used: importing evalsuite loads no model library."""
    if name == "compare":
        from evalsuite.api import compare

        return compare
    raise AttributeError(f"module 'evalsuite' has no attribute {name!r}")
