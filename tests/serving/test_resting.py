"""A build rests between its batches, so that a Qdrant server answers requests meanwhile."""

from pharos.serving.index_sync.build_process import Resting
from pharos.serving.index_sync.job_progress import Phase


class Clock:
    """A clock that its owner moves, and that notes how long was slept."""

    def __init__(self) -> None:
        self.now, self.slept = 0.0, list[float]()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let so much time go by."""
        self.slept.append(seconds)
        self.now += seconds


def rests(rest: float) -> list[float]:
    """After batches of one and of four seconds, and after the last one, which ends the building."""
    clock, told = Clock(), list[tuple[Phase, int]]()
    resting = Resting(lambda phase, done=0, total=0: told.append((phase, done)), rest, clock, clock.sleep)
    clock.now += 7
    resting(Phase.BUILDING, 0, 30)
    for seconds, done in ((1.0, 10), (4.0, 20)):
        clock.now += seconds
        resting(Phase.BUILDING, done, 30)
    clock.now += 5
    resting(Phase.VERIFYING, 30, 30)
    assert told == [(Phase.BUILDING, 0), (Phase.BUILDING, 10), (Phase.BUILDING, 20), (Phase.VERIFYING, 30)]
    return clock.slept


def test_after_each_batch_but_the_last_it_rests_as_many_times_as_long_as_is_set() -> None:
    assert rests(0.5) == [0.5, 2.0]


def test_it_does_not_rest_where_that_is_set_to_nothing() -> None:
    assert sum(rests(0.0)) == 0
