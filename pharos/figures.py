"""The results of an evaluation as tables."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pharos.errors import RequestError
from pharos.evaluation.comparison import evaluate_dataset
from pharos.evaluation.folds import FittedOn, Protocol
from pharos.evaluation.page import write_page
from pharos.evaluation.report import Report, report
from pharos.evaluation.run import Evaluation
from pharos.ingest.dataset import Dataset
from pharos.towers.progress import Progress
from pharos.towers.settings import TrainingSettings


@dataclass(frozen=True)
class Figures:
    """The results of an evaluation. report: as JSON values, the content of `report.json` of `pharos evaluate`."""

    report: Report
    evaluation: Evaluation

    def to_frame(self) -> pd.DataFrame:
        """One row per method, ours first: its metrics, whether it is ours, and seconds; index method."""
        rows = [
            {"method": method["name"], "ours": method["ours"], **method["metrics"], "seconds": seconds}
            for method in self.report["methods"]
            for seconds in [round(sum(method["seconds"].values()), 1)]
        ]
        return pd.DataFrame(rows).set_index("method")

    def answers(self, method: str) -> pd.DataFrame:
        """The lists of one method: user_id, item_id, rank, score; for ratings user_id, item_id, prediction."""
        known = {outcome.name: outcome.answers for outcome in self.evaluation.outcomes}
        if method not in known:
            raise RequestError(f"method: {method!r}; there are {', '.join(known)}")
        return known[method]

    def write_page(self, file: str | Path) -> None:
        """Write the page with plots that `pharos evaluate` writes."""
        write_page(self.report, Path(file))

    def __repr__(self) -> str:
        return repr(self.to_frame())

    def _repr_html_(self) -> str:
        return self.to_frame().to_html()


def measure(
    data: Dataset,
    settings: TrainingSettings,
    protocol: str,
    peers: bool | Sequence[str],
    *,
    fitted_on: str | None,
    budget: float,
    progress: Progress,
) -> Figures:
    """See `pharos.recommender.Recommender.evaluate`."""
    if protocol not in list(Protocol):
        raise RequestError(f"protocol: {protocol!r}; allowed are {', '.join(Protocol)}")
    if fitted_on is not None and fitted_on not in list(FittedOn):
        raise RequestError(f"fitted_on: {fitted_on!r}; allowed are {', '.join(FittedOn)}")
    if isinstance(peers, str):
        peers = [peers]
    # The texts are read once for all methods: the cache of their vectors lasts as long as the evaluation.
    with tempfile.TemporaryDirectory(prefix="pharos-texts-") as cache:
        evaluation = evaluate_dataset(
            data,
            Protocol(protocol),
            settings,
            with_peers=peers,
            fitted_on=FittedOn(fitted_on) if fitted_on else None,
            budget=budget,
            text_cache=Path(cache),
            progress=progress,
        )
    return Figures(report(evaluation), evaluation)
