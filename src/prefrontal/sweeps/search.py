"""A search for good settings: Optuna proposes them, units train them, and those that promise too little are stopped.

    [space]
    "train.learning_rate" = {low = 1e-4, high = 1e-2, log = true}
    "agent.hidden_size" = {low = 16, high = 64, whole = true}

    [search]
    trials = 50

A trial is a setting with all seeds of the file, one unit. What it earned lies in its folder as that of any unit; beside
it, OUT/trials.json lists the settings in the order in which they were proposed. From these two the search is taken up
again: Optuna keeps no files of its own, which on network file systems were damaged or locked for good (optuna #5138,
#5921), and there is none that could tell another story than the folders.
"""

import json
import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from prefrontal.configs.values import with_values
from prefrontal.errors import UserError, check_count
from prefrontal.reports.runs import REWARD
from prefrontal.runs.provenance import to_json
from prefrontal.runs.store import Store
from prefrontal.sweeps.draws import check_range
from prefrontal.sweeps.outcome import Outcome, read_result
from prefrontal.sweeps.spec import Spec, changed, start_of
from prefrontal.sweeps.standing import standings
from prefrontal.sweeps.unit import Unit
from prefrontal.sweeps.work import RUNGS, STOP

TRIALS = "trials.json"
MOST_REPEATED = 200
"""So many proposals in a row that were made before: there is nothing new to propose."""


@dataclass(frozen=True)
class SearchConfig:
    """How to search."""

    trials: int = 50
    """Settings to try, all together."""
    seed: int = 0
    """Of the proposals."""
    early_stopping: bool = True
    """Stop a training whose reward is below the median of those before it, at the same share of the training."""
    startup: int = 8
    """Trials drawn at random, and none stopped, before anything is concluded from them."""

    def __post_init__(self) -> None:
        check_count("search.trials", self.trials)
        check_count("search.startup", self.startup)


