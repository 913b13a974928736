"""Recommendations for a user."""

from fastapi import APIRouter

from pharos.serving.api.deps import PersonSelectionDep, RecommendationsDep, ScoresDep, ServiceDep
from pharos.serving.api.schemas import ItemList, PathId, ScoreList
from pharos.serving.pipeline import Person

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/users/{user_id}/recommendations")
def recommend_to_user(user_id: PathId, selection: RecommendationsDep, service: ServiceDep) -> ItemList:
    """Recommend items to a user by the stored history. An unknown user gets popular items and a first guess."""
    return ItemList.of(service.pipeline.recommend(Person(user_id), selection))


@router.post("/recommendations")
def recommend_to_anyone(request: PersonSelectionDep, service: ServiceDep) -> ItemList:
    """Recommend items to an anonymous user, from the history and features in the request."""
    person, selection = request
    return ItemList.of(service.pipeline.recommend(person, selection))


@router.post("/score")
def score(request: ScoresDep, service: ServiceDep) -> ScoreList:
    """Scores and predicted ratings of given items, for a stored or an anonymous user."""
    person, item_ids = request
    return ScoreList.model_validate(service.pipeline.score(person, item_ids), from_attributes=True)
