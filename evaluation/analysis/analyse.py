"""Analyses a bundle: the work of `pharos analyse`."""

from pathlib import Path
from typing import Final

from pharos.evaluation.analysis.biases import biases
from pharos.evaluation.analysis.components import components
from pharos.evaluation.analysis.findings import Section
from pharos.evaluation.analysis.maps import item_map, user_map
from pharos.evaluation.analysis.nearest import nearest
from pharos.evaluation.analysis.norms import norms
from pharos.evaluation.analysis.page import write
from pharos.evaluation.analysis.ranker import ranker
from pharos.evaluation.analysis.subject import AnalysisSettings, Subject
from pharos.ingest.columns import Columns
from pharos.ingest.dataset import Dataset
from pharos.towers.bundle.bundle import Bundle
from pharos.towers.progress import Progress

_PARTS: Final = (biases, components, item_map, nearest, norms, user_map, ranker)


def analyse(bundle: Bundle, dataset: Dataset, settings: AnalysisSettings, *, out: Path, progress: Progress) -> Path:
    """Write plots, tables and a page about what the bundle learnt; returns the page's path.

    dataset: of the features that the bundle reads; its interactions may be none. Raises EvaluationError where the data
    do not go with the bundle, or a setting names what they do not have; MissingExtra without the plotting libraries.
    """
    with progress.task("Analysing", 1 + len(_PARTS)) as task:
        subject = Subject.of(bundle, dataset, settings)
        sections = list[Section]()
        task.advance()
        for part in _PARTS:
            task.note(part.__name__.replace("_", " "))
            sections.append(part(subject))
            task.advance()
    new, events = int((~subject.known).sum()), subject.dataset.interactions
    lead = (
        f"{len(subject):,} items ({new:,} of them not seen in training), {events[Columns.USER].nunique():,} users and "
        f"{len(events):,} events of {dataset.name}, through bundle {bundle.id}, trained on {bundle.manifest.dataset}. "
        f"Seed {settings.seed}."
    )
    return write(sections, f"What bundle {bundle.id} has learnt", lead, out)
