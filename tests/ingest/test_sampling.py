"""Random samples of users."""

from pharos.ingest.sampling import sample_users

USERS = [f"u{number}" for number in range(100)]


def test_of_few_users_all_are_taken_once_and_in_order() -> None:
    assert sample_users(["b", "a", "b"], 2) == ["a", "b"]


def test_of_many_users_as_many_are_drawn_as_are_asked_for() -> None:
    drawn = sample_users(USERS, 10)
    assert len(set(drawn)) == 10
    assert set(drawn) < set(USERS)


def test_the_same_seed_draws_the_same_users_in_whatever_order_they_come() -> None:
    assert sample_users(USERS, 10) == sample_users(USERS[::-1], 10)
    assert sample_users(USERS, 10) != sample_users(USERS, 10, seed=1)
