"""How figures look and are saved."""

import itertools
import re

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from prefrontal.errors import UserError
from prefrontal.figures.parts import wrapped
from prefrontal.figures.style import PALETTE, font_families, save_figure, style


@pytest.fixture
def make_figure():
    """A function that makes a small figure anew."""

    def make():
        with style():
            figure = Figure()
            ax = figure.add_subplot(ylabel="reward")
            ax.bar([0, 1], [0.3, 0.7], gid="bars")
            ax.plot([0, 1], [0.2, 0.8], "o")
        return figure

    return make


def test_matplotlib_is_left_as_it_was(make_figure):
    before = dict(matplotlib.rcParams)
    with style():
        assert matplotlib.rcParams["axes.spines.top"] is False
    make_figure()
    assert dict(matplotlib.rcParams) == before


def test_users_own_settings_do_not_spoil_a_figure(make_figure):
    with matplotlib.rc_context({"font.size": 40.0, "axes.spines.top": True, "axes.grid": True}):
        figure = make_figure()
    assert not figure.axes[0].spines["top"].get_visible()
    assert not any(line.get_visible() for line in figure.axes[0].get_xgridlines())
    assert figure.axes[0].yaxis.label.get_fontsize() == 8


def test_figure_is_saved_in_every_format_with_the_same_bytes(make_figure, tmp_path):
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    once, again = (save_figure(make_figure(), tmp_path / name) for name in ("a.b", "c"))
    assert [path.name for path in once] == ["a.b.png", "a.b.svg", "a.b.pdf"]
    for path, other, start in zip(once, again, starts.values(), strict=True):
        assert path.read_bytes().startswith(start)
        assert path.read_bytes() == other.read_bytes()
    assert len(list(tmp_path.iterdir())) == 6


def test_only_the_formats_asked_for(tmp_path):
    assert save_figure(Figure(), tmp_path / "a", formats=["svg"]) == [tmp_path / "a.svg"]
    with pytest.raises(UserError, match=re.escape("`formats` must be one of png, svg, pdf, got 'jpg'.")):
        save_figure(Figure(), tmp_path / "b", formats=["png", "jpg"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.svg"]
    assert (
        save_figure(Figure(), tmp_path / "c.pdf")
        == save_figure(Figure(), tmp_path / "c", "pdf")
        == [tmp_path / "c.pdf"]
    )


def test_figure_that_cannot_be_saved_leaves_the_old_one(tmp_path, monkeypatch):
    figure = Figure()
    (path,) = save_figure(figure, tmp_path / "a", formats=["png"])
    before = path.read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        save_figure(figure, tmp_path / "a", formats=["png"])
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UserError, match="No such file or directory"):
        save_figure(Figure(), tmp_path / "none" / "a")


# Machado, Oliveira, Fernandes (2009), IEEE Trans Vis Comput Graph 15:1291, severity 1; on linear RGB.
DEFICIENCIES = {
    "none": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}
FAMILIES = [("common", "uncommon"), ("rewarded", "unrewarded"), ("ours", "published", "bayes_optimal")]
FAMILIES += [("ours", "chance", "bayes_optimal", "oracle")]


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_colours_drawn_together_can_be_told_apart(deficiency):
    """A difference of 10 in CIELAB is plain to see; 2 is the least that is."""

    def lab(color):
        rgb = np.array(to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        linear = np.clip(DEFICIENCIES[deficiency] @ linear, 0, 1)
        to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
        scaled = to_xyz @ linear / [0.9505, 1.0, 1.089]
        f = np.where(scaled > 0.008856, np.cbrt(scaled), 7.787 * scaled + 16 / 116)
        return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])

    for family in FAMILIES:
        for one, other in itertools.combinations(family, 2):
            assert np.linalg.norm(lab(PALETTE[one]) - lab(PALETTE[other])) > 15, (one, other)


def test_other_fonts_are_asked_only_if_they_are_here(monkeypatch):
    monkeypatch.setattr("prefrontal.figures.style.OTHER_FONTS", ("No Such Font", "STIXGeneral"))
    assert font_families.__wrapped__() == ["DejaVu Sans", "STIXGeneral"]


def test_letters_that_no_font_has_are_not_warned_of(tmp_path, recwarn):
    with style():
        figure = Figure()
        figure.suptitle("\U000f1234")
    assert wrapped("\U000f1234 a", 1.0, 8.0) == ["\U000f1234 a"]
    save_figure(figure, tmp_path / "a", formats=["png"])
    assert not [told for told in recwarn if "Glyph" in str(told.message)]
