"""Build the documentation site: `make docs`.

    python scripts/build_site.py [--out build/docs] [--linkcheck]

Its sources are put together in build/docs-source: pages, notebooks and scripts of the repository, and what is made
here of the package itself: the reference, the commands' help and the experiments' pages. Notebooks are shown as they
are kept; nothing is trained. Any warning is an error, and every link within the site must lead somewhere.
"""

import argparse
import shutil
import sys
from pathlib import Path

from website.api import api_pages
from website.commands import command_pages
from website.contents import index_pages
from website.experiments import experiment_pages
from website.links import broken_links
from website.mending import mend_pages
from website.places import ROOT, name_of, place, sources, staged
from website.scripts import scripts_page

SOURCE = ROOT / "build" / "docs-source"


def main() -> None:
    """Build the site, or check the links that lead out of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "docs", help="folder of the site")
    parser.add_argument("--linkcheck", action="store_true", help="look up every address that the site links to")
    options = parser.parse_args()
    write_sources(SOURCE)
    builder = "linkcheck" if options.linkcheck else "html"
    out = ROOT / "build" / "docs-links" if options.linkcheck else options.out
    shutil.rmtree(out, ignore_errors=True)
    from sphinx.cmd.build import build_main

    told = ["-W", "--keep-going", "-q", "-j", "2", "-b", builder]
    code = build_main([*told, "-c", str(ROOT / "docs"), "-d", str(ROOT / "build" / "doctrees"), str(SOURCE), str(out)])
    if code or options.linkcheck:
        sys.exit(code)
    mend_pages(out)
    if broken := broken_links(out):
        sys.exit("\n".join(["Links that lead nowhere:", *broken]))
    print(f"The site: {out / 'index.html'}")


def write_sources(folder: Path) -> None:
    """Put all pages into `folder`, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    files = {place(name_of(path)): staged(path) for path in sources()}
    for name, content in {**files, **{name: text.encode() for name, text in generated().items()}}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def generated() -> dict[str, str]:
    """Every page that is made here, by its name in the site."""
    return {**index_pages(), **scripts_page(), **api_pages(), **command_pages(), **experiment_pages()}


if __name__ == "__main__":
    main()
