"""Commands work where nothing can be reached: none of them opens a connection."""

import socket

import pytest

from prefrontal import cli

SMALL = ("--train.num-episodes", "4", "--task.num-trials", "4", "--train.unroll", "12", "--agent.hidden-size", "2")
COMMANDS = (
    ("list",),
    ("example", "people.csv"),
    ("table", "people.csv", "--out", "clean.csv"),
    ("analyse", "people.csv"),
    ("simulate", "win-stay-lose-shift", "--num-subjects", "2", "--task.num-trials", "20", "--out", "simulated.csv"),
    ("train", "wang2018-two-step", "--seeds", "0", "--name", "small", *SMALL),
    ("evaluate", "runs/wang2018-two-step/small", "--test.num-episodes", "2"),
    ("report", "runs/wang2018-two-step/small", "--out", "report.html"),
    ("figure", "runs/wang2018-two-step/small"),
    ("runs",),
    ("show", "runs/wang2018-two-step/small"),
    ("fit", "people.csv", "--models", "win-stay-lose-shift", "--num-starts", "2", "--out", "fits"),
)


@pytest.mark.thorough
def test_no_command_opens_a_connection(tmp_path, monkeypatch):
    def refuse(*arguments, **_):
        raise AssertionError(f"a connection is opened: {arguments[1:]}")

    monkeypatch.chdir(tmp_path)
    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for arguments in COMMANDS:
        cli.main(arguments)
    with pytest.raises(AssertionError, match="a connection is opened"):
        socket.create_connection(("192.0.2.1", 80))