class Search:
    """A search under way: what was proposed, and what came of it."""

    def __init__(self, spec: Spec, store: Store):
        """Arguments:
        spec: with [space] and one experiment.
        store: where results lie.

        Raises:
            UserError: when Optuna is not installed, or the file does not fit.
        """
        self._optuna = _optuna()
        document, path = spec.document, spec.path
        self.config: SearchConfig = with_values(SearchConfig(), "search", document.get("search", {}), str(path))
        space = document.get("space", {})
        if not isinstance(space, Mapping) or not space:
            raise UserError(
                f"`space` must hold an option and its range at least, got {space!r}. Write [space] in {path}."
            )
        self._space = {option: check_range(option, declared) for option, declared in space.items()}
        names = {unit.experiment.name for unit in spec.units}
        if len({unit.setting for unit in spec.units}) > 1:
            raise UserError(f"`search` must be of one experiment and no grid, list or draws, got several in {path}.")
        self._experiment, self._start = start_of(document, names.pop(), path)
        self._seeds = tuple(seed for unit in spec.units for seed in unit.seeds)
        self._spec, self._store = spec, store
        self._trials: dict[str, Any] = {}
        self._listed: list[Mapping[str, Any]] = json.loads(store.read(f"{TRIALS}") or b"[]")
        self._study = self._optuna.create_study(
            direction="maximize",
            sampler=self._optuna.samplers.TPESampler(
                seed=self.config.seed + len(self._listed), n_startup_trials=self.config.startup, constant_liar=True
            ),
            pruner=self._optuna.pruners.MedianPruner(n_startup_trials=self.config.startup),
        )
        self._left = self._take_up()

    @property
    def units(self) -> tuple[Unit, ...]:
        """A unit each trial proposed so far, in order."""
        return tuple(self._unit(values) for values in self._listed)

    def proposals(self) -> Iterator[Unit]:
        """What is to be trained: trials that had begun before, then new ones as there is room, up to the number asked
        for. Each new one knows what came of those before."""
        yield from self._left
        repeated = 0
        while len(self._listed) < self.config.trials and repeated < MOST_REPEATED:
            trial = self._study.ask(self._distributions)
            unit = self._unit(trial.params)
            if unit.name in self._trials:
                self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
                repeated += 1
                continue
            repeated = 0
            self._trials[unit.name] = trial
            self._listed.append(trial.params)
            self._store.write(TRIALS, to_json(self._listed).encode())
            yield unit

    def end(self, outcome: Outcome) -> None:
        """Take note of how a trial ended."""
        trial, states = self._trials[outcome.name], self._optuna.trial.TrialState
        value = self._value(read_result(self._store, outcome.name))
        if outcome.ending == "done" and value is not None:
            self._study.tell(trial, value)
        else:
            self._study.tell(trial, state=states.PRUNED if outcome.ending == "pruned" else states.FAIL)

    def look(self, names: Sequence[str]) -> None:
        """Look at what the units called so have earned up to now; have those stopped that promise too little."""
        if not self.config.early_stopping:
            return
        units = {unit.name: unit for unit in self.units}
        for one in standings(self._store, [units[name] for name in names]):
            trial = self._trials[one.unit.name]
            rungs: Mapping[str, float] = one.last.progress.get("rungs", {}) if one.last else {}
            told = self._study.trials[trial.number].intermediate_values
            for rung, reward in rungs.items():
                step = RUNGS.index(float(rung))
                if step in told:
                    continue
                trial.report(reward, step)
                if trial.should_prune():
                    reason = f"stopped early: {reward:.3g} after {float(rung):.0%} of training, below the median"
                    self._store.write(f"{one.unit.name}/{STOP}", json.dumps({"reason": reason}).encode())
                    break

    def _take_up(self) -> list[Unit]:
        """Tell Optuna of the trials there are; those that have not ended are returned."""
        left = []
        for values in self._listed:
            unit = self._unit(values)
            result = read_result(self._store, unit.name) or {}
            states = self._optuna.trial.TrialState
            state = {"done": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}.get(
                result.get("state", "")
            )
            if state is None:
                self._study.enqueue_trial(values)
                self._trials[unit.name] = self._study.ask(self._distributions)
                left.append(unit)
                continue
            rungs = {RUNGS.index(float(rung)): reward for rung, reward in result.get("rungs", {}).items()}
            value = self._value(result) if state == states.COMPLETE else None
            self._trials[unit.name] = None
            self._study.add_trial(
                self._optuna.trial.create_trial(
                    state=states.FAIL if state == states.COMPLETE and value is None else state,
                    params=values,
                    distributions=self._distributions,
                    value=value,
                    intermediate_values=rungs,
                )
            )
        return left

    @property
    def _distributions(self) -> dict[str, Any]:
        kinds, found = self._optuna.distributions, {}
        for option, declared in self._space.items():
            if "choices" in declared:
                found[option] = kinds.CategoricalDistribution(declared["choices"])
                continue
            kind = kinds.IntDistribution if declared.get("whole", False) else kinds.FloatDistribution
            found[option] = kind(declared["low"], declared["high"], log=declared.get("log", False))
        return found

    def _unit(self, values: Mapping[str, Any]) -> Unit:
        config = changed(self._start, values, self._spec.path)
        return Unit(self._experiment, config, self._seeds, dict(values))

    def _value(self, result: Mapping[str, Any] | None) -> float | None:
        """What a trial is judged by: the mean over its seeds; None where it was not measured.

        Raises:
            UserError: when there is no such measure.
        """
        measures: Mapping[str, Sequence[float | None]] = (result or {}).get("measures", {})
        name = self._spec.best or REWARD
        if measures and name not in measures:
            raise UserError(f"`best` must be one of what was measured ({'; '.join(measures)}), got {name}. Mend it.")
        values = [value for value in measures.get(name, ()) if value is not None and math.isfinite(value)]
        return statistics.fmean(values) if values and len(values) == len(self._seeds) else None


def found_so_far(spec: Spec, search: Search) -> Spec:
    """The sweep of the trials proposed so far, for the table of all."""
    return replace(spec, units=search.units)


def _optuna() -> Any:
    """Optuna, or a refusal that says what to install."""
    try:
        import optuna  # pyright: ignore[reportMissingImports]
    except ImportError as error:
        raise UserError(
            '`search` must have Optuna installed, got none. Install it: pip install "prefrontal[cluster]". '
            "Everything else works without."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna
