"""Where the pages of the repository lie in the site, and the links between them."""

import json
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOVED = {
    "README.md": "readme.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "CITATION.cff": "CITATION.cff",
    "LICENSE": "LICENSE",
}
"""Files that have another name in the site."""
MADE = {
    "docs/README.md": "index.md",
    "docs/scripts": "scripts.md",
    "notebooks/README.md": "notebooks/index.md",
    "src/prefrontal/__init__.pyi": "api/index.md",
}
"""Files and folders in whose place the site has a page that is made."""
FOLDERS = {"docs/": "", "notebooks/": "notebooks/"}
"""What lies in a folder of the repository lies in that of the site."""
LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")
FENCED = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)\n*")


def sources() -> Iterator[Path]:
    """Every file of the repository that is a page of the site, or shown by one."""
    yield from (ROOT / name for name in MOVED)
    for pattern in ("docs/*.md", "docs/*.png", "docs/*.gif", "docs/scripts/*.py", "notebooks/*.ipynb"):
        yield from (path for path in sorted(ROOT.glob(pattern)) if name_of(path) not in MADE)


def name_of(path: Path) -> str:
    """The path of a file from the repository's root, with slashes."""
    return path.relative_to(ROOT).as_posix()


def place(name: str) -> str:
    """Where the file `name` of the repository lies in the site.

    Raises:
        LookupError: when it has no place there.
    """
    if name in MOVED or name in MADE:
        return {**MOVED, **MADE}[name]
    for folder, there in FOLDERS.items():
        if name.startswith(folder):
            return there + name.removeprefix(folder)
    raise LookupError(f"{name} has no place in the site: give it one in scripts/website/places.py.")


def with_links(text: str, name: str, page: str | None = None) -> str:
    """`text` of the repository's file `name` as it stands in the site, where links lead to the same.

    Arguments:
        text: Markdown. What stands between fences is left as it is.
        name: the file's path from the repository's root.
        page: the page of the site that it stands in. None: the one of `name`.
    """
    here = posixpath.dirname(place(name) if page is None else page)

    def moved(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(name), link[2]))
        return f"{link[1]}{posixpath.relpath(place(target), here or '.')}{link[3]}"

    pieces, end = [], 0
    for fenced in FENCED.finditer(text):
        pieces += [LINK.sub(moved, text[end : fenced.start()]), fenced[0]]
        end = fenced.end()
    return "".join([*pieces, LINK.sub(moved, text[end:])])


def staged(path: Path) -> bytes:
    """What is put into the site for the file `path`."""
    name = name_of(path)
    if path.suffix == ".md":
        return with_links(path.read_text(encoding="utf-8"), name).encode()
    if path.suffix == ".ipynb":
        return _notebook(json.loads(path.read_text(encoding="utf-8")), name)
    return path.read_bytes()


def _notebook(notebook: dict, name: str) -> bytes:
    cells = [
        {**cell, "source": with_links(BADGE.sub("", "".join(cell["source"])), name)}
        if cell["cell_type"] == "markdown"
        else cell
        for cell in notebook["cells"]
    ]
    return json.dumps({**notebook, "cells": cells}).encode()
