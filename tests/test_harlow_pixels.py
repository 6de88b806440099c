"""Harlow's task from pixels: the published geometry, every pixel of a frame, and what the gaze must do."""

from dataclasses import replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from contracts import TaskContract

from prefrontal.configs import HarlowPixelsConfig
from prefrontal.errors import UserError
from prefrontal.experiments.pictures import check_pictures, keep_checksum
from prefrontal.tasks.gaze import BLANK, CHOICE, FIXATION, GazeEvent
from prefrontal.tasks.harlow import LEFT, RIGHT
from prefrontal.tasks.harlow_pixels import HarlowPixels
from prefrontal.tasks.images import images
from prefrontal.tasks.screen import CROSS, SCREEN, WALL, Screen

pytestmark = pytest.mark.thorough

STAY = 2
CONFIG = HarlowPixelsConfig(num_objects=6, max_steps=40, trial_steps=9)
LARGE = HarlowPixelsConfig(num_objects=3, scale=3, view="square", bounded=False, momentum=0.25, trial_steps=None)


class TestHarlowPixels(TaskContract):
    task = CONFIG.make()
    num_episodes = 12

    def test_trials_end_in_time(self, played):
        event = jax.tree.map(np.asarray, played["event"])
        assert event.missed.any()
        assert event.complete[event.missed].all()
        for complete, missed in zip(event.complete, event.missed, strict=True):
            lengths = np.diff(np.flatnonzero(complete), prepend=-1)
            assert lengths.max() == 9
            assert (lengths[missed[complete]] == 9).all()

    def test_the_gaze_stays_on_the_screen(self, played):
        place = np.asarray(played["event"].place)
        assert np.abs(place).max() <= 14
        np.testing.assert_array_equal(place, np.round(place))


class TestAsPublished(TaskContract):
    task = replace(LARGE, max_steps=8).make()


@pytest.mark.parametrize(("scale", "distance", "reach"), [(1, 4, 1), (2, 9, 3), (3, 13, 5)])
@pytest.mark.thorough
def test_published_geometry(scale, distance, reach):
    """Three decisions of 4.4 degrees bring a picture at 16.2 degrees within 7 of the gaze, and two do not; three bring
    it back to the cross."""
    config = HarlowPixelsConfig(scale=scale, num_objects=2)
    rules = HarlowPixels(config).rules
    assert (rules.distance, rules.object_reach) == (config.distance, reach) == (distance, reach)
    assert distance - 3 * scale <= reach < distance - 2 * scale
    if scale == 3:
        per_pixel = 4.4 / 3
        assert abs(distance * per_pixel - 16.2) / 16.2 < 0.2
        assert (replace(config, view="square").frame, config.image_size) == ((84, 84), 21)


