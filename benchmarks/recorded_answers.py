"""Are the answers the same after a change of the code? Records those of several hundred requests, and compares later.

    python -m benchmarks.recorded_answers DATA_DIR FILE

The first run writes FILE; a later one, of other code on the same data_dir, compares with it: the same items in the
same order, and every number the same to 1e-5. Lists of users, of anonymous people, with diversity, filters, a share of
new items and reasons; similar items, searches, and scores of given items.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from pharos.indexing.filters import AnyOf, Filter
from pharos.ingest.schema import FeatureType
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service, open_service
from pharos.serving.settings import Settings

_TOLERANCE: Final = 1e-5
_SHOWN: Final = 5


class Asked(NamedTuple):
    """How much is asked: of so many users, of others of them more, of items, and how long the longest list is."""

    users: int = 100
    others: int = 30
    items: int = 40
    longest: int = 400


def main() -> None:
    """Record or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    with open_service(Settings(data_dir=given.data_dir)) as service:
        answers = dict(recorded(service))
    if not given.file.exists():
        given.file.write_text(json.dumps(answers))
        print(f"{given.file}: {len(answers)} answers")
        return
    before = json.loads(given.file.read_text())
    changed = differing(before, answers)
    for name in changed[:_SHOWN]:
        print(f"{name}\n  before {json.dumps(before.get(name))[:300]}\n  now    {json.dumps(answers.get(name))[:300]}")
    print(f"{len(answers)} answers, {len(changed)} of them not as recorded")
    sys.exit(1 if changed else 0)


def recorded(service: Service, asked: Asked = Asked()) -> Iterator[tuple[str, Any]]:  # noqa: B008
    """The answers, as JSON values, by what was asked."""
    ask, users = service.pipeline, [user_id for user_id, _ in service.store.some_users(asked.users)]
    items = list(
        islice((item_id for frame in service.store.item_frames() for item_id in frame["item_id"]), asked.items)
    )
    narrow = _some_filter(service)
    for user_id in users:
        person = Person(user_id)
        yield f"recommend {user_id}", _listed(ask.recommend(person, Selection(10)))
        yield f"recommend {user_id}, diverse", _listed(ask.recommend(person, Selection(20, diversity=0.5)))
    for number, user_id in enumerate(users[: asked.others]):
        person = Person(user_id)
        history = service.store.person(user_id, number).history
        yield f"filtered {user_id}", _listed(ask.recommend(person, Selection(10, filter=narrow, explain=True)))
        yield f"anonymous {user_id}", _listed(ask.recommend(Person(None, history=history), Selection(10)))
        yield f"new items {user_id}", _listed(ask.recommend(person, Selection(10, new_share=0.2)))
        yield f"long {user_id}", _listed(ask.recommend(person, Selection(asked.longest)))
        found = ask.score(person, items)
        yield f"score {user_id}", [[one.item_id, one.score, one.predicted_rating] for one in found.items]
    for item_id in items:
        yield f"similar {item_id}", _listed(ask.similar(item_id, Selection(10)))
        yield f"search {item_id}", _listed(ask.search(ask.item(item_id).title, Selection(10)))


def differing(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What was asked that is not answered the same."""
    return [name for name in {**before, **now} if not same(before.get(name), now.get(name))]


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, numbers to 1e-5 of their size."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= _TOLERANCE * max(1.0, abs(one))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _listed(answer: Any) -> list[Any]:
    return [
        [
            item.item_id,
            item.title,
            float(item.score),
            str(item.source),
            item.predicted_rating,
            [[reason.item_id, float(reason.share)] for reason in item.because],
        ]
        for item in answer.items
    ]


def _some_filter(service: Service) -> Filter:
    """The first value of the first field of words; nothing where there is none."""
    for feature in service.store.schema().items:
        if feature.type in (FeatureType.TAGS, FeatureType.CATEGORY):
            for frame in service.store.item_frames():
                for value in frame[feature.name].dropna():
                    first = value[0] if isinstance(value, tuple) and value else value
                    if isinstance(first, str):
                        return Filter((AnyOf(feature.name, (first,)),))
    return Filter()


if __name__ == "__main__":
    main()
