"""Participants made by hand, for tests of `prefrontal play`: a client that speaks as the page does."""

import math
import random
from collections.abc import Callable, Mapping
from typing import Any

from starlette.testclient import TestClient

Choose = Callable[[Mapping[str, Any], int], int]


def trial(drawn: Mapping[str, Any], index: int, choices: list[int], *, practice: bool = False, missed: int = 0) -> dict:
    """The record of a trial that was answered so, or missed at a stage."""
    has_two = "first" in drawn and len(drawn["rewards"][0]) > 1
    given = {0: choices[: 1 + has_two], 1: [], 2: choices[:1]}[missed]
    first, second = ([*given, None, None])[:2]
    state = drawn["first"][first] if "first" in drawn and first is not None else None
    reward = None
    if not missed:
        reward = drawn["rewards"][first] if state is None else drawn["rewards"][state][second or 0]
    return {
        "kind": "trial",
        "practice": practice,
        "index": index,
        "choices": [first, second],
        "sides": [first, second],
        "rts_ms": [None if one is None else 400.0 + index for one in (first, second)],
        "state": state,
        "reward": reward,
        "missed": missed,
        "started_ms": 2_000.0 * index,
        "input": "key",
    }


def event(name: str, number: int = 0) -> dict:
    """The record of something beside the trials."""
    return {"kind": "event", "id": f"{name}-{number}", "name": name, "at_ms": 10.0 * number, "detail": {}}


def begin(client: TestClient, name: str, **said: Any) -> dict:
    """What the server answers to somebody who begins."""
    answer = client.post("/api/sessions", json={"client": name, "language": "en", **said})
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client: TestClient, session: Mapping[str, Any], records: list[dict], **said: Any) -> Any:
    """What the server answers to records."""
    body = {"secret": session["secret"], "records": records, **said}
    return client.post(f"/api/sessions/{session['session']}/records", json=body)


def end(client: TestClient, session: Mapping[str, Any]) -> Any:
    """What the server answers to the end of a session."""
    return client.post(f"/api/sessions/{session['session']}/end", json={"secret": session["secret"]})


def beside(client: TestClient, session: Mapping[str, Any]) -> Any:
    """What the server answers to somebody who has ended and wants to see others."""
    return client.post(f"/api/sessions/{session['session']}/beside", json={"secret": session["secret"]})


def play(client: TestClient, name: str, *, seed: int = 0, missed: Mapping[int, int] | None = None) -> dict:
    """A whole session by chance, practice first; `missed` says which trials are missed at which stage."""
    session, by_chance = begin(client, name), random.Random(seed)
    for part in ("practice", "trials"):
        records = [
            trial(
                drawn,
                index,
                [by_chance.randrange(2), by_chance.randrange(2)],
                practice=part == "practice",
                missed=(missed or {}).get(index, 0) if part == "trials" else 0,
            )
            for index, drawn in enumerate(session["schedule"][part])
        ]
        assert post(client, session, records).status_code == 200
    return session


def planned_choices(session: Mapping[str, Any], *, is_model_based: bool, seed: int) -> list[dict]:
    """The trials of a participant of the task without second choices who plans, by the transitions, or who repeats what
    was rewarded; written without the package's own models."""
    by_chance, of_state, of_choice = random.Random(seed), [0.5, 0.5], [0.5, 0.5]
    records = []
    for index, drawn in enumerate(session["schedule"]["trials"]):
        values = [0.8 * of_state[0] + 0.2 * of_state[1], 0.2 * of_state[0] + 0.8 * of_state[1]]
        values = values if is_model_based else of_choice
        choice = int(by_chance.random() < 1 / (1 + math.exp(-6 * (values[1] - values[0]))))
        records.append(trial(drawn, index, [choice]))
        state, reward = records[-1]["state"], records[-1]["reward"]
        of_state[state] += 0.5 * (reward - of_state[state])
        of_choice[choice] += 0.5 * (reward - of_choice[choice])
    return records
