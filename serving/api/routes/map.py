"""The map of items, and the positions of users and new items in it."""

from fastapi import APIRouter

from pharos.ingest.schema import FeatureType
from pharos.serving.api.deps import PersonDep, PreviewDep, ServiceDep
from pharos.serving.api.page_schemas import MapAnswer, PersonAnswer, PreviewAnswer

router = APIRouter(prefix="/v1", tags=["map"])

_COLOURS = (FeatureType.NUMBER, FeatureType.FLAG, FeatureType.CATEGORY, FeatureType.TAGS)


@router.get("/map")
def read_map(service: ServiceDep) -> MapAnswer:
    """The items of the live collection in two dimensions: principal components of their item tower vectors."""
    features = [feature.name for feature in service.store.schema().items if feature.type in _COLOURS]
    return MapAnswer.of(service.pipeline.map(), features)


@router.post("/map/person")
def place_person(person: PersonDep, service: ServiceDep) -> PersonAnswer:
    """The position of a user in the map, and the user's history."""
    return PersonAnswer.of(service.pipeline.place(person))


@router.post("/items:preview")
def preview_item(request: PreviewDep, service: ServiceDep) -> PreviewAnswer:
    """Preview an item without storing it: its position, similar items, and the users it suits."""
    body, person = request
    return PreviewAnswer.of(service.pipeline.preview(body.title, body.features, person))
