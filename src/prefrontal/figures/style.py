"""How figures look and how they are saved. Nothing here changes matplotlib's own settings for good."""

import contextlib
import importlib
import io
import warnings
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from prefrontal.errors import check_choice
from prefrontal.runs.files import write_bytes

PALETTE = {
    "common": "#0072B2",
    "uncommon": "#E69F00",
    "rewarded": "#332288",
    "unrewarded": "#D55E00",
    "ours": "#222222",
    "published": "#CC79A7",
    "bayes_optimal": "#009E73",
    "chance": "#606060",
    "oracle": "#56B4E9",
}
"""What a colour means, in every figure: a transition, an outcome, or whose behaviour it is. They are
Okabe and Ito's (2008), and an indigo: colour-blind people can tell apart those that are drawn together."""

MINUS = "\N{MINUS SIGN}"
"""As print has it, and the ticks of axes."""

FONT = "DejaVu Sans"
"""It comes with matplotlib: a figure looks the same everywhere."""

OTHER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "PingFang SC",
    "Heiti TC",
    "Hiragino Sans",
    "Apple SD Gothic Neo",
    "Microsoft YaHei",
    "SimHei",
    "Yu Gothic",
    "Malgun Gothic",
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Tamil",
    "Noto Sans Thai",
    "Lohit Devanagari",
    "Nirmala UI",
    "Leelawadee UI",
    "Segoe UI Symbol",
    "Arial Unicode MS",
    "Unifont",
)
"""For letters that ours lacks: what Linux, macOS and Windows bring along."""

SETTINGS: dict[Any, Any] = {
    "font.size": 8.0,
    "axes.labelsize": 8.0,
    "axes.titlesize": 9.0,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 8.0,
    "ytick.labelsize": 8.0,
    "legend.fontsize": 7.5,
    "legend.frameon": False,
    "lines.linewidth": 1.2,
    "lines.solid_capstyle": "round",
    "figure.dpi": 100.0,
    "savefig.dpi": 200.0,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "prefrontal",
}
"""Matplotlib's settings while a figure is made or saved. Text in PDF stays editable; the same figure gives
the same bytes."""

# A file that names the day it was made differs from run to run though the figure does not.
METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
FORMATS = ("png", "svg", "pdf")
"""What figures are saved in, unless one is asked for."""


def import_formats() -> None:
    """Import what saves figures in `FORMATS`, as saving them would: it takes a quarter of a second."""
    for name in ("agg", "svg", "pdf"):
        importlib.import_module(f"matplotlib.backends.backend_{name}")
    importlib.import_module("fontTools.subset")


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Matplotlib's settings are the package's within this context, and as before after it."""
    with matplotlib.rc_context(), missing_letters_allowed():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        matplotlib.rcParams["font.family"] = font_families()
        yield


@contextlib.contextmanager
def missing_letters_allowed() -> Iterator[None]:
    """A name in letters that no font here has is drawn as boxes; that is to be seen, and nothing is said of it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        yield


@cache
def font_families() -> list[str]:
    """Our font, and those of `OTHER_FONTS` that are here; matplotlib takes each letter from the first that has it."""
    here = {font.name for font in fontManager.ttflist}
    return [FONT, *(name for name in OTHER_FONTS if name in here)]


def save_figure(figure: Figure, path: str | Path, formats: str | Sequence[str] = FORMATS) -> list[Path]:
    """Save `figure` once in each of `formats`, each file whole or not at all.

    Arguments:
        figure: the figure.
        path: where to, without a suffix; "stay.png" says the format, too.
        formats: file types, of png, svg and pdf, or one of them.

    Returns:
        The files written, in the order of `formats`.

    Raises:
        UserError: when a format is none of the three, or a file cannot be written; an older one is then left
            as it was.

    Example:
        >>> [str(file) for file in pf.save_figure(pf.plot_stay(table), "stay", formats=["png"])]
        ['stay.png']
    """
    path = Path(path)
    if formats == FORMATS and path.suffix[1:].lower() in METADATA:
        path, formats = path.with_suffix(""), path.suffix[1:].lower()
    formats = (formats,) if isinstance(formats, str) else formats
    for name in formats:
        check_choice("formats", name, list(METADATA))
    return [_save(figure, path.with_name(f"{path.name}.{name}"), name) for name in formats]


def _save(figure: Figure, path: Path, name: str) -> Path:
    drawn = io.BytesIO()
    with style():
        figure.savefig(drawn, format=name, metadata=METADATA[name])
    write_bytes(path, drawn.getvalue())
    return path
