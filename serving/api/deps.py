"""Dependencies of routes: the service, the metrics, and parsed requests.

What the routes of lists call themselves is no dependency: each one that may block costs a change of threads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Query, Request

from pharos.indexing.filters import AnyOf, Filter, check, parse_expressions, parse_json
from pharos.ingest.columns import Columns
from pharos.ingest.records import parse_features
from pharos.serving.api.list_schemas import ItemPageQuery, PageQuery
from pharos.serving.api.page_schemas import ExplainBody, PersonBody, PreviewBody
from pharos.serving.api.pages import Page
from pharos.serving.api.schemas import (
    HistoryEntry,
    ListQuery,
    RecommendationBody,
    RecommendationQuery,
    ScoreBody,
    SearchQuery,
    Text,
)
from pharos.serving.api.user_access import KeyUser, KeyUserDep
from pharos.serving.api.validation import STORABLE, InvalidRequest, is_storable
from pharos.serving.operations.metrics import Metrics
from pharos.serving.pipeline import Person, Selection
from pharos.serving.service import Service
from pharos.towers.histories.queries import HistoryEvent

_PAGE: Final = 100


async def get_service(request: Request) -> Service:
    """The service, opened when the application started."""
    return cast(Service, request.app.state.service)


async def get_metrics(request: Request) -> Metrics:
    """The metrics of this application."""
    return cast(Metrics, request.app.state.metrics)


ServiceDep = Annotated[Service, Depends(get_service)]
MetricsDep = Annotated[Metrics, Depends(get_metrics)]


def selection_of_query(service: Service, query: ListQuery) -> Selection:
    """The list options from the query parameters. Raises InvalidRequest."""
    return _selection(service, parse_expressions(query.filter), query)


def recommendations_of_query(service: Service, query: RecommendationQuery) -> Selection:
    """The list options of recommendations from the query parameters. Raises InvalidRequest."""
    return _recommended(service, selection_of_query(service, query), query)


def text_of_query(service: Service, query: SearchQuery) -> str:
    """The search text. Raises InvalidRequest."""
    limit = service.settings.max_query_length
    if len(query.q) > limit or not query.q.strip():
        raise InvalidRequest("q", query.q, f"a text of 1 to {limit} characters")
    return query.q


def request_of_body(service: Service, body: RecommendationBody) -> tuple[Person, Selection]:
    """The anonymous user and the list options from a body. Raises InvalidRequest."""
    selection = _selection(service, parse_json(body.filter), body)
    return _anonymous(service, body.history, body.user_features), _recommended(service, selection, body, body.only)


def scores_of_body(service: ServiceDep, body: ScoreBody, key: KeyUserDep) -> tuple[Person, list[str]]:
    """The user and the items to score from a body."""
    limit = service.settings.max_batch
    if len(body.item_ids) > limit:
        raise InvalidRequest("item_ids", f"{len(body.item_ids)} ids", f"at most {limit}")
    return _person(service, body, key), body.item_ids


def person_of_body(service: ServiceDep, body: PersonBody, key: KeyUserDep) -> Person:
    """The user from a body: a stored or an anonymous one."""
    return _person(service, body, key)


def preview_of_body(service: ServiceDep, body: PreviewBody, key: KeyUserDep) -> tuple[PreviewBody, Person | None]:
    """The item from a body, and the user if one is given."""
    named = body.user_id is not None or body.history or body.user_features
    return body, _person(service, body, key) if named else None


def explain_of_body(service: ServiceDep, body: ExplainBody, key: KeyUserDep) -> tuple[Person, str, Selection]:
    """The user, the item and the list options from a body."""
    selection = _selection(service, parse_json(body.filter), body)
    return _person(service, body, key), body.item_id, _recommended(service, selection, body, body.only)


def page_of_query(service: ServiceDep, query: Annotated[PageQuery, Query()]) -> Page:
    """The page from the query parameters."""
    return _page(service, query)


def item_page_of_query(service: ServiceDep, query: Annotated[ItemPageQuery, Query()]) -> tuple[Page, Filter]:
    """The page of items and the filter from the query parameters."""
    return _page(service, query), _checked_filter(service, parse_expressions(query.filter))


def variant_of_query(service: ServiceDep, variant: Annotated[Text | None, Query()] = None) -> str | None:
    """The variant from a query parameter."""
    return known_variant(service, variant)


def known_variant(service: Service, variant: str | None) -> str | None:
    """The variant, if the settings have it. Raises InvalidRequest otherwise."""
    names = service.variants.names
    if variant is not None and variant not in names:
        raise InvalidRequest("variant", variant, f"one of {', '.join(names)}" if names else "none: there is one alone")
    return variant


PageDep = Annotated[Page, Depends(page_of_query)]
ItemPageDep = Annotated[tuple[Page, Filter], Depends(item_page_of_query)]
VariantDep = Annotated[str | None, Depends(variant_of_query)]
ScoresDep = Annotated[tuple[Person, list[str]], Depends(scores_of_body)]
PersonDep = Annotated[Person, Depends(person_of_body)]
PreviewDep = Annotated[tuple[PreviewBody, Person | None], Depends(preview_of_body)]
ExplainDep = Annotated[tuple[Person, str, Selection], Depends(explain_of_body)]


def _person(service: Service, body: PersonBody | ScoreBody | ExplainBody, key: KeyUser) -> Person:
    if body.user_id is None:
        return _anonymous(service, body.history, body.user_features)
    key.may_name(body.user_id)
    for name in ("history", "user_features"):
        if getattr(body, name):
            raise InvalidRequest(name, "with user_id", "either user_id or what is known of an anonymous person")
    return Person(body.user_id)


def _anonymous(service: Service, history: Sequence[HistoryEntry], features: Mapping[str, Any]) -> Person:
    limit = service.settings.max_history
    if len(history) > limit:
        raise InvalidRequest("history", f"{len(history)} entries", f"at most {limit}")
    entries = list(history)
    if all(entry.timestamp is not None for entry in entries):
        entries.sort(key=lambda entry: entry.timestamp or 0)
    events = tuple(HistoryEvent(entry.item_id, entry.rating, entry.timestamp) for entry in entries)
    return Person(history=events, features=parse_features(service.store.schema().users, features) if features else {})


def _recommended(
    service: Service,
    selection: Selection,
    asked: RecommendationQuery | RecommendationBody,
    only: Sequence[str] | None = None,
) -> Selection:
    """The list options with those of recommendations alone."""
    settings = service.settings
    if only is not None:
        if len(only) > settings.max_only:
            raise InvalidRequest("only", f"{len(only)} ids", f"at most {settings.max_only}")
        selection = replace(selection, filter=selection.filter & Filter((AnyOf(Columns.ITEM, tuple(only)),)))
    diversity = settings.diversity if asked.diversity is None else asked.diversity
    return replace(selection, diversity=diversity, new_share=asked.new_share, explain=asked.explain)


def _selection(service: Service, filter: Filter, asked: ListQuery | RecommendationBody) -> Selection:
    settings = service.settings
    length = settings.default_k if asked.k is None else asked.k
    if length > settings.max_k:
        raise InvalidRequest("k", length, f"1 to {settings.max_k}")
    if len(asked.exclude) > settings.max_exclude:
        raise InvalidRequest("exclude", f"{len(asked.exclude)} ids", f"at most {settings.max_exclude}")
    filter = _checked_filter(service, filter)
    if asked.fields:
        known = [feature.name for feature in service.store.schema().items]
        for name in asked.fields:
            if name not in known:
                raise InvalidRequest("fields", name, f"one of {', '.join(known)}")
    return Selection(
        length, filter, frozenset(asked.exclude), tuple(asked.fields), known_variant(service, asked.variant)
    )


def _checked_filter(service: Service, filter: Filter) -> Filter:
    for condition in filter.conditions:
        for value in getattr(condition, "values", ()):
            if isinstance(value, str) and not is_storable(value):
                raise InvalidRequest(f"filter.{condition.field}", value, STORABLE)
    limit = service.settings.max_filter_conditions
    if len(filter.conditions) > limit:
        raise InvalidRequest("filter", f"{len(filter.conditions)} conditions", f"at most {limit}")
    return check(filter, service.store.schema()) if filter.conditions else filter


def _page(service: Service, asked: PageQuery) -> Page:
    limit = min(_PAGE, service.settings.max_batch) if asked.limit is None else asked.limit
    if limit > service.settings.max_batch:
        raise InvalidRequest("limit", limit, f"1 to {service.settings.max_batch}")
    return Page(limit, asked.cursor)
