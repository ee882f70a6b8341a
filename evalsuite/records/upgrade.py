"""Results of schema 1 as schema 2 has them: what stood in untyped corners gets its own key."""

from __future__ import annotations

from typing import Any

__all__ = ["upgraded"]


def upgraded(document: dict[str, Any]) -> dict[str, Any]:
    """Lift ``provenance.family`` and ``diagnostics.stopped_early``, in every single comparison.

    Documents of other kinds come back as they are. What schema 1 did not record stays None.
    """
    lifted = dict(document)
    for key, corner in (("family", "provenance"), ("stopped_early", "diagnostics")):
        known = lifted.get(corner)
        if isinstance(known, dict) and key in known:
            lifted[corner] = {name: value for name, value in known.items() if name != key}
            lifted[key] = known[key]
    parts = lifted.get("comparisons")
    if isinstance(parts, list):
        lifted["comparisons"] = [upgraded(p) if isinstance(p, dict) else p for p in parts]
    return lifted
