"""The texts of a figure as they are drawn: what a reader sees, and where."""

import itertools
from unittest import mock

from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox


def drawn_texts(figure: Figure) -> list[tuple[str, Bbox]]:
    """Each text that is drawn, and its place in pixels."""
    drawn = []

    def draw(text, renderer, *arguments, **options):
        if text.get_visible() and text.get_text().strip():
            drawn.append((text.get_text(), text.get_window_extent(renderer)))
        return original(text, renderer, *arguments, **options)

    original = Text.draw
    with mock.patch.object(Text, "draw", draw):
        figure.canvas.draw()
    return drawn


def check_texts(figure: Figure, *, least: int) -> None:
    """Check that `least` texts or more are drawn, each inside the figure and apart from the others."""
    drawn = drawn_texts(figure)
    assert len(drawn) >= least
    width, height = figure.bbox.size
    for name, place in drawn:
        assert -1 <= place.x0 < place.x1 <= width + 1, name
        assert -1 <= place.y0 < place.y1 <= height + 1, name
    for (one, place), (other, another) in itertools.combinations(drawn, 2):
        assert not place.overlaps(another), (one, other)
