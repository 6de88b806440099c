"""The gallery page tells of every experiment as it is now."""

import importlib.util
from pathlib import Path

from prefrontal.experiments import EXPERIMENTS
from prefrontal.shipped import shipped_names

SCRIPT = Path(__file__).parents[1] / "scripts" / "make_gallery.py"


def test_the_gallery_is_as_the_script_makes_it():
    spec = importlib.util.spec_from_file_location("make_gallery", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    page = script.GALLERY.read_text(encoding="utf-8")
    assert page == script.gallery(), "run scripts/make_gallery.py"
    for name in EXPERIMENTS:
        assert f"\n## {name}\n" in page
    assert page.count(script.HEADING) == len(set(shipped_names()) & set(EXPERIMENTS))
