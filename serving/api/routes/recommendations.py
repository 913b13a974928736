"""Recommendations for a person."""

from fastapi import APIRouter

from pharos.serving.api.deps import PersonSelectionDep, RecommendationsDep, ScoresDep, ServiceDep
from pharos.serving.api.schemas import ItemList, PathId, ScoreList
from pharos.serving.pipeline import Person

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/users/{user_id}/recommendations")
def recommend_to_user(user_id: PathId, selection: RecommendationsDep, service: ServiceDep) -> ItemList:
    """What to show to a user, whose history the store knows. An unknown user gets popular items and a good guess."""
    return ItemList.of(service.pipeline.recommend(Person(user_id), selection))


@router.post("/recommendations")
def recommend_to_anyone(request: PersonSelectionDep, service: ServiceDep) -> ItemList:
    """What to show to a person of whom nothing is known but the history and features that are sent."""
    person, selection = request
    return ItemList.of(service.pipeline.recommend(person, selection))


@router.post("/score")
def score(request: ScoresDep, service: ServiceDep) -> ScoreList:
    """What given items are worth to a user or to an anonymous person, and how they would rate them."""
    person, item_ids = request
    return ScoreList.model_validate(service.pipeline.score(person, item_ids), from_attributes=True)
