"""The animation says what happened, legibly, and its file is whole or not there."""

import itertools
import os
import stat
import sys
from types import SimpleNamespace
from unittest import mock

import imageio_ffmpeg
import jax
import matplotlib
import numpy as np
import pytest
from drawn_texts import check_texts, drawn_texts
from imageio_ffmpeg import read_frames
from matplotlib.colors import to_hex
from PIL import Image

from prefrontal.agents.recurrent import RecurrentAgent
from prefrontal.agents.two_step import BayesOptimal, RandomChoice, TwoStepAgent
from prefrontal.configs import RecurrentConfig, TwoStepConfig
from prefrontal.errors import UserError, on_the_command_line
from prefrontal.figures.animated import animation, film
from prefrontal.figures.animated.animation import Picture, save_animation
from prefrontal.figures.animated.frames import ACTIONS, PHASES, STEPS, episode_frames, words
from prefrontal.figures.animated.tree import OUTCOMES
from prefrontal.figures.style import PALETTE
from prefrontal.rollouts.episodes import rollout
from prefrontal.tasks.two_step import FIXATE
from prefrontal.trials.table import trial_table

pytestmark = pytest.mark.thorough


@pytest.fixture(autouse=True)
def _messages_name_flags():
    """As on the command line; what they say to callers from Python is in `test_errors.py`."""
    with on_the_command_line():
        yield


ENCODINGS = tuple(STEPS)
NETWORK, BAYES, RANDOM = "network", "bayes", "random"


def play(encoding, agent=NETWORK, seed=0, **changes):
    """A task and one episode of it."""
    config = TwoStepConfig(**{"num_trials": 30, "encoding": encoding, "reversal_probability": 0.2} | changes)
    task = config.make()
    player = {
        NETWORK: lambda: RecurrentAgent(RecurrentConfig(), task, key=jax.random.key(seed)),
        BAYES: lambda: TwoStepAgent(BayesOptimal.of_task(config), encoding),
        RANDOM: lambda: TwoStepAgent(RandomChoice(), encoding),
    }[agent]()
    return config, rollout(player, task, jax.random.key(seed))


def by_hand(actions, rewards, *, choice, state, common, rewarded, missed, better_state, steps):
    """An episode written down: actions and rewards a step; the rest a trial, as it stands when the trial is over."""
    num_trials = len(choice)
    trials = {
        "trial": range(num_trials),
        "choice": choice,
        "state": state,
        "common": common,
        "rewarded": rewarded,
        "missed": missed,
        "better_state": better_state,
    }
    event = {name: np.repeat(np.array(values), steps) for name, values in trials.items()}
    event["complete"] = np.arange(num_trials * steps) % steps == steps - 1
    num_actions = 3 if steps == 3 else 2
    return SimpleNamespace(
        action=np.array(actions).ravel(),
        reward=np.array(rewards, np.float32).ravel(),
        logits=np.log(np.tile(np.arange(1.0, num_actions + 1), (num_trials * steps, 1))),
        value=np.arange(num_trials * steps) / 10,
        event=SimpleNamespace(**event),
    )


INVALID = by_hand(
    # Fixates and goes left; does not fixate, but goes right; never chooses; fixates at the end; is late throughout.
    [[2, 0, 1], [0, 1, 0], [2, 2, 0], [2, 1, 2], [1, 2, 2]],
    [[0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1], [-1, -1, 0]],
    choice=[0, 1, 1, 1, 1],
    state=[0, 0, 1, 1, 1],
    common=[True, False, True, True, True],
    rewarded=[True, False, False, False, False],
    missed=[False, False, True, True, True],
    better_state=[0, 0, 1, 1, 1],
    steps=3,
)
INVALID_TASK = TwoStepConfig(num_trials=5)


