"""Mushrooms: three kinds, each food (+1) or poison (-1) in this episode; at every step one is shown: eat it or pass."""

import equinox as eqx
import jax
import jax.numpy as jnp

import prefrontal as pf


class Meal(eqx.Module):
    worth: jax.Array  # of each kind in this episode, -1 or 1: hidden
    shown: jax.Array  # the kind on the plate now


class Mushrooms(pf.AbstractTask):
    num_actions: int = 2  # 0: pass, 1: eat
    observation_size: int = 3
    num_steps: int = 24

    def init(self, key):
        worth_key, shown_key = jax.random.split(key)
        worth = 2 * jax.random.bernoulli(worth_key, shape=(3,)).astype(int) - 1
        return Meal(worth, jax.random.randint(shown_key, (), 0, 3))

    def observe(self, state):
        return jax.nn.one_hot(state.shown, 3)

    def step(self, state, action, key):
        worth = state.worth[state.shown]
        reward = jnp.where(action == 1, worth, 0).astype(jnp.float32)
        event = {"good": (action == 1) == (worth == 1)}
        return Meal(state.worth, jax.random.randint(key, (), 0, 3)), reward, event


task = Mushrooms()
pf.check_task(task)
network = pf.RecurrentConfig(hidden_size=24)
training = pf.recipe("robust", num_episodes=20_000, learning_rate=1e-2, discount=0.0)
trained = pf.train_agents(task, network, training, seeds=range(4))
chance = 0.0  # whatever share is eaten, food and poison are as frequent
for seed, agent in zip(trained.seeds, trained, strict=True):
    played = pf.evaluate(agent, task, jax.random.key(100), num_episodes=500)
    good = played.event["good"].mean(axis=0)
    print(
        f"seed {seed}: reward {played.reward.sum(axis=1).mean():.2f} (chance {chance:.1f}, at most about 10.5);"
        f" right at the first step {good[0]:.2f}, at the last {good[-1]:.2f}"
    )
figure = pf.plot_learning(trained, "Mushrooms: four networks", levels={"chance": chance})
print(*pf.save_figure(figure, "job_a", formats=["png"]))
