"""What a re-ranking option costs: the accuracy and the make-up of lists at one value of it."""

from enum import StrEnum

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pharos.classics.scoring import Codes
from pharos.evaluation.metrics import SHOWN, ranking_metrics
from pharos.indexing.diversity import mean_similarity
from pharos.indexing.index import FloatArray


class ListOption(StrEnum):
    """An option of a list that trades accuracy for something else."""

    DIVERSITY = "diversity"
    NEW_SHARE = "new_share"


class ListCost(BaseModel):
    """Means over the lists of ten of some users, with one option at one value and the others off.

    The lists are judged by events that the model had not learnt from.
    """

    model_config = ConfigDict(frozen=True)

    option: ListOption
    value: float = Field(description="of the option, from 0 to 1")
    users: int = Field(description="how many users it was measured on")
    ndcg_10: float = Field(description="ndcg@10 on held-out events, 0 to 1")
    recall_10: float = Field(description="recall@10 on held-out events, 0 to 1")
    similarity: float = Field(description="mean cosine of two items of a list")
    new: float = Field(description="share of the listed items that are of the tenth with the fewest events")


def list_cost(
    option: ListOption,
    value: float,
    lists: dict[str, Codes],
    wanted: dict[str, set[str]],
    items: list[str],
    vectors: FloatArray,
    new: np.typing.NDArray[np.bool_],
) -> ListCost:
    """Measure lists.

    lists: rows of items by user, best first; wanted: held-out item ids of the same users; items, vectors, new: ids,
    float32 [n, d] of length 1, and which items stand for new ones, all by row.
    """
    named = {user: [items[row] for row in rows.tolist()] for user, rows in lists.items()}
    metrics = ranking_metrics(named, wanted, len(items))
    shown = [rows[:SHOWN] for rows in lists.values()]
    return ListCost(
        option=option,
        value=value,
        users=metrics.users,
        ndcg_10=metrics.ndcg_10,
        recall_10=metrics.recall_10,
        similarity=float(np.mean([mean_similarity(vectors[rows]) for rows in shown])),
        new=float(np.mean(new[np.concatenate(shown)])),
    )