def test_each_picture_says_what_has_happened_by_then():
    frames = episode_frames(INVALID, INVALID_TASK)
    assert [(frame.trial, frame.phase) for frame in frames] == list(itertools.product(range(5), PHASES))
    said = [(frame.choice, frame.common, frame.state, frame.outcome, frame.paid, frame.total) for frame in frames]
    assert said == [
        (0, None, None, None, 0, 0),
        (0, True, 0, None, 0, 0),
        (0, True, 0, "reward", 1, 1),
        (1, None, None, None, -1, 0),
        (1, False, 0, None, 0, 0),
        (1, False, 0, "no reward", 0, 0),
        (None, None, None, None, -1, -1),
        (None, None, None, None, 0, -1),
        (None, None, None, "no outcome", 0, -1),
        (1, None, None, None, 0, -1),
        (1, True, 1, None, 0, -1),
        (1, True, 1, "invalid response", -1, -2),
        (None, None, None, None, -2, -4),
        (None, None, None, None, 0, -4),
        (None, None, None, "no outcome", 0, -4),
    ]
    assert [frame.better_state for frame in frames[::3]] == [0, 0, 1, 1, 1]
    assert [frame.responses for frame in frames[3:6]] == [(0, 1), (0, 1), (0, 1, 0)]
    assert [frame.value.tolist() for frame in frames[3:6]] == [[0.3, 0.4], [0.3, 0.4, 0.5], [0.3, 0.4, 0.5]]
    assert [len(frame.policy) for frame in frames[3:6]] == [2, 3, 3]
    np.testing.assert_allclose(frames[-1].policy, [[1 / 6, 2 / 6, 3 / 6]] * 3)


def test_words():
    told = [words(frame, INVALID_TASK) for frame in episode_frames(INVALID, INVALID_TASK)]
    assert told == [
        ("left", ""),
        ("common, to S1", "chance 80 %"),
        ("reward: 1", "chance of reward 90 %"),
        ("right", "did not fixate first: −1"),  # noqa: RUF001
        ("uncommon, to S1", "chance 20 %"),
        ("no reward: 0", "chance of reward 90 %"),
        ("invalid response", "fixated again: −1"),  # noqa: RUF001
        ("none", "the second stage is blank"),
        ("none", "the trial is void"),
        ("right", ""),
        ("common, to S2", "chance 80 %"),
        ("invalid response", "fixated instead: −1"),  # noqa: RUF001
        ("invalid response", "fixated too late: −2"),  # noqa: RUF001
        ("none", "the second stage is blank"),
        ("none", "the trial is void"),
    ]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.thorough
def test_pictures_agree_with_the_trial_table(encoding):
    task, trajectory = play(encoding)
    first, shown = 7, 20
    frames = episode_frames(trajectory, task, first_trial=first)
    assert len(frames) == 3 * shown
    table = trial_table(jax.tree.map(lambda leaf: leaf[None, None], trajectory.event), subjects=[0])
    paid = np.asarray(trajectory.reward).reshape(task.num_trials, -1).sum(axis=1)
    for frame, row in zip(frames[2::3], table.iloc[first : first + shown].itertuples(), strict=True):
        assert (frame.trial, frame.better_state) == (row.trial, row.better_state)
        assert (frame.outcome in ("invalid response", "no outcome")) == row.missed
        assert (frame.outcome == "reward") == row.reward
        if frame.choice is not None:
            assert (frame.choice, frame.state, frame.common) == (row.choice, row.state, row.common)
        assert frame.total == paid[: frame.trial + 1].sum()
    policy = jax.nn.softmax(trajectory.logits)[first * task.steps_per_trial :]
    np.testing.assert_allclose(
        np.concatenate([frame.policy for frame in frames[2::3]]), policy[: shown * task.steps_per_trial], rtol=1e-5
    )
    assert np.sum([frame.paid for frame in frames]) == paid[first : first + shown].sum()


def test_actions_are_the_tasks():
    assert ACTIONS[FIXATE] == "fixate"
    for encoding in ENCODINGS:
        task = TwoStepConfig(encoding=encoding).make()
        assert len(STEPS[encoding]) == task.steps_per_trial
        assert len(ACTIONS[: task.num_actions]) == task.num_actions


def test_trials_shown_unless_asked():
    task, trajectory = play("trial")
    assert len(episode_frames(trajectory, task)) == 3 * 20
    assert len(episode_frames(trajectory, task, first_trial=27)) == 3 * 3


