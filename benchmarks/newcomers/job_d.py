import jax
import numpy as np

import prefrontal as pf

experiment = pf.find_experiment("wang2018-two-step")
network = pf.load_pretrained("wang2018-two-step", seed=2)
played = pf.evaluate(network, experiment.task, jax.random.key(7), num_episodes=1)  # one session
table = pf.trial_table(played.event)
pf.write_table("session.csv", table)
print(table.head(5).to_string())
activity = np.asarray(played.activity)[0]
np.save("activity.npy", activity)
print("steps x units", activity.shape, "trials", len(table))
at_choice = activity[1::3]
components = pf.principal_components(at_choice)
print(f"{components.dimensionality:.1f} dimensions; shares", components.variance_share[:4].round(2))
print(
    *pf.save_figure(
        pf.plot_components(at_choice, by=table["choice"], title="At the choice"), "pca-choice", formats="png"
    )
)
print(
    *pf.save_figure(
        pf.plot_components(at_choice, by=table["better_state"], title="At the choice"), "pca-better", formats="png"
    )
)
