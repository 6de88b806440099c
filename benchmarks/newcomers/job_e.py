import prefrontal as pf

config = pf.ExperimentConfig(
    task=pf.TwoStepConfig(num_trials=40, encoding="trial"),
    agent=pf.RecurrentConfig(),
    train=pf.recipe("robust", num_episodes=3_000),
    test=pf.TestConfig(num_episodes=200),
)


def measure(played):
    stay = pf.stay_probability(pf.trial_table(played.event)).iloc[0]
    index = (
        stay["common_rewarded"] - stay["uncommon_rewarded"] - stay["common_unrewarded"] + stay["uncommon_unrewarded"]
    )
    return {"interaction": index}


experiment = pf.own_experiment("size-and-discount", config, measure, seeds=range(4))
table = pf.sweep(experiment, {"agent.hidden_size": [4, 24], "train.discount": [0.0, 0.9]})
print(table.drop(columns="run").round(2).to_string())
for (size, discount), rows in table.groupby(["agent.hidden_size", "train.discount"]):
    for name in ("reward per episode", "interaction"):
        found = pf.mean_interval(rows[name])
        print(f"{size} units, discount {discount}: {name} {found.mean:.2f} ({found.low:.2f} to {found.high:.2f})")
wide = table.pivot(index="seed", columns=["agent.hidden_size", "train.discount"], values="reward per episode")
for size in (4, 24):
    found = pf.mean_interval(wide[size, 0.9] - wide[size, 0.0])
    print(f"{size} units, .9 less 0: {found.mean:.2f} ({found.low:.2f} to {found.high:.2f})")
for name in ("reward per episode", "interaction"):
    figure = pf.plot_sweep(table, name, x="agent.hidden_size", by="train.discount")
    print(*pf.save_figure(figure, name.replace(" ", "-"), formats="png"))
