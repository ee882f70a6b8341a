"""What a reader needs to repeat a comparison, and what of a machine stays there."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from builders import run

from evalsuite.asking.session import provenance_of
from evalsuite.disk.storage import fingerprint


def test_a_folder_is_told_by_its_name_alone() -> None:
    base, trained = run(["7"]), run(["7"], name="trained")

    written = provenance_of(base, trained, (Path("/home/somebody/runs/base-1"), None))

    assert (written["base"]["run"], written["trained"]["run"]) == ("base-1", None)
    assert "somebody" not in json.dumps(written)
    assert written["base"]["fingerprint"] == fingerprint(base.spec)


def test_prompts_are_told_for_both_sides_or_not_at_all() -> None:
    base, trained = run(["7"]), run(["7"], name="trained")
    known = [replace(side, environment={"prompt_template": "Q: {}"}) for side in (base, trained)]

    assert provenance_of(known[0], trained, (None, None))["prompts"] is None
    assert provenance_of(known[0], known[1], (None, None))["prompts"] == {
        "base": "Q: {}",
        "trained": "Q: {}",
    }
