"""Custom re-ranking steps: their interface, and how they run."""

from collections.abc import Sequence
from typing import ClassVar, Final, Protocol, runtime_checkable

import pandas as pd

from pharos.catalogue import Catalogue
from pharos.errors import RequestError
from pharos.ingest.columns import Columns
from pharos.stages import Candidate

SOURCE: Final = "source"


@runtime_checkable
class RerankingStep(Protocol):
    """Reorders the candidates of one list, or drops some of them.

    name: for `recommend(steps=[name])`. needs: the item features that it reads; a model whose items lack one
    refuses the step before it begins.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[str]]

    def __call__(self, candidates: pd.DataFrame) -> pd.DataFrame:
        """The rows to keep, best first.

        candidates: item_id, title, score, source and the features of `needs`, best first, some hundreds of
        them. The user's own items and filtered items are not among them.
        """
        ...


def check_needs(step: RerankingStep, catalogue: Catalogue) -> None:
    """Raise RequestError where the items lack a feature that the step needs."""
    known = [feature.name for feature in catalogue.data.schema.items]
    if absent := sorted(step.needs - set(known)):
        raise RequestError(
            f"steps: {step.name!r} reads the features {', '.join(absent)}; the items have {', '.join(known) or 'none'}"
        )


def apply(step: RerankingStep, candidates: Sequence[Candidate], catalogue: Catalogue) -> list[Candidate]:
    """Run the step; the kept candidates, in its order. Raises RequestError where it adds or repeats some."""
    if not candidates:
        return []
    ids = [candidate.item_id for candidate in candidates]
    rows = catalogue.items.iloc[catalogue.rows(ids)]
    frame = pd.DataFrame(
        {
            Columns.ITEM: ids,
            Columns.TITLE: rows[Columns.TITLE].tolist(),
            Columns.SCORE: [candidate.score for candidate in candidates],
            SOURCE: [candidate.source.value for candidate in candidates],
        }
    )
    for name in sorted(step.needs):
        frame[name] = rows[name].to_numpy()
    answer: object = step(frame)
    if not isinstance(answer, pd.DataFrame) or Columns.ITEM not in answer:
        raise RequestError(f"steps: {step.name!r} must return a DataFrame with the column {Columns.ITEM}")
    kept = answer[Columns.ITEM].tolist()
    by_id = dict(zip(ids, candidates, strict=True))
    for item_id in kept:
        if item_id not in by_id:
            raise RequestError(f"steps: {step.name!r} returned {item_id!r}, which is not among its candidates")
    if len(set(kept)) < len(kept):
        raise RequestError(f"steps: {step.name!r} returned an item more than once")
    return [by_id[item_id] for item_id in kept]
