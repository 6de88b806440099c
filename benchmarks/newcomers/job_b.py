import equinox as eqx
import jax
import jax.numpy as jnp

import prefrontal as pf


class Mine(pf.AbstractTappedAgent):
    cell: eqx.nn.GRUCell
    read: eqx.nn.MLP

    def __init__(self, task, key, units=20):
        one, two = jax.random.split(key)
        self.cell = eqx.nn.GRUCell(task.observation_size + task.num_actions + 1, units, key=one)
        self.read = eqx.nn.MLP(units, task.num_actions + 1, 16, 1, key=two)

    def init(self):
        return jnp.zeros(self.cell.hidden_size)

    def run(self, inputs, state, tap):
        seen = jnp.concatenate([inputs.observation, inputs.previous_action, inputs.previous_reward[None]])
        state = tap("activity", self.cell(seen, state))
        read = self.read(state)
        return pf.AgentOutput(read[:-1], read[-1], state), state


task = pf.TwoStepConfig(num_trials=40, encoding="trial").make()
pf.check_agent(Mine(task, jax.random.key(0)), task)
trained = pf.train_agents(task, Mine, pf.recipe("robust", num_episodes=6_000), seeds=[0, 1])
gru = pf.load_agent(pf.save_agent(trained[1], "mine.safetensors"), like=Mine(task, jax.random.key(5)))
for name, agent in {"trained": trained[1], "loaded": gru, "lesioned": pf.silenced(gru, [0, 3, 5, 8, 11])}.items():
    print(name, pf.evaluate(agent, task, jax.random.key(2), num_episodes=300).reward.sum(axis=1).mean())
