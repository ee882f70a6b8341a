from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from report_builders import HOSTILE

from evalsuite.reporting.outputs.inert import one_line, visible


@pytest.mark.parametrize("text", HOSTILE)
def test_visible_text_can_be_encoded_and_holds_no_hidden_character(text: str) -> None:
    shown = visible(text)

    shown.encode("utf-8")
    hidden = [c for c in shown if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t"]
    assert hidden == []


def test_every_control_format_and_surrogate_character_is_hidden() -> None:
    """Complete by enumeration of all code points, so a new escape can't be forgotten."""
    left = [
        f"U+{point:04X}"
        for point in range(sys.maxunicode + 1)
        if unicodedata.category(chr(point)) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        and chr(point) not in "\n\t"
        and visible(chr(point)) == chr(point)
    ]

    signs_with_a_glyph = (
        *range(0x600, 0x606),
        *(0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD),
    )
    assert set(left) <= {f"U+{point:04X}" for point in signs_with_a_glyph}


def test_visible_leaves_ordinary_text_alone() -> None:
    text = "x\ty\nz é 数学 🧮 −3 \\boxed{7}"

    assert visible(text) == text


def test_one_line_is_one_line_of_bounded_length() -> None:
    shown = one_line("a\n\nb\u2028c" + "x" * 1_000_000, longest=20)

    assert len(shown) == 20
    assert not re.search(r"[\n\u2028]", shown)