def picture_of(trajectory, task, **shown):
    frames = episode_frames(trajectory, task, **shown)
    with animation.style():
        return frames, Picture(frames, task, "An agent")


@pytest.mark.parametrize("episode", ["invalid", *ENCODINGS, "long"])
@pytest.mark.thorough
def test_no_text_overlaps_another_or_leaves_the_picture(episode):
    if episode == "invalid":
        task, trajectory = INVALID_TASK, INVALID
    elif episode == "long":
        task, trajectory = play("fixation", num_trials=1000, common_probability=0.725, invalid_reward=-0.25)
    else:
        task, trajectory = play(episode, BAYES)
    frames, picture = picture_of(trajectory, task, first_trial=max(0, task.num_trials - 5))
    for frame in frames:
        picture.show(frame)
        check_texts(picture.figure, least=30)


@pytest.mark.thorough
def test_the_picture_shows_what_its_frame_says():
    """The edges, nodes and marks that stand out are those of the trial."""
    frames, picture = picture_of(INVALID, INVALID_TASK)
    tree = picture.parts[1]
    for frame in frames:
        picture.show(frame)
        thick = [edge.get_linewidth() > 3 for edge in tree.choices]
        assert thick == [frame.choice == 0, frame.choice == 1]
        taken = [key for key, (edge, _) in tree.transitions.items() if edge.get_linewidth() > 3]
        assert taken == ([] if frame.common is None else [(frame.choice, frame.common)])
        for (choice, common), (edge, label) in tree.transitions.items():
            reached = choice if common else 1 - choice
            assert edge.get_xdata()[1] == tree.states[reached].get_position()[0]
            assert label.get_text() == ("common\n80 %" if common else "uncommon\n20 %")
        pays = [text.get_text() for text in tree.pays]
        assert pays[frame.better_state] == "pays 90 %"
        assert pays[1 - frame.better_state] == "pays 10 %"
        assert (
            tree.better.get_x()
            < tree.states[frame.better_state].get_position()[0]
            < tree.better.get_x() + tree.better.get_width()
        )
        assert tree.outcome.get_visible() == (frame.outcome in OUTCOMES)
        assert tree.invalid_choice.get_visible() == (frame.choice is None)
        said = {text for text, _ in drawn_texts(picture.figure)}
        word, note = words(frame, INVALID_TASK)
        assert {word, f"trial {frame.trial + 1} of 5"} | ({note} if note else set()) <= said
    now, policies, outcomes, values = picture.parts[2:]
    marks = {name: line.get_ydata() for name, line in outcomes.marks.items()}
    nan = np.nan
    np.testing.assert_equal(marks["reward"], [0, nan, nan, nan, nan])
    np.testing.assert_equal(marks["no reward"], [nan, 0, nan, nan, nan])
    np.testing.assert_equal(marks["invalid response"], [nan, nan, 0.5, 1, 0.5])
    for row, band in enumerate(outcomes.bands):
        top, _, bottom = band.get_data()
        assert np.nanmax(top) == np.nanmin(top) == bottom + 1 == row + 0.5
        assert np.flatnonzero(~np.isnan(top)).tolist() == ([0, 1], [2, 3, 4])[row]
    assert [label.get_text() for label in outcomes.bands[0].axes.get_yticklabels()] == ["S1", "S2"]
    np.testing.assert_allclose(policies.marks.get_ydata(), np.array([0.5, 2, 4.5, 2, 4.5]) / 6)
    ends = [column.get_data().values for column in policies.columns]
    np.testing.assert_allclose(ends, np.repeat([[1 / 6], [3 / 6], [1]], 5, axis=1))
    np.testing.assert_allclose(values.line.get_ydata(), INVALID.value)
    for bars, dot, chance, action in zip(now.bars, now.dots, now.chances, (1, 2, 2), strict=True):
        np.testing.assert_allclose([bar.get_x() for bar in bars], [0, 1 / 6, 3 / 6], atol=1e-9)
        np.testing.assert_allclose([bar.get_width() for bar in bars], [1 / 6, 2 / 6, 3 / 6])
        assert bars[action].get_x() < dot.get_xdata()[0] < bars[action].get_x() + bars[action].get_width()
        assert chance.get_text() == ("17 %", "33 %", "50 %")[action]


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.thorough
def test_a_model_that_expects_nothing_has_no_value_panel(encoding):
    panels = {}
    for agent in (RANDOM, BAYES):
        task, trajectory = play(encoding, agent)
        _, picture = picture_of(trajectory, task)
        panels[agent] = {ax.get_title(loc="left") for ax in picture.figure.axes}
    assert panels[BAYES] - panels[RANDOM] == {"value: reward expected"}


