"""Recommendations for a user."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from pharos.serving.api.deps import ScoresDep, ServiceDep, recommendations_of_query, request_of_body
from pharos.serving.api.schemas import ItemList, PathId, RecommendationBody, RecommendationQuery, ScoreList
from pharos.serving.pipeline import Person

router = APIRouter(prefix="/v1", tags=["recommendations"])


@router.get("/users/{user_id}/recommendations", response_model=ItemList)
def recommend_to_user(user_id: PathId, query: Annotated[RecommendationQuery, Query()], service: ServiceDep) -> Response:
    """Recommend items to a user by the stored history. An unknown user gets popular items and a first guess."""
    selection = recommendations_of_query(service, query)
    return ItemList.response(service.pipeline.recommend(Person(user_id), selection))


@router.post("/recommendations", response_model=ItemList)
def recommend_to_anyone(body: RecommendationBody, service: ServiceDep) -> Response:
    """Recommend items to an anonymous user, from the history and features in the request."""
    person, selection = request_of_body(service, body)
    return ItemList.response(service.pipeline.recommend(person, selection))


@router.post("/score")
def score(request: ScoresDep, service: ServiceDep) -> ScoreList:
    """Scores and predicted ratings of given items, for a stored or an anonymous user."""
    person, item_ids = request
    return ScoreList.model_validate(service.pipeline.score(person, item_ids), from_attributes=True)
