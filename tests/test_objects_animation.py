"""The film of objects: what each picture says is what was played, and nothing that comes later."""

from pathlib import Path

import jax
import numpy as np
import pytest
from PIL import Image

from prefrontal.agents.strategies import StrategyAgent
from prefrontal.configs import HarlowConfig
from prefrontal.errors import UserError
from prefrontal.figures.animated.objects import ObjectsPicture, objects_frames, save_objects_animation
from prefrontal.rollouts.episodes import rollout

pytestmark = pytest.mark.thorough

TASK = HarlowConfig(num_trials=3, object_size=4)


@pytest.fixture(scope="module")
def played():
    return rollout(StrategyAgent("alternation", TASK, lapse=0.2), TASK.make(), jax.random.key(1))


@pytest.mark.thorough
def test_two_pictures_a_trial(played):
    frames = objects_frames(played, TASK)
    assert [frame.trial for frame in frames] == [0, 0, 1, 1, 2, 2]
    for step, frame in enumerate(frames):
        assert (frame.objects is None) == (step % 2 == 0) == (frame.outcome is None)
        assert frame.total == pytest.approx(np.asarray(played.reward)[: step + 1].sum())
        assert frame.policy == pytest.approx(np.asarray(jax.nn.softmax(played.logits[step])), abs=1e-5)
        if frame.objects is not None:
            np.testing.assert_array_equal(frame.objects.ravel(), played.observation[step, 1:])
            assert frame.outcome == ("correct" if frame.action == frame.good_side else "wrong")


def test_what_is_drawn_is_what_the_frames_say(played):
    frames = objects_frames(played, TASK)
    picture = ObjectsPicture(frames, TASK, "One who alternates")
    for frame in frames:
        picture.show(frame)
        assert picture.words["trial"].get_text() == f"trial {frame.trial + 1} of 3"
        assert picture.cross.get_visible() == (frame.objects is None)
        if frame.objects is not None:
            for side, panel in enumerate(picture.sides):
                np.testing.assert_allclose([bar.get_height() for bar in panel.bars], frame.objects[side])
                assert panel.star.get_visible() == (side == frame.good_side)
    ends = picture.trials.ends
    assert sorted(place for places in ends.values() for place in places) == [1, 2, 3]


def test_a_film(played, tmp_path: Path):
    path = save_objects_animation(
        played, TASK, tmp_path / "new" / "film.gif", title="film", first_trial=1, num_trials=1
    )
    assert Image.open(path).n_frames == 2  # pyright: ignore


def test_what_cannot_be_filmed_is_refused(played, tmp_path: Path):
    with pytest.raises(UserError, match=r"`first_trial` must be from 0 to 2, got 3\."):
        objects_frames(played, TASK, first_trial=3)
    with pytest.raises(UserError, match=r"observations of shape \(12, 17\), got \(6, 9\)"):
        objects_frames(played, HarlowConfig())
    with pytest.raises(UserError, match=r"`path` must end in \.gif or \.mp4"):
        save_objects_animation(played, TASK, tmp_path / "film.png", title="film")
