"""Items: list, read, write, delete, and similar items."""

from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Response

from pharos.serving.api.deps import ItemPageDep, MetricsDep, ServiceDep, selection_of_query
from pharos.serving.api.list_schemas import ItemPage
from pharos.serving.api.schemas import Item, ItemList, PathId, SimilarQuery
from pharos.serving.api.write_schemas import BatchItem, DeletedItem, ItemBody, ItemPatch, WrittenItem, WrittenItems

router = APIRouter(prefix="/v1/items", tags=["items"])

_CREATED: Final[dict[int | str, dict[str, Any]]] = {201: {"model": WrittenItem, "description": "There was none before"}}


def _later(model: type) -> dict[int | str, dict[str, Any]]:
    return {202: {"model": model, "description": "It is stored, and is indexed as soon as the index is available"}}


@router.get("")
def list_items(page: ItemPageDep, service: ServiceDep) -> ItemPage:
    """All items, page by page, ordered by id. An item that exists all the time is listed exactly once.

    Those that may not be shown are among them.
    """
    asked, filter = page
    (after,) = asked.after(str) or (None,)
    records = service.store.list_items(asked.limit + 1, after, filter)
    shown, cursor = asked.of(records, lambda record: (record.item_id,))
    return ItemPage(items=[Item.of(record) for record in shown], next_cursor=cursor)


@router.get("/{item_id}")
def read_item(item_id: PathId, service: ServiceDep) -> Item:
    """All stored data of an item."""
    return Item.of(service.pipeline.item(item_id))


@router.get("/{item_id}/similar", response_model=ItemList)
def find_similar(item_id: PathId, query: Annotated[SimilarQuery, Query()], service: ServiceDep) -> Response:
    """Items similar to an item."""
    selection = selection_of_query(service, query)
    return ItemList.response(service.pipeline.similar(item_id, selection, query.method))


@router.put("/{item_id}", responses=_CREATED | _later(WrittenItem))
def write_item(
    item_id: PathId, body: ItemBody, service: ServiceDep, metrics: MetricsDep, response: Response
) -> WrittenItem:
    """Create or replace an item. Once the response arrives, the item can be recommended and found."""
    result = service.items.put(body.new_item(item_id))
    metrics.wrote("item", 1)
    response.status_code = _status(result.indexed, created=result.created)
    return WrittenItem.written(result)


@router.patch("/{item_id}", responses=_later(WrittenItem))
def change_item(
    item_id: PathId, body: ItemPatch, service: ServiceDep, metrics: MetricsDep, response: Response
) -> WrittenItem:
    """Change the given fields of an item."""
    result = service.items.patch(
        item_id, title=body.title, features=body.features, available=body.available, times=body.times()
    )
    metrics.wrote("item", 1)
    response.status_code = _status(result.indexed)
    return WrittenItem.written(result)


@router.delete("/{item_id}", responses=_later(DeletedItem))
def delete_item(item_id: PathId, service: ServiceDep, metrics: MetricsDep, response: Response) -> DeletedItem:
    """Delete an item. Its events are kept; if the item is written again, they count again."""
    indexed = service.items.delete(item_id)
    metrics.wrote("item deletion", 1)
    response.status_code = _status(indexed)
    return DeletedItem(item_id=item_id, indexed=indexed)


@router.post(":batch", responses=_later(WrittenItems))
def write_items(body: list[BatchItem], service: ServiceDep, metrics: MetricsDep, response: Response) -> WrittenItems:
    """Create or replace many items, all or none; an error names the item's position in the list."""
    results = service.items.put_all([entry.new_item(entry.item_id) for entry in body])
    metrics.wrote("item", len(results))
    written = WrittenItems.written(results)
    response.status_code = _status(written.indexed)
    return written


def _status(indexed: bool, *, created: bool = False) -> HTTPStatus:
    if not indexed:
        return HTTPStatus.ACCEPTED
    return HTTPStatus.CREATED if created else HTTPStatus.OK
