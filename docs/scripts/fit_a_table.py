"""Your own table of trials: read, looked at, fitted by cognitive models, compared, and drawn.

python docs/scripts/fit_a_table.py study.csv
"""

import sys

import numpy as np

import prefrontal as pf

if len(sys.argv) > 1:
    understood = pf.understand(sys.argv[1])  # with what was kept beside it, study.columns.toml
    print(understood)
    table = understood.table
else:  # nothing at hand: simulated people, between model-free and model-based
    people = {"weight": np.linspace(0.0, 1.0, 8), "inverse_temperature": np.full(8, 3.0)}
    table = pf.simulate("hybrid", pf.TwoStepConfig(num_trials=100), people, seed=1)

print(pf.overview(table))
print(pf.stay_probability(table).mean().round(2).to_string())
for caution in pf.cautions(table):
    print(f"Caution: {caution}")

weights = pf.regress(pf.multi_back(table, num_lags=3), ridge=0.1).weights
print(pf.indices(weights).round(2).to_string())

fits = {name: pf.fit_model(table, name, num_starts=4) for name in ("sarsa-0", "win-stay-lose-shift")}
comparison = pf.compare_fits(fits)
print(comparison.table[["num_parameters", "bic", "num_best"]].round(1).to_string())
best = fits[str(comparison.table["bic"].idxmin())]
print(f"Best: {best.model}, with {', '.join(best.parameters)}")

figures = {
    "stay": pf.plot_stay({"people": table}),
    "estimates": pf.plot_fit(best),
    "comparison": pf.plot_comparison(comparison),
}
for name, figure in figures.items():
    print(*pf.save_figure(figure, name, formats=["png"]))
