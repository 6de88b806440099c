"""Networks handed out: played by NumPy alone, they choose as they do in JAX."""

import re
import subprocess
import sys

import equinox as eqx
import jax
import numpy as np
import pytest

import prefrontal as pf
from prefrontal.errors import UserError
from prefrontal.interop.policy import load_policy

PLAY = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("jax", "jaxlib", "equinox", "prefrontal"):
            raise ImportError(f"{name} must not be needed")

sys.meta_path.insert(0, Refuse())
sys.path.insert(0, sys.argv[1])
import numpy as np
from policy import load_policy

played = np.load(sys.argv[1] + "/played.npz")
policy = load_policy(sys.argv[1] + "/network.npz", seed=0)
told = []
for episode in range(len(played["action"])):
    policy.reset()
    last, reward = None, 5.0  # of no account
    for step in range(played["action"].shape[1]):
        policy.act(played["observation"][episode, step], reward, last_action=last)
        told.append((*policy.probabilities, policy.value, *policy.activity))
        last, reward = played["action"][episode, step], played["reward"][episode, step]
np.save(sys.argv[1] + "/told.npy", np.array(told))
"""


@pytest.fixture(scope="module")
def trained():
    return pf.load_pretrained("wang2018-two-step")


def test_a_trained_network_needs_numpy_alone(trained, tmp_path):
    task = pf.TwoStepConfig().make()
    played = jax.tree.map(np.asarray, pf.evaluate(trained, task, jax.random.key(0), num_episodes=2))
    pf.hand_out(trained, tmp_path / "network.npz")
    np.savez(tmp_path / "played.npz", observation=played.observation, action=played.action, reward=played.reward)
    subprocess.run([sys.executable, "-c", PLAY, str(tmp_path)], check=True)
    told = np.load(tmp_path / "told.npy")
    probabilities = np.asarray(jax.nn.softmax(played.logits)).reshape(-1, 3)
    np.testing.assert_allclose(told[:, :3], probabilities, atol=1e-6, rtol=0)
    np.testing.assert_allclose(told[:, 3], played.value.ravel(), atol=1e-5)
    np.testing.assert_allclose(told[:, 4:], played.activity.reshape(len(told), -1), atol=1e-5)


@pytest.mark.parametrize(
    "config",
    [
        pf.RecurrentConfig(hidden_size=5, cell="gru", time_input="normalised", initial_state="zero"),
        pytest.param(
            pf.RecurrentConfig(
                hidden_size=4, cell="rnn", time_input="raw", first_previous_action="first", head_bias=False
            ),
            marks=pytest.mark.thorough,
        ),
    ],
    ids=["gru", "rnn"],
)
def test_all_cells_and_inputs(config, tmp_path):
    task = pf.TwoStepConfig(num_trials=4).make()
    agent = config.make(task, jax.random.key(0))
    agent = jax.tree.map(lambda leaf: leaf + 0.3 if eqx.is_inexact_array(leaf) else leaf, agent)
    played = jax.tree.map(np.asarray, pf.rollout(agent, task, jax.random.key(1)))
    policy = load_policy(pf.hand_out(agent, tmp_path / "network.npz"))
    last, reward = None, 0.0
    for step in range(task.num_steps):
        policy.act(played.observation[step], reward, last_action=last)
        np.testing.assert_allclose(policy.probabilities, jax.nn.softmax(played.logits[step]), atol=1e-6, rtol=0)
        last, reward = int(played.action[step]), float(played.reward[step])


def test_it_plays_by_itself(trained, tmp_path):
    """By its probabilities, the same with the same seed, or always the most probable action."""
    path = pf.hand_out(trained, tmp_path / "network.npz")
    policy, again = load_policy(path, seed=3), load_policy(path, seed=3)
    first = np.eye(4)[0]
    assert [policy.act(first, 0.0) for _ in range(5)] == [again.act(first, 0.0) for _ in range(5)]
    policy.reset()
    assert policy.act(first, greedy=True) == np.argmax(policy.probabilities) == 2  # as the cue asks
    with pytest.raises(ValueError, match=r"`observation` must have 4 numbers, got 3\."):
        policy.act(np.zeros(3))


def test_refusals(trained, tmp_path):
    path = pf.hand_out(trained, tmp_path / "network.npz")
    with pytest.raises(UserError, match=re.escape(f"`path` must be a new file, got {path}")):
        pf.hand_out(trained, path)
    pf.hand_out(trained, path, overwrite=True)
    with pytest.raises(UserError, match=r"`path` must end in \.npz, got network\.txt"):
        pf.hand_out(trained, tmp_path / "network.txt")
    task = pf.TwoStepConfig().make()
    encoded = pf.RecurrentConfig(encoder="mlp").make(task, jax.random.key(0))
    with pytest.raises(UserError, match=r"got a RecurrentAgent with an encoder\. Only these are played without JAX"):
        pf.hand_out(encoded, tmp_path / "other.npz")
    (tmp_path / "policy.py").write_text("mine")
    with pytest.raises(UserError, match="must be the one that plays networks, got another file"):
        pf.hand_out(trained, tmp_path / "third.npz")
    np.savez(tmp_path / "numbers.npz", a=np.zeros(1))
    with pytest.raises(ValueError, match="`path` must be a file of a policy"):
        load_policy(tmp_path / "numbers.npz")
