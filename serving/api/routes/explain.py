"""Explains why an item is in a user's list, or is not."""

from fastapi import APIRouter

from pharos.serving.api.deps import ExplainDep, ServiceDep
from pharos.serving.api.page_schemas import Explanation

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.post("/explain")
def explain_item(request: ExplainDep, service: ServiceDep) -> Explanation:
    """At which stage an item is dropped for a user, or why it is in the list that the same request would get."""
    person, item_id, selection = request
    return Explanation.of(service.pipeline.trace(person, item_id, selection))
