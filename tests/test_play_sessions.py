"""Sessions at `prefrontal play` in Chromium that are disturbed: what the page has made is what is stored."""

import pytest
from browsing import NOTES, PlayServer, chromium, is_missing, screen_of

import prefrontal as pf

pytest.importorskip("starlette", reason="Starlette is not installed: pip install 'prefrontal[play]'")
pytest.importorskip("uvicorn", reason="Uvicorn is not installed: pip install 'prefrontal[play]'")
pytestmark = [pytest.mark.thorough, pytest.mark.skipif(bool(is_missing()), reason=is_missing())]

STUDY = 'task = "bandit"\ntrials = 40\npractice = 2\nbreaks_every = 15\nbeside = false\n'
CUT_AT, MENDED_AT, KILLED_AT, RELOADED_AT = 3, 23, 26, 30


def test_reload_cut_and_kill_lose_nothing_and_double_nothing(tmp_path):
    """In one session: twenty trials without a network, the server killed and started again, the page loaded again."""
    (tmp_path / "study.toml").write_text(STUDY)
    server = PlayServer(tmp_path / "people.sqlite", "--study", str(tmp_path / "study.toml"))
    made = {}

    def done():
        return sum(not practice for practice, _ in made)

    def until(page, reached):
        while not reached():
            page.wait_for_timeout(20)

    try:
        server.wait()
        with chromium() as browser:
            context = browser.new_context()
            page = context.new_page()
            page.expose_function(
                "noteTrial", lambda record: made.setdefault((record["practice"], record["index"]), record)
            )
            page.add_init_script(NOTES)
            page.goto(f"{server.address}?simulate=random&speed=8&seed=1")
            until(page, lambda: done() >= CUT_AT)
            context.set_offline(True)
            until(page, lambda: done() >= MENDED_AT)
            context.set_offline(False)
            until(page, lambda: done() >= KILLED_AT)
            server.kill()
            server.start()
            until(page, lambda: done() >= RELOADED_AT)
            server.wait()
            page.reload()
            until(page, lambda: screen_of(page) == "end")
            rows = server.stored()
    finally:
        server.kill()
    assert len(rows) == len(made) == 42
    for row in rows:
        record = made[bool(row["practice"]), row["trial"]]
        assert (row["choice"], row["side"], row["reward"]) == (
            record["choices"][0],
            record["sides"][0],
            record["reward"],
        )
        assert row["rt"] == pytest.approx(record["rts_ms"][0] / 1000, abs=1e-3)


def test_a_model_based_agent_in_the_browser_comes_back_as_model_based(tmp_path):
    """Its draws and its chances have seeds: it chooses the same at all times."""
    text = 'task = "two-step"\ntrials = 120\npractice = 0\nbreaks_every = 0\nseed = 3\nbeside = false\n'
    (tmp_path / "study.toml").write_text(text)
    server = PlayServer(tmp_path / "people.sqlite", "--study", str(tmp_path / "study.toml"))
    try:
        server.wait()
        with chromium() as browser:
            page = browser.new_page()
            page.goto(f"{server.address}?simulate=model-based&speed=1000&seed=2")
            page.wait_for_selector("main[data-screen=end]", timeout=120_000)
    finally:
        server.kill()
    table = pf.read_trials(tmp_path / "people.sqlite")
    assert len(table) == 120
    stay = pf.stay_probability(table).mean()
    assert stay["common_rewarded"] - stay["uncommon_rewarded"] > 0.3
    assert stay["uncommon_unrewarded"] - stay["common_unrewarded"] > 0.3
    bic = {name: pf.fit_model(table, name, num_starts=5).table["bic"].sum() for name in ("model-based", "sarsa-lambda")}
    assert bic["model-based"] < bic["sarsa-lambda"] - 10
    assert pf.fit_model(table, "hybrid", num_starts=5).table["weight"].iloc[0] > 0.6
