"""A search for settings: proposals within ranges, what promises little is stopped, and it is taken up again."""

import itertools
import json
import sys
from types import SimpleNamespace

import pytest
from sweeping import TINY, Here, hand_in_result, spec_of

from prefrontal.errors import UserError
from prefrontal.learning import jobs
from prefrontal.reports.runs import REWARD
from prefrontal.runs.attempts import begin
from prefrontal.runs.stores import open_store
from prefrontal.runs.watching import Watcher, watched
from prefrontal.sweeps.drive import drive
from prefrontal.sweeps.outcome import Outcome
from prefrontal.sweeps.search import Search, found_so_far
from prefrontal.sweeps.standing import standings
from prefrontal.sweeps.table import settings_table
from prefrontal.sweeps.work import run_unit

SPACE = """
[space]
"train.discount" = {low = 0.5, high = 0.99}
"train.learning_rate" = {low = 1e-4, high = 1e-2, log = true}
[search]
trials = 30
startup = 5
"""


def test_without_optuna_the_refusal_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    spec = spec_of(tmp_path, TINY + SPACE)
    with pytest.raises(UserError, match=r'must have Optuna installed, got none. Install it: pip install "prefrontal\['):
        Search(spec, open_store(spec.out))


class TestWithOptuna:
    @pytest.fixture(autouse=True)
    def _optuna(self):
        pytest.importorskip("optuna", reason="Optuna is not installed: pip install 'prefrontal[cluster]'")

    def searched(self, spec, store, stop_after=10**9):
        """A search whose trainings earn the more the nearer the discount is to .8; how many were run."""
        ran = []

        def run(unit):
            if len(ran) == stop_after:
                raise KeyboardInterrupt
            ran.append(unit)
            hand_in_result(store, unit, measures={REWARD: [-abs(unit.values["train.discount"] - 0.8)] * 4})
            return Outcome(unit.name, "done")

        search = Search(spec, store)
        drive(store, search.proposals(), Here(run), on_end=search.end)
        return search, ran

    def test_it_comes_near_the_best_and_goes_on_where_it_stopped(self, tmp_path):
        spec = spec_of(tmp_path, TINY + SPACE)
        store = open_store(spec.out)
        with pytest.raises(KeyboardInterrupt):
            self.searched(spec, store, stop_after=12)
        search, ran = self.searched(spec, store)
        assert len(ran) == 18  # one had been proposed and not run
        assert len(search.units) == 30
        table = settings_table(standings(store, found_so_far(spec, search).units))
        assert len(table) == 30
        late = [abs(unit.values["train.discount"] - 0.8) for unit in search.units[15:]]
        assert sorted(late)[7] < 0.1  # at random half of them would be within .15
        assert len(json.loads(store.read("trials.json"))) == 30

    def test_what_promises_too_little_is_asked_to_stop(self, tmp_path):
        spec = spec_of(tmp_path, TINY + SPACE)
        store = open_store(spec.out)
        search = Search(spec, store)
        coming = search.proposals()
        for place in range(6):
            unit = next(coming)
            own = begin(store, unit.name)
            reward = 1.0 if place < 5 else 0.5
            own.tell(rungs={"0.125": reward})
            own.beat()
            search.look([unit.name])
            asked = store.read(f"{unit.name}/stop.json")
            assert (asked is not None) == (place == 5)
            hand_in_result(store, unit, measures={REWARD: [reward] * 4})
            search.end(Outcome(unit.name, "done"))
        assert "stopped early: 0.5 after 12% of training" in json.loads(asked)["reason"]

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            (TINY, "`space` must hold"),
            (TINY + SPACE + '[grid]\n"agent.hidden_size" = [2, 3]\n', "no grid, list or draws"),
            (TINY + SPACE.replace("trials = 30", "trials = 0"), "search.trials"),
            (TINY + SPACE.replace("low = 0.5", "low = 1.5"), "must be a range"),
        ],
    )
    def test_a_file_that_does_not_fit_is_refused(self, tmp_path, text, told):
        spec = spec_of(tmp_path, text)
        with pytest.raises(UserError, match=told):
            Search(spec, open_store(spec.out))


@pytest.mark.thorough
def test_a_unit_that_is_not_wanted_any_more_stops_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("prefrontal.learning.group.STEPS_PER_CHUNK", 50)
    spec = spec_of(tmp_path, TINY.replace("num_episodes = 40", "num_episodes = 400"))
    store, unit = open_store(spec.out), spec.units[0]
    ticks = itertools.count(step=100)
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=ticks.__next__))  # a save after each chunk

    class Asking(Watcher):
        def trained(self, episode, reward):
            store.write(f"{unit.name}/stop.json", json.dumps({"reason": "too little"}).encode())

        def saved(self):
            pass

    with watched(Asking()):
        assert run_unit(unit, spec.out) == Outcome(unit.name, "pruned", "too little")
    assert standings(store, [unit])[0].state == "pruned"
    assert run_unit(unit, spec.out).ending == "pruned"  # and it is not begun again