def colour(
    x: int, y: int, shown: int, pictures: tuple[np.ndarray, np.ndarray], config: HarlowPixelsConfig
) -> list[int]:
    """What is `x` pixels to the right of the middle of the panorama, in row `y` of a frame: written out."""
    scale, size, rows = config.scale, config.image_size, config.frame[0]
    top = (rows - size) // 2
    if shown == CHOICE:
        for side, picture in zip((-1, 1), pictures, strict=True):
            column = x - (side * config.distance - size // 2)
            if 0 <= column < size and 0 <= y - top < size:
                return picture[y - top, column].tolist()
    if shown == FIXATION:
        arm, down = -(-scale // 3), y - rows // 2
        if (-arm <= x < arm and -scale <= down < scale) or (-scale <= x < scale and -arm <= down < arm):
            return [CROSS] * 3
    tall = min(rows, 19 * scale)
    inside = -(19 * scale // 2) <= x < 19 * scale // 2 and (rows - tall) // 2 <= y < rows - (rows - tall) // 2
    return [SCREEN if inside else WALL] * 3


@pytest.mark.parametrize(
    ("config", "places"),
    [(CONFIG, (-14, -3, 0, 9, 14)), (replace(CONFIG, scale=2, view="square"), (5,)), (LARGE, (0, -60, 175, -175))],
    ids=["band", "square", "all-around"],
)
def test_every_pixel(config, places):
    pictures = tuple(np.asarray(images(jnp.array([5, 7]), config.image_size)))
    screen, (rows, columns) = Screen(config), config.frame
    see, around = eqx.filter_jit(screen.seen_from), 117 * config.scale
    for place in places:
        for shown in (FIXATION, CHOICE, BLANK):
            frame = np.asarray(see(jnp.float32(place), jnp.int32(shown), *pictures))
            for y in range(0, rows, 3 if rows > 50 else 1):
                for column in range(columns):
                    x = place + column - columns // 2
                    if not config.bounded:
                        x = (x + around // 2) % around - around // 2
                    assert frame[y, column].tolist() == colour(x, y, shown, pictures, config)


def test_a_line_is_made_of_means_of_columns():
    config = replace(CONFIG, view="line")
    pictures = tuple(images(jnp.array([5, 7]), 7))
    line, band = Screen(config), Screen(CONFIG)
    assert config.frame == (1, 28)
    for shown in (FIXATION, CHOICE, BLANK):
        at = jnp.float32(3), jnp.int32(shown), *pictures
        means = np.asarray(band.seen_from(*at))[1:8].astype(float).mean(axis=0)
        np.testing.assert_allclose(line.seen_from(*at)[0], means, atol=0.51)


def look(config: HarlowPixelsConfig, seed: int, hesitate: bool = False) -> tuple[np.ndarray, GazeEvent, np.ndarray]:
    """Who looks at the cross and at the rewarded picture, and waits where it should (or goes by, where it hesitates):
    rewards, events, and whether the episode still ran."""
    task = HarlowPixels(config)

    def step(state, key):
        gaze = state.gaze
        side = jnp.where(task.rules.rewarded_side(gaze) == RIGHT, 1, -1) * config.distance
        aim = jnp.where(gaze.shown == CHOICE, side, 0) - gaze.place
        there = jnp.int32(LEFT) if hesitate else jnp.int32(STAY)
        action = jnp.where(aim == 0, there, jnp.where(aim > 0, RIGHT, LEFT))
        after, reward, event = task.step(state, action, key)
        return after, (reward, event, task.is_active(state))

    keys = jax.random.split(jax.random.key(1), config.num_steps)
    start = task.init(jax.random.key(seed))
    return jax.tree.map(np.asarray, jax.jit(lambda state: jax.lax.scan(step, state, keys)[1])(start))


@pytest.mark.parametrize(("scale", "dwell", "blank_steps"), [(1, 1, 3), (3, 0, 0), (1, 2, 5)])
def test_perfect_play(scale, dwell, blank_steps):
    """To the cross, `dwell` steps on it, three to the picture; and back, while nothing is shown or after that."""
    config = HarlowPixelsConfig(scale=scale, dwell=dwell, blank_steps=blank_steps, num_objects=4)
    reward, event, active = look(config, seed=3)
    assert reward[active].sum() == pytest.approx(6 * 1.2)
    first = abs(event.place[0]) / scale
    back = max(3, blank_steps + (blank_steps >= 3))  # the cross counts once it is seen
    assert active.sum() == first + 6 * (dwell + 3) + 5 * back
    assert event.rewarded[active].sum() == 6
    assert (event.shown == BLANK)[active].sum() == 5 * blank_steps


def test_a_gaze_that_does_not_stay_does_not_fixate():
    config = replace(CONFIG, trial_steps=None)
    reward, event, _ = look(config, seed=0, hesitate=True)
    assert not reward.any()
    assert (event.shown == FIXATION).all()
    assert (event.place == 0).sum() > 10


def test_momentum_carries_the_gaze_on():
    task = HarlowPixels(replace(LARGE, momentum=0.5))
    state = task.init(jax.random.key(0))
    first, places = float(state.gaze.place), []
    for action in (RIGHT, RIGHT, STAY, STAY):
        state, *_ = task.step(state, jnp.int32(action), jax.random.key(0))
        places.append(float(state.gaze.place) - first)
    np.testing.assert_allclose(places, [3, 7.5, 9.75, 10.875])


def test_all_around():
    """39 turns to the right of 9 degrees are once around."""
    task = HarlowPixels(replace(LARGE, momentum=0.0))
    state = task.init(jax.random.key(0))
    before, turn = float(state.gaze.place), jax.jit(lambda state: task.rules.step(state, jnp.int32(RIGHT))[0])
    gaze = state.gaze
    for _ in range(117):
        gaze = turn(gaze)
        assert -175 <= gaze.place <= 175
    assert gaze.place == before


@pytest.mark.thorough
def test_pictures_are_the_same_at_all_times_and_differ():
    numbers = jnp.arange(40)
    found = np.asarray(images(numbers, 7))
    np.testing.assert_array_equal(images(numbers[::-1], 7)[::-1], found)
    assert (found.dtype, found.shape) == (np.uint8, (40, 7, 7, 3))
    apart = np.sqrt(((found[:, None] / 255.0 - found / 255.0) ** 2).mean(axis=(2, 3, 4)))
    assert apart[~np.eye(40, dtype=bool)].min() > 0.15
    assert 0.1 < (found / 255).std(axis=(1, 2)).mean() < 0.35


@pytest.mark.thorough
def test_noise_is_smoother_than_white():
    """Neighbours are alike: the correlation of white noise would be 0."""
    found = np.asarray(images(jnp.arange(30), 21)) / 255
    centred = found - found.mean(axis=(1, 2), keepdims=True)
    alike = (centred[:, :, 1:] * centred[:, :, :-1]).mean() / (centred**2).mean()
    assert alike > 0.6


def test_held_out_pictures_are_none_of_the_trained():
    trained, held_out = (np.asarray(HarlowPixels(replace(CONFIG, objects=o)).pool) for o in ("trained", "held-out"))
    assert len(trained) == len(held_out) == 6
    assert not any((picture == trained).all(axis=(1, 2, 3)).any() for picture in held_out)
    np.testing.assert_array_equal(held_out, images(2 * jnp.arange(6) + 1, 7))


@pytest.mark.thorough
def test_both_pictures_differ_and_come_from_the_pool():
    task = HarlowPixels(CONFIG)
    pictures = np.asarray(jax.vmap(task.init)(jax.random.split(jax.random.key(0), 50)).pictures)
    pool = np.asarray(task.pool)
    which = [[int(np.flatnonzero((pool == one).all(axis=(1, 2, 3)))[0]) for one in pair] for pair in pictures]
    assert all(one != other for one, other in which)
    assert set(np.ravel(which)) == set(range(6))


@pytest.mark.thorough
def test_pictures_without_end():
    """Every episode has two of its own; those of the test are no numbers that are trained on."""
    task, keys = HarlowPixels(replace(CONFIG, num_objects=None)), jax.random.split(jax.random.key(0), 5)
    pictures = np.asarray(jax.jit(jax.vmap(lambda key: task.init(key).pictures))(keys)).reshape(10, -1)
    assert len(np.unique(pictures, axis=0)) == 10


def test_pictures_of_ones_own(tmp_path):
    own = np.random.default_rng(0).integers(0, 256, (5, 7, 7, 3), np.uint8)
    np.save(tmp_path / "own.npy", own)
    config = HarlowPixelsConfig(image_file=str(tmp_path / "own.npy"), num_objects=None)
    np.testing.assert_array_equal(HarlowPixels(replace(config, num_objects=2)).pool, own[:4:2])
    np.testing.assert_array_equal(HarlowPixels(config).pool, own[::2])
    np.testing.assert_array_equal(HarlowPixels(replace(config, objects="held-out")).pool, own[1::2])
    message = (
        r"^`image_file` must hold at least 4 pictures, bytes of shape \(picture, 14, 14, 3\), got uint8 of shape \(5"
    )
    with pytest.raises(UserError, match=message):
        HarlowPixels(replace(config, scale=2))
    with pytest.raises(UserError, match=r"^`num_objects` must be at most half of the 5 pictures .*, got 1000. Take 2"):
        HarlowPixels(replace(config, num_objects=1_000))
    for name, data in (("empty.npy", b""), ("zip.npy", b"PK\003\004")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(UserError, match=r"^`image_file` must be a NumPy file that can be read, got: "):
            HarlowPixels(replace(config, image_file=str(tmp_path / name)))
    with pytest.raises(UserError, match=r"^`image_file` must be a NumPy file that can be read, got: .*No such file"):
        HarlowPixels(replace(config, image_file=str(tmp_path / "none.npy")))


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"scale": 0}, r"`scale` must be a whole number of at least 1, got 0\."),
        ({"momentum": 1.0}, r"`momentum` must be at least 0 and below 1, got 1\.0\."),
        ({"dwell": -1}, r"`dwell` must be a whole number of at least 0, got -1\."),
        ({"trial_steps": 0}, r"`trial_steps` must be a whole number of at least 1, got 0\."),
        ({"num_objects": 1}, r"`num_objects` must be a whole number of at least 2, got 1\."),
        ({"view": "tall"}, r"`view` must be one of line, band, square, got 'tall'\."),
    ],
)
def test_screens_that_cannot_be_are_refused(numbers, message):
    with pytest.raises(UserError, match=f"^{message}"):
        HarlowPixelsConfig(**numbers)


def test_other_pictures_in_the_file_of_a_run_are_noticed(tmp_path):
    config = HarlowPixelsConfig(image_file=str(tmp_path / "own.npy"), num_objects=None)
    np.save(tmp_path / "own.npy", np.zeros((4, 14, 14, 3), np.uint8))
    keep_checksum(tmp_path, config)
    keep_checksum(tmp_path, config)
    check_pictures(tmp_path, config)
    np.save(tmp_path / "own.npy", np.ones((4, 14, 14, 3), np.uint8))
    for check in (keep_checksum, check_pictures):
        with pytest.raises(UserError, match=r"^`image_file` must hold the pictures that `.*` was trained on"):
            check(tmp_path, config)
    keep_checksum(tmp_path / "none", HarlowPixelsConfig())
    assert not (tmp_path / "none").exists()
