"""Values that take long to compute are kept, and not for too long."""

import threading

from pharos.serving.pipeline.kept import Kept


class Work:
    """Counts how often it is done, and takes some seconds of a clock of its own."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds, self.now, self.done = seconds, 0.0, 0

    def clock(self) -> float:
        return self.now

    def __call__(self) -> int:
        self.done += 1
        self.now += self.seconds
        return self.done


def test_a_value_is_kept_as_long_as_it_is_said() -> None:
    work = Work()
    kept = Kept[str, int](10.0, 2, work.clock)
    assert [kept.get("a", work), kept.get("a", work)] == [1, 1]
    work.now += 10
    assert kept.get("a", work) == 2


def test_what_took_long_is_kept_ten_times_as_long() -> None:
    work = Work(seconds=3)
    kept = Kept[str, int](0.0, 2, work.clock)
    kept.get("a", work)
    work.now += 29
    assert kept.get("a", work) == 1
    work.now += 1
    assert kept.get("a", work) == 2


def test_what_does_not_fit_is_computed_at_once_and_what_is_not_stale_never() -> None:
    work = Work()
    kept = Kept[str, int](0.0, 2, work.clock)
    kept.get("a", work)
    assert kept.get("a", work, stale=lambda _: False) == 1
    assert kept.get("a", work, fits=lambda value: value > 1, stale=lambda _: False) == 2


def test_of_more_than_it_holds_the_one_not_asked_for_longest_goes() -> None:
    work = Work()
    kept = Kept[str, int](10.0, 2, work.clock)
    for key in ("a", "b", "a", "c"):
        kept.get(key, work)
    assert kept.get("a", work) == 1
    assert kept.get("b", work) == 4


def test_what_is_kept_is_given_while_something_else_is_computed() -> None:
    kept, begun, go_on = Kept[str, int](10.0, 2), threading.Event(), threading.Event()
    kept.get("a", lambda: 1)

    def slow() -> int:
        begun.set()
        go_on.wait(30)
        return 2

    thread = threading.Thread(target=lambda: kept.get("b", slow))
    thread.start()
    assert begun.wait(30)
    assert kept.get("a", lambda: 3) == 1
    go_on.set()
    thread.join()
