"""A vanilla RNN of my own on the two-step task: trained, kept, loaded, lesioned."""

import equinox as eqx
import jax
import jax.numpy as jnp

import prefrontal as pf


class Vanilla(pf.AbstractTappedAgent):
    recurrent: eqx.nn.Linear
    read: eqx.nn.Linear

    def __init__(self, task, key, units=40):
        first, second = jax.random.split(key)
        num_inputs = task.observation_size + task.num_actions + 1
        self.recurrent = eqx.nn.Linear(num_inputs + units, units, key=first)
        self.read = eqx.nn.Linear(units, task.num_actions + 1, key=second)

    def init(self):
        return jnp.zeros(self.recurrent.out_features)

    def run(self, inputs, state, tap):
        seen = [inputs.observation, inputs.previous_action, inputs.previous_reward[None], state]
        state = tap("activity", jnp.tanh(self.recurrent(jnp.concatenate(seen))))
        out = self.read(state)
        return pf.AgentOutput(logits=out[:-1], value=out[-1], activity=state), state


task = pf.TwoStepConfig(num_trials=50, encoding="trial").make()
pf.check_agent(Vanilla(task, jax.random.key(0)), task)
trained = pf.train_agents(task, Vanilla, pf.recipe("robust", num_episodes=10_000), seeds=[0, 1], out="vanilla")
path = pf.save_agent(trained[0], "vanilla.safetensors", overwrite=True)
loaded = pf.load_agent(path, like=Vanilla(task, jax.random.key(9)))
for name, agent in {
    "intact": loaded,
    "5 of 40 silenced": pf.silenced(loaded, list(range(5))),
    "15 of 40 silenced": pf.silenced(loaded, list(range(15))),
}.items():
    played = pf.evaluate(agent, task, jax.random.key(1), num_episodes=200)
    stay = pf.stay_probability(pf.trial_table(played.event)).iloc[0]
    print(f"{name}: reward {played.reward.sum(axis=1).mean():.1f} of 50 (chance 25);", stay.round(2).to_dict())
