"""How Sphinx builds the site of these pages: `make docs`."""

import sys
from importlib.metadata import version as installed
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

project = "prefrontal"
author = "The prefrontal authors"
copyright = "the prefrontal authors"
release = version = installed("prefrontal")

extensions = ["myst_nb", "sphinx.ext.autodoc"]
exclude_patterns = ["scripts/*"]
highlight_language = "none"
language = "en"
nitpicky = False

myst_enable_extensions = ["dollarmath", "attrs_inline"]
myst_heading_anchors = 4
nb_execution_mode = "off"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
toc_object_entries_show_parents = "hide"
autodoc_class_signature = "mixed"
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 80
html_math_renderer = "mathml"

html_theme = "pydata_sphinx_theme"
html_title = f"prefrontal {release}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "navbar_align": "left",
    "navigation_with_keys": False,
    "show_prev_next": False,
    "header_links_before_dropdown": 7,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app):
    """Docstrings and equations as these pages have them."""
    from website.docstrings import process_docstring, process_signature
    from website.mathml import setup_math

    app.connect("autodoc-process-docstring", process_docstring)
    app.connect("autodoc-process-signature", process_signature)
    setup_math(app)
