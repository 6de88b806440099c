"""Three discounts, three seeds, two-step task, robust recipe, few episodes."""

import pandas as pd

import prefrontal as pf

experiment = pf.find_experiment("wang2018-two-step").in_recipe("robust")
config = pf.replace(experiment.config, "train.num_episodes", 3_500)
table = pf.sweep(experiment, {"train.discount": [0.5, 0.8, 0.9]}, config, seeds=[0, 1, 2], out="job_e_runs")
print(table.columns.tolist())
rows = []
for discount, group in table.groupby("train.discount"):
    found = pf.mean_interval(group["reward per episode"].to_numpy())
    rows.append(
        {
            "discount": discount,
            "reward": found.mean,
            "low": found.low,
            "high": found.high,
            "seeds": found.num,
            "least": group["reward per episode"].min(),
        }
    )
print(pd.DataFrame(rows).round(2).to_string(index=False))
print("chance", config.task.chance_reward, "oracle", config.task.oracle_reward)
figure = pf.plot_sweep(table, "reward per episode", x="train.discount", title="Two-step task, 3,500 episodes")
print(*pf.save_figure(figure, "job_e", formats=["png"]))