def test_a_long_title_is_cut():
    frames, task = episode_frames(INVALID, INVALID_TASK), INVALID_TASK
    heading = Picture(frames, task, "A run of $many$\nwords " * 50).figure.texts[0]
    assert heading.get_text().startswith("A run of $many$ words A run")
    assert heading.get_text().endswith(" ...")


@pytest.mark.parametrize(("encoding", "name"), [*zip(ENCODINGS, ("play.gif", "new/play.gif", "PLAY.GIF"), strict=True)])
def test_gif(tmp_path, encoding, name):
    task, trajectory = play(encoding)
    before = dict(matplotlib.rcParams)
    path = save_animation(
        trajectory, task, tmp_path / name, title="An agent", first_trial=2, num_trials=3, frames_per_second=4.0
    )
    assert dict(matplotlib.rcParams) == before
    assert path == tmp_path / name
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    assert path.stat().st_size < 200_000
    with Image.open(path) as gif:
        assert (gif.size, gif.n_frames, gif.info["duration"], gif.info["loop"]) == ((800, 500), 9, 250, 0)
        # A GIF has few colours, and those of small marks are the first to be lost.
        for frame in range(gif.n_frames):
            gif.seek(frame)
            colors = {to_hex(np.array(color) / 255).upper() for _, color in gif.convert("RGB").getcolors(4000)}
            assert {PALETTE[name].upper() for name in ("common", "uncommon", "rewarded", "unrewarded")} <= colors
            assert "#FFFFFF" in colors


