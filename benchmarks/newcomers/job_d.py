"""One session of a network that comes with the package: hidden activity, its components, its trials."""

import jax
import numpy as np

import prefrontal as pf

experiment = pf.find_experiment("wang2018-two-step")
network = pf.load_pretrained("wang2018-two-step", seed=0)
played = pf.rollout(network, experiment.task, jax.random.key(5))  # one session: leaves lead with time
table = pf.trial_table(played.event)
print(table.to_string())

steps = experiment.config.task.steps_per_trial  # three: fixation, choice, outcome
activity = np.asarray(played.activity)[1::steps]  # (trial, unit), at the choice
better = np.asarray(played.event.better_state)[steps - 1 :: steps]
assert np.array_equal(better, table["better_state"])
labels = np.where(better == 0, "S1 pays more", "S2 pays more")
components = pf.principal_components(activity)
places = components.project(activity)[:, :2]
print(f"{activity.shape}: {components.dimensionality:.1f} dimensions; shares {components.variance_share[:2].round(2)}")
print("first five trials on the first two components:", places[:5].round(2).tolist())
figure = pf.plot_components(activity, by=labels, title="One session, at the choice", legend="better state")
print(*pf.save_figure(figure, "job_d", formats=["png"]))
