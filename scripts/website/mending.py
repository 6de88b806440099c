"""What Sphinx and its theme leave that a reader, or who reads to them, trips over, mended in the built pages."""

import re
from pathlib import Path

SUMMARY = "<summary><span"
EMPTY_HEAD = re.compile(r"<th(?: [^>]*)?>\s*(?:<p>\s*</p>)?\s*</th>")
LINES = re.compile(r"<dl>\s*((?:<dd>(?:(?!</?d[ld]).)*</dd>\s*)+)</dl>", re.DOTALL)


def mend_pages(site: Path) -> None:
    """Mend every page of the built site."""
    for path in site.rglob("*.html"):
        if "_static" not in path.parts:
            path.write_text(mended(path.read_text(encoding="utf-8")), encoding="utf-8")


def mended(text: str) -> str:
    """A page, in HTML, where

    - what folds a part of the list of pages has a name,
    - the corner of a table, which heads nothing, is no heading,
    - the lines of a long signature are no list of definitions,
    - an array of JAX is called an Array.
    """
    text = text.replace(SUMMARY, '<summary aria-label="Show or hide the pages below"><span')
    text = text.replace("jaxlib._jax.Array", "Array")
    text = EMPTY_HEAD.sub("<td></td>", text)
    return LINES.sub(_lines, text)


def _lines(found: re.Match[str]) -> str:
    return found[1].replace("<dd>", '<span class="sig-line">').replace("</dd>", "</span>")