def fake_ffmpeg(tmp_path, monkeypatch, script):
    """Put a program called ffmpeg on the path, and nothing else but the shell's own."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def save(path, trajectory=INVALID, task=INVALID_TASK, **changes):
    return save_animation(trajectory, task, path, **{"title": "An agent", "num_trials": 1} | changes)


@pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning")  # of the reader, which runs ffmpeg
def test_mp4(tmp_path, monkeypatch):
    """By a true ffmpeg, that of the `mp4` extra."""
    monkeypatch.setenv("PATH", str(tmp_path))
    path = save(tmp_path / "play.mp4", num_trials=2, frames_per_second=4.0)
    first, *_ = frames = list(read_frames(str(path)))
    assert first["size"] == (800, 500)
    assert first["duration"] == pytest.approx(6 / 4, abs=0.3)
    white = np.frombuffer(frames[-1], np.uint8).reshape(500, 800, 3) > 245
    assert 0.6 < white.all(axis=-1).mean() < 0.99
    assert len(frames) - 1 == 6


def test_mp4_gets_every_picture(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/arguments\nfor last; do :; done\ncat > "$last"')
    path = save(tmp_path / "film" / "play.mp4", num_trials=2, frames_per_second=1.5)
    assert path.stat().st_size == 6 * 800 * 500 * 4
    assert "-framerate 1.5 " in (tmp_path / "arguments").read_text()
    assert list(path.parent.iterdir()) == [path]


def test_mp4_that_ffmpeg_cannot_write(tmp_path, monkeypatch):
    fake_ffmpeg(tmp_path, monkeypatch, "echo 'Unknown encoder h264' >&2; exit 8")
    with pytest.raises(
        UserError, match=r"`ffmpeg` must be able to write an \.mp4, got: Unknown encoder h264\. Mend it"
    ):
        save(tmp_path / "film" / "play.mp4")
    assert not list((tmp_path / "film").iterdir())


@pytest.mark.parametrize("why", ["not installed", "not for this system"])
def test_mp4_without_ffmpeg(tmp_path, monkeypatch, why):
    monkeypatch.setenv("PATH", str(tmp_path))
    if why == "not installed":
        monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    else:
        monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", mock.Mock(side_effect=RuntimeError("No ffmpeg exe")))
    with pytest.raises(
        UserError,
        match=r"must end in \.gif where there is no ffmpeg, .* Get one with `pip install 'prefrontal\[mp4\]'`, or give",
    ):
        save(tmp_path / "film" / "play.mp4")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "play.webm"}, r"`path` must end in \.gif or \.mp4, got .*play\.webm\. Give another --out\."),
        ({"name": "play"}, r"`path` must end in \.gif or \.mp4, got .*play\. Give"),
        ({"frames_per_second": 0.0}, r"`frames_per_second` must be from 0\.1 to 50, got 0\.0\."),
        ({"frames_per_second": float("nan")}, r"`frames_per_second` must be from 0\.1 to 50, got nan\."),
        ({"first_trial": -1}, r"`first_trial` must be from 0 to 4, got -1\. The episode has 5 trials, the first of"),
        ({"first_trial": 5}, r"`first_trial` must be from 0 to 4, got 5\."),
        ({"num_trials": 0}, r"`num_trials` must be a whole number of at least 1, got 0\."),
        ({"first_trial": 3, "num_trials": 3}, r"`num_trials` must be at most 2, got 3\. No more trials are left from"),
        (
            {"task": TwoStepConfig(num_trials=4)},
            r"episode of 4 trials of 3 steps, got 15 steps that end 5 trials\. Give",
        ),
        ({"task": TwoStepConfig(num_trials=15, encoding="trial")}, r"15 trials of 1 steps, got 15 steps that end 5"),
        ({"name": "a" * 300 + ".gif"}, r"must be a place that can be written, got: File name too long\. Give another"),
        ({"name": "file/play.gif"}, r"`.*file` must be a folder or a place where one can be made"),
    ],
)
def test_refusals(tmp_path, changes, message):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=message):
        save(
            tmp_path / changes.get("name", "play.gif"),
            **{key: value for key, value in changes.items() if key != "name"},
        )
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_several_episodes_are_refused(tmp_path):
    task, one = play("trial")
    with pytest.raises(UserError, match=r"must be one episode, .* got \(1, 30\)\. Select one\."):
        save(tmp_path / "play.gif", jax.tree.map(lambda leaf: leaf[None], one), task)


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_nothing_is_overwritten(tmp_path, kind):
    path = tmp_path / "play.gif"
    {"file": path.touch, "folder": path.mkdir, "dangling link": lambda: path.symlink_to("nowhere")}[kind]()
    with pytest.raises(UserError, match=r"must be a new file, got one that exists\. Give another --out; nothing is"):
        save(path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("links", [True, False])
def test_nothing_is_overwritten_that_comes_meanwhile(tmp_path, monkeypatch, links):
    path, write = tmp_path / "play.gif", film._write_gif

    def slow(*arguments):
        write(*arguments)
        path.write_text("somebody else's")

    monkeypatch.setattr(film, "_write_gif", slow)
    if not links:
        without_links(monkeypatch)
    with pytest.raises(UserError, match="nothing is overwritten"):
        save(path)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["somebody else's"]


def test_a_file_system_without_hard_links_will_do(tmp_path, monkeypatch):
    without_links(monkeypatch)
    with Image.open(save(tmp_path / "play.gif")) as gif:
        assert gif.n_frames == 3
    assert len(list(tmp_path.iterdir())) == 1


def without_links(monkeypatch):
    def refuse(*_):
        raise PermissionError("Operation not permitted")

    monkeypatch.setattr(film.os, "link", refuse)


def test_a_stop_midway_leaves_nothing(tmp_path, monkeypatch):
    def stop(_, frame):
        if frame.phase == "outcome":
            raise KeyboardInterrupt

    monkeypatch.setattr(Picture, "show", stop)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "play.gif")
    assert not list(tmp_path.iterdir())
