"""The map of items: who and what stands where, stored or not."""

from fastapi import APIRouter

from pharos.ingest.schema import FeatureType
from pharos.serving.api.deps import PersonDep, PreviewDep, ServiceDep
from pharos.serving.api.page_schemas import MapAnswer, PersonAnswer, PreviewAnswer

router = APIRouter(prefix="/v1", tags=["map"])

_COLOURS = (FeatureType.NUMBER, FeatureType.FLAG, FeatureType.CATEGORY, FeatureType.TAGS)


@router.get("/map")
def read_map(service: ServiceDep) -> MapAnswer:
    """The items of the live collection in two dimensions: the principal components of the item tower's vectors."""
    features = [feature.name for feature in service.store.schema().items if feature.type in _COLOURS]
    return MapAnswer.of(service.pipeline.map(), features)


@router.post("/map/person")
def place_person(person: PersonDep, service: ServiceDep) -> PersonAnswer:
    """Where a person stands in the map, and what they had."""
    return PersonAnswer.of(service.pipeline.place(person))


@router.post("/items:preview")
def preview_item(request: PreviewDep, service: ServiceDep) -> PreviewAnswer:
    """Where an item would stand, what it would be like and for whom it would be, without storing it."""
    body, person = request
    return PreviewAnswer.of(service.pipeline.preview(body.title, body.features, person))
