"""What somebody does with the generated Python client; runs in a process that has no Pharos in it."""

import os

from pharos_api import AuthenticatedClient
from pharos_api.api.feedback import add_events
from pharos_api.api.items import find_similar, read_item, write_item
from pharos_api.api.recommendations import recommend_to_anyone, recommend_to_user
from pharos_api.api.search import search
from pharos_api.models import (
    EventBody,
    HistoryEntry,
    Item,
    ItemBody,
    ItemBodyFeatures,
    ItemList,
    Problem,
    RecommendationBody,
)

client = AuthenticatedClient(
    base_url=os.environ["SERVER"], token=os.environ["KEY"], timeout=120, raise_on_unexpected_status=True
)

features = ItemBodyFeatures.from_dict({"year": 1999, "genres": ["War"]})
written = write_item.sync_detailed("generated/1", client=client, body=ItemBody("The Long Hill", features))
assert written.status_code == 201, written
item = read_item.sync("generated/1", client=client)
assert isinstance(item, Item) and item.title == "The Long Hill", item

answer = recommend_to_user.sync("w3", client=client, k=2, filter_=["genres=War"])
assert isinstance(answer, ItemList) and len(answer.items) == 2, answer
body = RecommendationBody(history=[HistoryEntry("toy-1"), HistoryEntry("toy-2")], k=2)
answer = recommend_to_anyone.sync(client=client, body=body)
assert isinstance(answer, ItemList) and [found.rank for found in answer.items] == [1, 2], answer
answer = find_similar.sync("war-1", client=client, k=4)
assert isinstance(answer, ItemList) and len(answer.items) == 4, answer
answer = search.sync(client=client, q="The Long Hill")
assert isinstance(answer, ItemList) and answer.items[0].item_id == "generated/1", answer

events = add_events.sync_detailed(client=client, body=[EventBody("new", "generated/1", "rating", value=4)])
assert events.status_code == 200, events
missing = read_item.sync("nothing", client=client)
assert isinstance(missing, Problem) and missing.status == 404, missing
wrong = recommend_to_user.sync("w3", client=client, k=0)
assert isinstance(wrong, Problem) and wrong.status == 422, wrong
