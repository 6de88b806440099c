import jax

import prefrontal as pf


class CueMap(pf.AbstractTask):
    """Three arms; a cue of three names the paying one, by a permutation that is hidden and new in every episode."""

    num_actions: int = 3
    observation_size: int = 3
    num_steps: int = 30

    def init(self, key):
        one, two = jax.random.split(key)
        return jax.random.permutation(one, 3), jax.random.randint(two, (), 0, 3)  # mapping, cue

    def observe(self, state):
        return jax.nn.one_hot(state[1], 3)

    def step(self, state, action, key):
        mapping, cue = state
        right = action == mapping[cue]
        return (mapping, jax.random.randint(key, (), 0, 3)), right.astype(float), {"right": right, "cue": cue}


task = CueMap()
pf.check_task(task)
config = pf.recipe("robust", num_episodes=40_000, discount=0.0)
trained = pf.train_agents(task, pf.RecurrentConfig(hidden_size=48), config, seeds=range(2))
print(*pf.save_figure(pf.plot_learning(trained, "Cues mapped onto arms"), "curve", formats="png"))
for seed, agent in zip(trained.seeds, trained, strict=False):
    played = pf.evaluate(agent, task, jax.random.key(1), num_episodes=300)
    right = played.event["right"]
    print(
        seed,
        f"reward {played.reward.sum(axis=1).mean():.1f} of 30, chance 10;",
        f"first five {right[:, :5].mean():.2f}, last five {right[:, -5:].mean():.2f}",
    )
