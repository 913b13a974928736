"""Examples for the OpenAPI document: parameters by name, bodies by operation.

Examples of reads use items and users of the sample ml-100k; examples of writes use others, so that trying them out in
the browser does not change the sample.
"""

from typing import Any, Final

from pharos.serving.api.tokens import token_of

ITEM, USER = "50", "196"
NEW_ITEM, NEW_USER = "the-long-night", "somebody"
JOB: Final = "3f1c0a52d7b94e1d"

WRITTEN_EVENT: Final = {"user_id": NEW_USER, "item_id": ITEM, "type": "rating", "value": 4, "timestamp": 1_700_000_000}

_PARAMETERS: Final[dict[str, Any]] = {
    "item_id": ITEM,
    "user_id": USER,
    "job_id": JOB,
    "event_id": token_of((ITEM, "rating", 1_700_000_000)),
    "k": 5,
    "q": "space adventure",
}
_WRITTEN: Final[dict[str, Any]] = {"item_id": NEW_ITEM, "user_id": NEW_USER}

_HISTORY: Final = [{"item_id": "50", "rating": 5}, {"item_id": "172", "rating": 4}]
_FEATURES: Final = {"year": 1999, "genres": ["Drama"]}

BODIES: Final[dict[str, Any]] = {
    "recommend_to_anyone": {"history": _HISTORY, "k": 5, "filter": {"genres": {"any": ["Drama", "War"]}}},
    "score": {"user_id": USER, "item_ids": ["50", "172"]},
    "explain_item": {"user_id": USER, "item_id": "174"},
    "write_item": {"title": "The Long Night", "features": _FEATURES},
    "change_item": {"features": {"year": 2001}},
    "write_items": [{"item_id": NEW_ITEM, "title": "The Long Night", "features": _FEATURES}],
    "add_events": [WRITTEN_EVENT],
    "write_user": {"features": {"age": 34}},
    "merge_user": {"into": USER},
    "place_person": {"history": _HISTORY},
    "preview_item": {"title": "The Long Night", "features": _FEATURES, "user_id": USER},
    "start_reindex": {},
}
"""By the operation's id."""


def parameter(method: str, name: str) -> Any:
    """The example of a parameter; None where there is none."""
    written = _WRITTEN if method != "get" else {}
    return written.get(name, _PARAMETERS.get(name))
