"""The page of `prefrontal play` in Chromium, by keys and by touch: screens, times, and without a server of ours."""

import json
import random
import shutil
import statistics
import subprocess

import numpy as np
import pytest
from browsing import OPEN, chromium, is_missing, lead, schedule, screen_of, served_folder, study

import prefrontal as pf
from prefrontal.configs.two_step import TRIAL_KINDS
from prefrontal.play.rounds import bars_of, rounds_of
from prefrontal.trials.people_data import table_of

pytest.importorskip("starlette", reason="the extra `play` is not installed")
pytest.importorskip("httpx2", reason="httpx2, the client of these tests, is not installed")
from playing import trial

pytestmark = [pytest.mark.thorough, pytest.mark.skipif(bool(is_missing()), reason=is_missing())]


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


def press(key):
    return lambda page: page.keyboard.press(key)


def trials_of(posted):
    """The records of trials that were posted, the first of each."""
    found = {}
    for record in (record for batch in posted for record in batch["records"] if record["kind"] == "trial"):
        found.setdefault((record["practice"], record["index"]), record)
    return found


def events_of(posted):
    return [record for batch in posted for record in batch["records"] if record["kind"] == "event"]


def test_a_whole_session_by_keyboard(browser, tmp_path):
    with served_folder(tmp_path / "page", study("daw")) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        seen = lead(page, press("j"))
        firsts = list(dict.fromkeys(seen))
        assert firsts[:5] == ["welcome", "instructions", "try", "practice", "practice-trial"]
        assert firsts[5:] == ["quiz", "ready", "trial", "break", "end"]
        trials = trials_of(posted)
        assert sorted(trials) == [(False, 0), (False, 1), (False, 2), (False, 3), (True, 0)]
        for record in trials.values():
            assert record["input"] == "key"
            assert record["sides"] == [1, 1]
            assert record["missed"] == 0
            assert all(0 < rt < 3000 for rt in record["rts_ms"])
        names = [event["name"] for event in events_of(posted)]
        assert {"consent", "instructions", "quiz", "break"} <= set(names)
        page.close()


def test_a_whole_session_by_touch_on_a_telephone_in_german(browser, tmp_path):
    with served_folder(tmp_path / "page", study("two-step")) as (address, posted):
        context = browser.new_context(
            viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, locale="de-DE", color_scheme="dark"
        )
        page = context.new_page()
        page.goto(address)
        assert page.inner_text("h1") == "Eine Wahlaufgabe"
        wide = []
        lead(
            page,
            lambda page: page.locator(OPEN).nth(0).tap(),
            by="touch",
            each=lambda name: wide.append(page.evaluate("document.documentElement.scrollWidth > innerWidth")),
        )
        assert not any(wide)
        assert {record["input"] for record in trials_of(posted).values()} == {"touch"}
        assert [record["sides"] for record in trials_of(posted).values()] == [[0, None]] * 5
        context.close()


@pytest.mark.parametrize("size", [(360, 640), (740, 360), (1280, 720)], ids=str)
def test_up_to_nine_trees_and_what_comes_of_them_are_seen_at_once(browser, tmp_path, size):
    for arms in (4, 9):
        told = study("bandit", num_arms=arms, trials=1, practice=0, quiz=False, breaks_every=0, feedback_ms=2000)
        with served_folder(tmp_path / f"page{arms}", told) as (address, posted):
            page = browser.new_page(viewport={"width": size[0], "height": size[1]})
            page.goto(address)
            lead(page, press("f"), until=("trial",))
            page.wait_for_selector(OPEN)
            page.keyboard.press(str(arms))
            page.wait_for_selector(".outcome p")
            assert page.evaluate("document.querySelector('.outcome').getBoundingClientRect().bottom <= innerHeight")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            lead(page, press("f"))
            assert trials_of(posted)[False, 0]["choices"] == [arms - 1, None]
            page.close()


