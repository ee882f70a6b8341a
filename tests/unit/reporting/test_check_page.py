from __future__ import annotations

from check_page import PAGE, check_page


def test_the_page_on_checks_is_the_one_that_the_code_makes() -> None:
    assert PAGE.read_text("utf-8") == check_page(), "run: python tests/support/check_page.py"
