"""The film of a gaze: what each picture says is what was played, and nothing that comes later."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from prefrontal import AbstractAgent, AgentOutput, HarlowPixelsConfig, UserError, rollout
from prefrontal.commands import animate
from prefrontal.configs import TwoStepConfig
from prefrontal.figures.animated.gaze import GazePicture, save_gaze_animation
from prefrontal.figures.animated.gaze_frames import gaze_frames

pytestmark = pytest.mark.thorough

TASK = HarlowPixelsConfig(num_objects=4, max_steps=24, trial_steps=6, num_trials=3, dwell=0, blank_steps=1)


class Wanderer(AbstractAgent):
    """It goes right more often than left, and says so."""

    def init(self):
        return jnp.zeros(())

    def __call__(self, inputs, state):
        logits = jnp.array([0.0, 1.0, -0.5]) + 0.1 * state
        return AgentOutput(logits=logits, value=0.3 * state, activity=jnp.zeros(1)), state + 1


@pytest.fixture(scope="module")
def played():
    return rollout(Wanderer(), TASK.make(), jax.random.key(2))


@pytest.mark.thorough
def test_a_picture_a_step(played):
    frames = gaze_frames(played, TASK)
    active = np.asarray(played.active)
    assert [frame.step for frame in frames] == list(range(active.sum()))
    for frame in frames:
        np.testing.assert_array_equal(frame.seen, played.observation[frame.step])
        assert frame.total == pytest.approx(np.asarray(played.reward)[: frame.step + 1].sum())
        assert frame.policy == pytest.approx(np.asarray(jax.nn.softmax(played.logits[frame.step])), rel=1e-5)
        assert (frame.outcome is not None) == bool(played.event.complete[frame.step])
        assert (frame.good_side is None) == (frame.shown != "two pictures")
        if frame.outcome is not None:
            event = jax.tree.map(lambda leaf, step=frame.step: np.asarray(leaf)[step], played.event)
            assert frame.outcome == ("missed" if event.missed else "correct" if event.rewarded else "wrong")
    assert {frame.trial for frame in frames} == {0, 1, 2}


def test_some_trials(played):
    frames = gaze_frames(played, TASK, first_trial=1, num_trials=1)
    assert {frame.trial for frame in frames} == {1}
    assert frames[0].step == np.flatnonzero(np.asarray(played.event.trial) == 1)[0]


def test_what_is_drawn_is_what_the_frames_say(played):
    frames = gaze_frames(played, TASK)
    picture = GazePicture(frames, TASK, "A wanderer")
    for frame in frames[:9]:
        picture.show(frame)
        np.testing.assert_array_equal(picture.eye.image.get_array(), frame.seen)
        assert picture.world.edge.get_x() + 14 == frame.place
        assert [bar.get_width() for bar in picture.policy.bars] == pytest.approx(frame.policy.tolist())
    drawn = np.asarray(picture.value.line.get_ydata())
    np.testing.assert_allclose(drawn[:9], [frame.value for frame in frames[:9]], rtol=1e-6)
    assert np.isnan(drawn[9:]).all()
    assert picture.words["trial"].get_text() == f"trial {frames[8].trial + 1} of 3"
    ends = sum(len(mark.get_xdata()) for mark in picture.paid.marks.values())
    assert ends == sum(frame.outcome is not None for frame in frames[:9])


def test_a_film_is_written(played, tmp_path):
    path = save_gaze_animation(played, TASK, tmp_path / "film" / "play.gif", title="A wanderer", num_trials=1)
    with Image.open(path) as gif:
        assert gif.size == (800, 500)
        assert gif.n_frames == len(gaze_frames(played, TASK, num_trials=1))
    with pytest.raises(UserError, match="nothing is overwritten"):
        save_gaze_animation(played, TASK, path, title="A wanderer")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"first_trial": 3}, r"`first_trial` must be from 0 to 2, got 3\. The agent came to 3 trials\."),
        ({"num_trials": 0}, r"`num_trials` must be a whole number of at least 1, got 0\."),
        ({"task": replace(TASK, scale=2)}, r"`trajectory` must be one episode of the task, with observations of shape"),
    ],
)
def test_refusals(played, changes, message):
    with pytest.raises(UserError, match=f"^{message}"):
        gaze_frames(played, **({"task": TASK} | changes))


def test_each_task_has_its_film():
    assert animate._film_of(TASK)[0] is save_gaze_animation
    assert animate._film_of(TwoStepConfig())[0].__name__ == "save_animation"
