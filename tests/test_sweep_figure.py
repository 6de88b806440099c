"""The figure of a sweep: what is drawn where, and what is said."""

import numpy as np
import pytest
from drawn_texts import check_texts

from prefrontal.figures.sweep import sweep_figure

NAMES = ("reward per episode", "stay probability, common rewarded", "stay probability, uncommon rewarded")


def measured(seed: int, num_seeds: int):
    values = np.random.default_rng(seed).uniform(0.2, 0.8, (len(NAMES), num_seeds))
    bounds = (0.1, 0.9) if num_seeds > 1 else None
    return {name: (row.tolist(), bounds) for name, row in zip(NAMES, values, strict=True)}


@pytest.mark.parametrize("num_seeds", [1, 2])
def test_measures_stand_over_the_values_of_the_setting(num_seeds):
    points = [{"train.discount": value} for value in (0.8, 0.9, 0.95)]
    every = [measured(number, num_seeds) for number in range(3)]
    figure = sweep_figure(points, every, "wang2018-two-step: train.discount swept, with --train.num-episodes 400")
    assert [" ".join(ax.get_title().split()) for ax in figure.axes] == list(NAMES)
    for name, ax in zip(NAMES, figure.axes, strict=True):
        (line,) = [line for line in ax.lines if str(line.get_gid()).startswith("mean")]
        np.testing.assert_allclose(np.asarray(line.get_ydata()), [np.mean(one[name][0]) for one in every])
        assert [label.get_text() for label in ax.get_xticklabels()] == ["0.8", "0.9", "0.95"]
        assert len(ax.collections) == (3 if num_seeds > 1 else 0)  # intervals
    assert figure.axes[1].get_ylim() == figure.axes[2].get_ylim()
    said = [text.get_text() for text in figure.texts]
    assert said[-1].startswith("1 seed of" if num_seeds == 1 else "2 seeds of")
    check_texts(figure, least=15)


def test_the_other_settings_have_a_line_each():
    points = [{"train.discount": value, "agent.hidden-size": size} for value in (0.8, 0.9) for size in (8, 16, 32)]
    figure = sweep_figure(points, [measured(number, 2) for number in range(6)], "Two settings")
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == [f"agent.hidden-size {size}" for size in (8, 16, 32)]
    assert len({line.get_color() for line in figure.axes[0].lines if str(line.get_gid()).startswith("mean")}) == 3
    check_texts(figure, least=15)
