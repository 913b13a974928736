"""Turns of the threads that answer requests."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from pharos.indexing import patience as patience_module
from pharos.indexing.patience import current, patience, waiting
from pharos.indexing.server_calls import Calls
from pharos.indexing.turns import Turn, given_up, holding

_LONG = 30.0
"""Seconds, after which a thread that is stuck fails its test."""


def at_once(*work: Callable[[], None]) -> None:
    """Run each in a thread of its own, to the end."""
    with ThreadPoolExecutor(len(work)) as pool:
        for future in [pool.submit(one) for one in work]:
            future.result(_LONG)


def test_one_thread_at_a_time_computes() -> None:
    turn, inside, most = Turn(), list[int](), list[int]()

    def compute() -> None:
        for _ in range(20):
            with turn.taken():
                inside.append(1)
                time.sleep(0.001)  # lets the others run, if anything does
                most.append(len(inside))
                inside.pop()

    at_once(compute, compute, compute)
    assert set(most) == {1}


def test_while_one_waits_for_a_server_another_computes() -> None:
    turn, computed, waits = Turn(), threading.Event(), threading.Event()

    def wait() -> None:
        with turn.taken(), waiting():
            waits.set()
            assert computed.wait(_LONG)

    def compute() -> None:
        assert waits.wait(_LONG)
        with turn.taken():
            computed.set()

    at_once(wait, compute)


def test_a_call_to_a_qdrant_server_gives_the_turn_up_and_takes_it_again() -> None:
    turn = Turn()
    with turn.taken():
        taken_meanwhile = Calls("a server", attempts=1, retry_slow=False)(turn._lock.locked)
        assert turn._lock.locked()
    assert not taken_meanwhile


def test_who_has_waited_computes_on_only_when_the_turn_is_free() -> None:
    turn, order = Turn(), list[str]()
    has_waited, computes = threading.Event(), threading.Event()

    def wait() -> None:
        with turn.taken():
            with waiting():
                assert computes.wait(_LONG)
                has_waited.set()
            order.append("waited")

    def compute() -> None:
        with turn.taken():
            computes.set()
            assert has_waited.wait(_LONG)
            order.append("computed")

    at_once(wait, compute)
    assert order == ["computed", "waited"]


def test_who_has_the_turn_can_take_it_again_and_wait_within_a_wait() -> None:
    turn, computed = Turn(), list[int]()

    def compute() -> None:
        with turn.taken():
            computed.append(1)

    with turn.taken(), turn.taken(), waiting(), waiting():
        at_once(compute)
    assert computed == [1]


def test_an_error_gives_the_turn_back() -> None:
    turn = Turn()
    with pytest.raises(OSError, match="broken"), turn.taken(), waiting():
        raise OSError("broken")
    assert turn._lock.acquire(blocking=False)


def test_who_holds_a_lock_and_waits_for_the_turn_is_not_waited_for_by_who_has_it() -> None:
    turn, lock = Turn(), threading.Lock()
    holds, asked = threading.Event(), threading.Event()

    def first() -> None:
        with turn.taken(), holding(lock), waiting():
            holds.set()
            assert asked.wait(_LONG)

    def second() -> None:
        assert holds.wait(_LONG)
        with turn.taken():
            asked.set()
            with holding(lock):
                pass

    at_once(first, second)


def test_where_no_turn_is_taken_nothing_is_given_up() -> None:
    lock = threading.Lock()
    with given_up(), holding(lock):
        assert lock.locked()
    assert not lock.locked()


def test_the_time_until_the_turn_comes_costs_no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    turn, now = Turn(), [0.0]
    computes, counted, asked = threading.Event(), threading.Event(), list[float]()

    def clock() -> float:
        asked.append(now[0])
        if len(asked) == 2:  # at the beginning and at the end of the wait
            counted.set()
        return asked[-1]

    def compute() -> None:
        with turn.taken():
            computes.set()
            assert counted.wait(_LONG)
            now[0] = 100.0

    def wait() -> None:
        with patience(5.0):
            mine = current()
            with turn.taken(), waiting():
                begun.set()
                assert computes.wait(_LONG)
            assert mine is not None
            assert mine.left == 5.0

    begun = threading.Event()

    def after_the_wait_has_begun() -> None:
        assert begun.wait(_LONG)
        compute()

    monkeypatch.setattr(patience_module, "time", SimpleNamespace(monotonic=clock))
    at_once(wait, after_the_wait_has_begun)
