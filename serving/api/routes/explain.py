"""Why an item is in a person's list, or is not."""

from fastapi import APIRouter

from pharos.serving.api.deps import ExplainDep, ServiceDep
from pharos.serving.api.page_schemas import Explanation

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.post("/explain")
def explain_item(request: ExplainDep, service: ServiceDep) -> Explanation:
    """At which stage an item falls for a person, or what brings it into the list that the same request would get."""
    person, item_id, selection = request
    return Explanation.of(service.pipeline.trace(person, item_id, selection))
