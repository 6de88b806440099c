"""What is done while networks train: once, in a thread of its own, and nothing depends on it."""

import signal
import threading

import pytest

from prefrontal.learning.meanwhile import meanwhile


def test_it_is_done_once_and_over_at_the_end():
    threads = []
    with meanwhile(lambda: threads.append(threading.current_thread())) as begin:
        begin()
        begin()
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
    assert not threads[0].is_alive()


def test_what_fails_in_it_is_not_told():
    with meanwhile(lambda: 1 / 0) as begin:
        begin()


def test_it_is_not_begun_where_nothing_trains():
    with meanwhile(pytest.fail):
        pass


def test_there_may_be_nothing_to_do():
    with meanwhile(None) as begin:
        begin()


def test_ctrl_c_while_it_is_waited_for_leaves_it_to_be_waited_for_at_the_end():
    """Python joins threads that it knows to be alive before it ends: one in XLA that it forgot would be aborted."""
    may_end, threads = threading.Event(), []

    def work():
        threads.append(threading.current_thread())
        may_end.wait(20)

    threading.Timer(0.3, signal.pthread_kill, [threading.main_thread().ident, signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt), meanwhile(work) as begin:
        begin()
    assert threads[0].is_alive()
    may_end.set()
    threads[0].join(20)
    assert not threads[0].is_alive()
