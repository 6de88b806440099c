"""The parts of the site, one page each: docs/README.md, the list of all pages, part by part."""

import re

from website.places import ROOT, place, with_links

CONTENTS = "docs/README.md"
README = "README.md"
NOTEBOOKS = "notebooks/README.md"
GENERATED = {
    "Reference": ["api/index", "commands/index"],
    "Experiments": ["experiments/index"],
    "Notebooks and scripts": ["notebooks/index", "scripts"],
    "About": ["readme", "changelog", "contributing"],
}
"""Pages of each part that are not files in docs/."""


def parts() -> dict[str, str]:
    """What docs/README.md says under each heading, by heading."""
    text = (ROOT / CONTENTS).read_text(encoding="utf-8")
    return {heading: body.strip() for heading, body in re.findall(r"^## (.+)\n((?:(?!## ).*\n?)*)", text, re.MULTILINE)}


def slug(heading: str) -> str:
    """The name of the page of a part."""
    return "part-" + re.sub(r"\W+", "-", heading.lower())


def pages_of(heading: str, body: str) -> list[str]:
    """The pages that lie below a part, in their order; sections of one page count once."""
    linked = [place(f"docs/{name}") for name in re.findall(r"\]\(([\w.-]+\.md)", body)]
    return [*dict.fromkeys(name.removesuffix(".md") for name in linked), *GENERATED.get(heading, [])]


def index_pages() -> dict[str, str]:
    """The first page and one page a part, by name."""
    found = parts()
    pages = {
        f"{slug(heading)}.md": "\n".join(
            [f"# {heading}", "", with_links(body, CONTENTS), "", *toctree(pages_of(heading, body), depth=1), ""]
        )
        for heading, body in found.items()
    }
    return {"index.md": _first(list(found)), "notebooks/index.md": _notebooks(), **pages}


def toctree(pages: list[str], *, depth: int, hidden: bool = True) -> list[str]:
    """The lines that put `pages` below the page that these lines stand in."""
    return ["```{toctree}", f":maxdepth: {depth}", *[":hidden:"] * hidden, "", *pages, "```"]


def _notebooks() -> str:
    text = (ROOT / NOTEBOOKS).read_text(encoding="utf-8")
    names = re.findall(r"\]\(([\w-]+)\.ipynb\)", text)
    return "\n".join([with_links(text, NOTEBOOKS), *toctree(names, depth=1), ""])


def _first(headings: list[str]) -> str:
    """What it is, in one screen: the head of README.md, and where to go from there."""
    head, _, _ = (ROOT / README).read_text(encoding="utf-8").partition("\n## ")
    title, text, figure, *caption = head.strip().split("\n\n")
    contents = (ROOT / CONTENTS).read_text(encoding="utf-8")
    found = re.search(r"<!-- begin -->\n(.*?)<!-- end -->", contents, re.DOTALL)
    assert found is not None, "docs/README.md must mark what the first page shows of it."
    return "\n\n".join(
        [
            title,
            with_links(text, README, "index.md"),
            with_links(found[1].strip(), CONTENTS, "index.md"),
            with_links(f"{figure}{{.first-figure}}", README, "index.md"),
            *caption,
            "\n".join(toctree([slug(heading) for heading in headings], depth=2)),
            "",
        ]
    )