def test_who_answers_wrongly_reads_again_until_all_is_right(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit", trials=1, breaks_every=0)) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        lead(page, press("j"), until=("quiz",))
        page.click("button.primary")
        page.wait_for_selector(".warning:text('every question')")
        for wrong in page.locator("input[value='1']").all():
            wrong.check()
        page.click("button.primary")
        page.wait_for_selector("main[data-screen=again]")
        seen = lead(page, press("j"))
        assert seen[:2] == ["again", "instructions"]
        assert "practice-trial" not in seen
        told = [event["detail"] for event in events_of(posted) if event["name"] == "quiz"]
        assert told == [{"attempt": 1, "wrong": 2}, {"attempt": 2, "wrong": 0}]
        page.close()


def test_a_held_key_answers_nothing_and_is_noted(browser, tmp_path):
    told = study("bandit", practice=0, quiz=False, trials=2, breaks_every=0)
    with served_folder(tmp_path / "page", told) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        lead(page, press("f"), until=("ready",))
        page.keyboard.down("f")
        page.keyboard.press("Enter")
        page.wait_for_selector(OPEN)
        for _ in range(3):
            page.keyboard.down("f")  # as a held key repeats
        page.wait_for_timeout(100)
        assert page.query_selector(OPEN) is not None
        page.keyboard.up("f")
        page.keyboard.press("f")
        page.wait_for_function(f"() => document.querySelector('{OPEN}') === null")
        lead(page, press("j"))
        assert [trials_of(posted)[False, index]["sides"][0] for index in range(2)] == [0, 1]
        assert [event["detail"]["index"] for event in events_of(posted) if event["name"] == "held_key"] == [0]
        page.close()


def test_a_missed_deadline_is_a_trial_without_a_choice(browser, tmp_path):
    told = study("bandit", practice=0, quiz=False, trials=4, breaks_every=0, deadlines_ms={"first": 80, "second": 80})
    with served_folder(tmp_path / "page", told) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        seen = lead(page, lambda page: page.wait_for_timeout(100))
        assert "paused.missed" in seen
        records = trials_of(posted)
        assert sorted(records) == [(False, index) for index in range(4)]
        for record in records.values():
            assert (record["missed"], record["choices"], record["reward"]) == (1, [None, None], None)
        page.close()


def test_response_times_are_those_of_another_clock_in_the_page(browser, tmp_path):
    """From the stimulus' coming into the page to the key's own time; at most a frame lies between the two."""
    told = study("reversal", practice=0, quiz=False, trials=9, breaks_every=0)
    watch = """
      window.times = [];
      let onset = null;
      document.addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
        const open = document.querySelector("button.option:not([disabled]):not(.chosen)") !== null;
        if (open && onset === null) onset = performance.now();
        if (!open) onset = null;
      }).observe(document.body, { subtree: true, childList: true, attributes: true }));
      addEventListener("keydown", (event) => onset !== null && window.times.push(event.timeStamp - onset), true);
    """
    with served_folder(tmp_path / "page", told) as (address, posted):
        page = browser.new_page()
        page.add_init_script(watch)
        page.goto(address)
        lead(page, press("f"), until=("trial",))
        page.evaluate("window.times.length = 0")

        def answer(page):
            page.wait_for_timeout(60)
            page.keyboard.press("f")

        lead(page, answer)
        measured = page.evaluate("window.times")
        told_times = [trials_of(posted)[False, index]["rts_ms"][0] for index in range(9)]
        assert len(measured) == 9
        errors = [told - other for told, other in zip(told_times, measured, strict=True)]
        assert abs(statistics.median(errors)) < 20, errors
        page.close()


def test_a_reload_goes_on_where_it_was(browser, tmp_path):
    with served_folder(tmp_path / "page", study("harlow", trials=6, breaks_every=0)) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        pressed = []

        def three(page):
            page.keyboard.press("j")
            pressed.append("j")
            page.wait_for_function(f"() => document.querySelector('{OPEN}') === null")
            if len(pressed) == 3:
                page.reload()

        lead(page, press("j"), until=("trial",))
        lead(page, three, until=("resumed",))
        seen = lead(page, press("f"))
        assert seen[0] == "resumed"
        assert "instructions" not in seen
        assert [trials_of(posted)[False, index]["sides"][0] for index in range(6)] == [1, 1, 1, 0, 0, 0]
        assert "reload" in [event["name"] for event in events_of(posted)]
        page.close()


def test_where_the_study_says_so_a_reload_is_refused(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit", reload="refuse")) as (address, _):
        page = browser.new_page()
        page.goto(address)
        lead(page, press("j"), until=("break",))
        page.reload()
        page.wait_for_selector("main[data-screen=refused]")
        assert "cannot be continued" in page.inner_text("h1")
        page.close()


def test_a_second_window_is_sent_back_to_the_first(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit")) as (address, _):
        context = browser.new_context()
        one, two = context.new_page(), context.new_page()
        one.goto(address)
        one.wait_for_selector("main[data-screen=welcome]")
        two.goto(address)
        two.wait_for_selector("main[data-screen=elsewhere]")
        context.close()


def test_another_participant_at_the_same_browser_is_somebody_else(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit", trials=1, practice=0, quiz=False)) as (address, posted):
        context = browser.new_context()
        for pid in ("ann", "bob"):
            page = context.new_page()
            page.goto(f"{address}?PROLIFIC_PID={pid}")
            lead(page, press("j"))
            page.reload()
            page.wait_for_selector("main[data-screen=end]")
            page.close()
        assert {batch["parameters"]["PROLIFIC_PID"]: batch["client"] for batch in posted}.keys() == {"ann", "bob"}
        assert len({batch["session"] for batch in posted}) == 2
        context.close()


def test_who_does_not_agree_leaves_nothing(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit", consent_html="<p>Ours.</p>")) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        page.click("button:not(.primary):not([lang])")
        page.wait_for_selector("main[data-screen=declined]")
        assert posted == []
        page.close()


def test_jatos_gets_every_trial(browser, tmp_path):
    """With a stand-in for jatos.js that fails now and then."""
    library = """
      window.jatos = {
        lines: [], calls: 0,
        onLoad: (then) => setTimeout(then, 0),
        appendResultData: async (text) => {
          if (window.jatos.calls++ % 3 === 1) throw new Error("no connection");
          window.jatos.lines.push(...text.trim().split("\\n"));
        },
        endStudyAndRedirect: (url) => (window.jatos.ended = url),
        endStudy: () => (window.jatos.ended = true),
      };
    """
    with served_folder(tmp_path / "page", study("bandit"), "jatos") as (address, _):
        (tmp_path / "page" / "jatos.js").write_text(library)
        page = browser.new_page()
        page.goto(address)
        lead(page, press("j"))
        records = [json.loads(line) for line in page.evaluate("jatos.lines")]
        assert {record["index"] for record in records if record["kind"] == "trial" and not record["practice"]} == {
            0,
            1,
            2,
            3,
        }
        assert {record["kind"] for record in records} == {"session", "trial", "event"}
        page.click("text=Complete the study")
        page.wait_for_function("() => jatos.ended !== undefined")
        assert page.evaluate("jatos.ended") == "https://example.org/done"
        page.close()


def test_without_anybody_to_post_to_the_answers_are_a_file(browser, tmp_path):
    with served_folder(tmp_path / "page", study("bandit"), post=False) as (address, posted):
        page = browser.new_page()
        page.goto(address)
        lead(page, press("j"))
        with page.expect_download() as download:
            page.click("text=Save the file")
        kept = json.loads(download.value.path().read_text("utf-8"))
        assert {
            record["index"] for record in kept["records"] if record["kind"] == "trial" and not record["practice"]
        } == {0, 1, 2, 3}
        assert posted == []
        page.close()


def live_of(trials):
    """What a network did that always takes the first tram, and is ever surer of it."""
    return {
        "name": "a network",
        "schedule": {"practice": [], "trials": schedule("two-step", trials)},
        "choices": [[0, None]] * trials,
        "value": [[index / trials, 0.0] for index in range(trials)],
        "policy": [[[0.7, 0.3]]] * trials,
        "belief": [0.5 + index / (2 * trials) for index in range(trials)],
    }


def test_a_network_plays_with_its_value_and_belief_beside_it(browser, tmp_path):
    told = study("two-step", by="wang2018-two-step")
    with served_folder(tmp_path / "page", told, "server") as (address, posted):
        (tmp_path / "page" / "api").mkdir()
        (tmp_path / "page" / "api" / "study").write_text(json.dumps(told))
        (tmp_path / "page" / "api" / "live").write_text(json.dumps(live_of(3)))
        page = browser.new_page()
        page.goto(f"{address}?speed=10")
        page.wait_for_function(
            "() => document.querySelectorAll('.line polyline')[1]?.getAttribute('points').split(' ').length === 3"
        )
        assert page.inner_text(".live h2") == "a network plays"
        page.wait_for_selector(".policy")
        assert [text.strip() for text in page.locator(".line output").all_inner_texts()][1].endswith("%")
        page.click("text=Pause")
        assert page.inner_text(".live button.primary") == "Go on"
        assert posted == []
        page.close()


@pytest.mark.parametrize("task", ["two-step", "bandit", "harlow"])
def test_the_page_counts_as_the_server_does(browser, tmp_path, task):
    told = study(task, trials=40)
    drawn = schedule(task, 40, seed=3)
    better = [index // 10 % 2 for index in range(40)]
    by_chance = random.Random(2)
    rows, played = [], []
    for index, of in enumerate(drawn):
        missed = int(by_chance.random() < 0.2)
        record = trial(of, index, [by_chance.randrange(2)], missed=missed)
        played.append({name: record[name] for name in ("index", "choices", "state", "reward", "missed")})
        first, second = record["choices"]
        rows.append({"trial": index, "choice": first, "choice2": second, "rt": None, "rt2": None} | record)
    with served_folder(tmp_path / "page", told) as (address, _):
        page = browser.new_page()
        page.goto(address)
        call = (
            "async ([task, played, schedule]) => (await import('/static/summary.js')).summary(task, played, schedule)"
        )
        counted = page.evaluate(call, [task, played, {"trials": drawn, "better": better}])
        page.close()
    if task == "two-step":
        table = table_of([{**row, "subject": 0, "session": 1} for row in rows])
        bars = pf.stay_probability(table)[list(TRIAL_KINDS)].iloc[0].tolist()
    else:
        bars = bars_of(task, rounds_of(rows, drawn, better), 2)
    assert counted["bars"] == pytest.approx(bars, abs=1e-4)
    assert counted["reward"] == pytest.approx(np.mean([row["reward"] for row in rows if not row["missed"]]))


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: the checks of accessibility are fetched with it.")
    folder = tmp_path_factory.mktemp("axe")
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
    if subprocess.run(command, capture_output=True, timeout=120).returncode:
        pytest.skip("axe-core cannot be fetched from the registry of npm.")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.mark.parametrize(
    ("task", "scheme"),
    [("two-step", "light"), ("daw", "dark"), ("bandit", "light"), ("reversal", "dark"), ("harlow", "light")],
)
def test_axe_finds_nothing_wrong_on_any_screen(browser, tmp_path, axe, task, scheme):
    told = study(task, trials=2, breaks_every=1, consent_html="<h2>Consent</h2><p>Of our lab.</p>")
    with served_folder(tmp_path / "page", told) as (address, _):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        wrong = {}

        def check(name):
            if name.endswith("trial"):
                page.wait_for_selector(OPEN)
            page.evaluate(axe)
            found = page.evaluate("axe.run().then((told) => told.violations.map((one) => [one.id, one.nodes[0].html]))")
            if found:
                wrong[name] = found

        page.goto(address)
        seen = lead(page, press("f"), each=check)
        page.click("text=/You beside/")
        page.wait_for_selector("main[data-screen=beside]")
        assert page.locator("figure").count() == 2
        page.click("summary")
        check("beside")
        assert len(set(seen)) >= 9
        assert wrong == {}
        assert screen_of(page) == "beside"
        context.close()


NOTICES = (
    "computing",
    "declined",
    "refused",
    "elsewhere",
    "waiting",
    "forbidden",
    "broken",
    "lost",
    "resumed",
    "practice",
    "ready",
)
MORE_NOTICES = ("again", "paused.hidden", "paused.missed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_on_the_screens_of_what_went_wrong(browser, tmp_path, axe, scheme):
    told = study("two-step", by="wang2018-two-step")
    with served_folder(tmp_path / "page", told, "server") as (address, _):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(address)
        page.wait_for_selector("main[data-screen=broken]")  # nobody answers there
        page.evaluate(axe)
        for name in NOTICES + MORE_NOTICES:
            open_ = "async (name) => void (await import('/static/screens.js')).notice(name, {}, [['on', 'On']])"
            page.evaluate(open_, name)
            page.wait_for_selector(f"main[data-screen='{name}']")
            assert page.evaluate("axe.run().then((told) => told.violations.map((one) => one.id))") == [], name
        page.evaluate("async () => void (await import('/static/screens.js')).sending({ length: 3 })")
        assert page.evaluate("axe.run().then((told) => told.violations.map((one) => one.id))") == []
        (tmp_path / "page" / "api").mkdir()
        (tmp_path / "page" / "api" / "study").write_text(json.dumps(told))
        (tmp_path / "page" / "api" / "live").write_text(json.dumps(live_of(3)))
        page.reload()
        page.wait_for_selector(".policy")
        page.evaluate(axe)
        found = page.evaluate("axe.run().then((told) => told.violations.map((one) => [one.id, one.nodes[0].html]))")
        assert found == []
        context.close()
