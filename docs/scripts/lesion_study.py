"""A lesion study: a trained network, what is left of its behaviour without some of its units, and with noise.

python docs/scripts/lesion_study.py
"""

import jax
import jax.numpy as jnp
import pandas as pd

import prefrontal as pf

experiment = pf.find_experiment("wang2018-two-step")
task = experiment.config.task.make()
network = pf.load_pretrained("wang2018-two-step", seed=0)
num_units = pf.rollout(network, task, jax.random.key(0)).activity.shape[-1]

groups: dict[str, pf.AbstractAgent] = {
    "intact": network,
    "without a half": pf.silenced(network, jnp.arange(num_units) % 2 == 0),
    "noisy": pf.intervened(network, task, pf.InterventionConfig(noise=0.5)),
}
tables: dict[str, pd.DataFrame] = {}
for name, agent in groups.items():  # with one key, all meet the same random numbers
    played = pf.evaluate(agent, task, jax.random.key(1), num_episodes=20)
    tables[name] = pf.trial_table(played.event)
    stay = pf.stay_probability(tables[name]).iloc[0]
    reward = float(played.reward.sum(axis=1).mean())
    print(f"{name}: reward {reward:.1f}, stay {', '.join(f'{value:.2f}' for value in stay)}")

pf.write_table("lesions.csv", pd.concat([table.assign(subject=name) for name, table in tables.items()]))
print(*pf.save_figure(pf.plot_stay(tables, "Without units"), "lesions", formats=["png"]))
