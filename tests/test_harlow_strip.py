"""Harlow's task on a strip: against a strip of cells that is rolled by hand, and what perfect play earns."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract, play

from prefrontal.configs import HarlowStripConfig
from prefrontal.errors import UserError
from prefrontal.tasks.gaze import CHOICE, FIXATION, GazeEvent
from prefrontal.tasks.harlow import LEFT, RIGHT
from prefrontal.tasks.harlow_strip import HarlowStrip

CONFIG = HarlowStripConfig(object_size=4, max_steps=60)


class Cells:
    """The strip as an array that is turned under the gaze, which is always on its middle."""

    def __init__(self, size: int, left: np.ndarray, right: np.ndarray):
        self.cells = np.zeros((17, 1 + size))
        self.left, self.right = left, right
        self.put(8, [1, *np.zeros(size)])

    def put(self, at: int, what: list | np.ndarray) -> None:
        """Leave nothing but `what` at `at`."""
        self.cells[:] = 0
        self.cells[at] = what

    def turn(self, action: int) -> float:
        """Turn the strip, the other way than the gaze goes, and pay what that brings, from the good one on the left."""
        size = len(self.left)
        self.cells = np.roll(self.cells, 1 if action == LEFT else -1, axis=0)
        seen = self.cells[8]
        if seen[0] == 1:
            self.cells[:] = 0
            self.cells[5, 1:], self.cells[11, 1:] = self.left, self.right
            return 0.2
        if not seen.any():
            return 0.0
        chosen_left = (seen[1:] == self.left).all()
        self.put(11 if chosen_left else 5, [1, *np.zeros(size)])  # where it was before
        return 1.0 if chosen_left else -1.0


class TestHarlowStrip(TaskContract):
    task = CONFIG.make()
    num_episodes = 40

    def test_as_on_a_strip_that_is_rolled(self, played):
        played = jax.tree.map(np.asarray, played)
        for episode in range(self.num_episodes):
            seen = played["observation"][episode].reshape(-1, 9, 5)
            action, reward = played["action"][episode], played["reward"][episode]
            bad, good = played["state"].features[episode, 0]
            strip, trial = Cells(4, good, bad), 0
            start = int(np.flatnonzero(seen[0, :, 0])[0]) - 4
            assert 1 <= abs(start) <= 3
            strip.cells = np.roll(strip.cells, start, axis=0)
            for step, side in enumerate(played["event"].rewarded_side[episode]):
                strip.left, strip.right = (good, bad) if side == LEFT else (bad, good)
                np.testing.assert_array_equal(seen[step], strip.cells[4:-4])
                # Good is left in `turn`: where it is right, the strip's mirror image is what happens.
                paid = strip.turn(int(action[step]))
                paid = -paid if side == RIGHT and abs(paid) == 1 else paid
                assert reward[step] == np.float32(paid)
                assert played["event"].complete[episode, step] == (abs(paid) == 1)
                trial += abs(paid) == 1
                assert played["state"].gaze.trial[episode, min(step + 1, len(action) - 1)] in (trial, trial - 1)

    def test_every_start_is_met(self, played):
        first = np.asarray(played["event"].place)[:, 0]
        assert set(first) <= {-3, -2, -1, 1, 2, 3}
        assert len(set(first)) > 3

    def test_events_tell_what_was_shown(self, played):
        shown, cross = np.asarray(played["event"].shown), np.asarray(played["observation"])[..., ::5].any(axis=-1)
        assert set(shown.ravel()) == {FIXATION, CHOICE}
        assert not cross[shown == CHOICE].any()
        near = np.abs(np.asarray(played["event"].place)) <= 4
        np.testing.assert_array_equal(cross, (shown == FIXATION) & near)
        assert not np.asarray(played["event"].missed).any()


class TestOptions(TaskContract):
    """A small pool of held-out objects, balanced sides, a longer ring."""

    task = HarlowStripConfig(
        num_objects=5, objects="held-out", sides="balanced", ring=25, window=5, distance=4, num_trials=2, max_steps=20
    ).make()


def perfect(config: HarlowStripConfig, seed: int) -> tuple[np.ndarray, GazeEvent, np.ndarray]:
    """Who looks at the cross and at the rewarded object: rewards, events, and whether the episode still ran."""
    task = HarlowStrip(config)

    def step(state, key):
        event = task.rules.step(state.gaze, jnp.int32(0))[2]
        aim = jnp.where(event.shown == FIXATION, 0, jnp.where(event.rewarded_side == RIGHT, 1, -1) * config.distance)
        after, reward, event = task.step(state, jnp.where(aim > event.place, RIGHT, LEFT), key)
        return after, (reward, event, task.is_active(state))

    keys = jax.random.split(jax.random.key(1), config.num_steps)
    return jax.tree.map(np.asarray, jax.lax.scan(step, task.init(jax.random.key(seed)), keys)[1])


@pytest.mark.thorough
@pytest.mark.parametrize("seed", range(3))
def test_perfect_play(seed):
    """1 to 3 moves to the cross, 3 to the object, and 3 back, six times over; the episode is over then."""
    reward, event, active = perfect(CONFIG, seed)
    assert reward[active].sum() == pytest.approx(6 * 1.2)
    assert active.sum() == abs(event.place[0]) + 6 * 3 + 5 * 3
    assert event.complete[active].sum() == event.rewarded[active].sum() == 6
    np.testing.assert_array_equal(event.trial[active & event.complete], range(6))
    assert event.fixated[active].sum() == 6


def test_objects_are_new_in_every_episode_and_never_the_cross():
    states = [HarlowStrip(CONFIG).init(jax.random.key(seed)).features for seed in range(4)]
    assert len(np.unique(np.concatenate(states), axis=0)) == 8
    task, action = HarlowStrip(CONFIG), jnp.full(60, RIGHT)
    seen = np.asarray(play(task, action, jax.random.key(0))["observation"]).reshape(-1, 9, 5)
    assert not (seen[..., 0] * np.abs(seen[..., 1:]).sum(axis=-1)).any()


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"ring": 16}, r"`ring` must be odd, got 16\. Add one\."),
        ({"window": 8}, r"`window` must be odd, got 8\. Add one\."),
        ({"ring": 7}, r"`ring` must be at least 9 cells, got 7\. Make it longer\."),
        ({"ring": 17, "distance": 9}, r"`ring` must be at least 19 cells, got 17\. Make it longer\."),
        ({"object_size": 1}, r"`object_size` must be a whole number of at least 2, got 1\."),
        ({"num_objects": 1}, r"`num_objects` must be a whole number of at least 2, got 1\."),
        ({"max_steps": 0}, r"`max_steps` must be a whole number of at least 1, got 0\."),
        ({"sides": "left"}, r"`sides` must be one of independent, balanced, got 'left'\."),
        ({"objects": "new"}, r"`objects` must be one of trained, held-out, got 'new'\."),
    ],
)
def test_strips_that_cannot_be_are_refused(numbers, message):
    with pytest.raises(UserError, match=f"^{message}"):
        HarlowStripConfig(**numbers)
