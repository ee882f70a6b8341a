"""Links of the docs site: what a page names outside docs/ is text there, for no file goes with it.

mkdocs loads it as a hook. In the repository the same links lead to the files, which a test checks.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

_LINK = re.compile(r"\[([^\]]*)\]\((\.\./[^)\s]*)\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Replace links that leave the docs by their words and the path."""
    folder = posixpath.dirname(page.file.src_uri)

    def told(link: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join("docs", folder, link[2]))
        if path.startswith("docs/"):
            return link[0]
        return link[1] if link[1] in path else f"{link[1]} (`{path}`)"

    return _LINK.sub(told, markdown)
