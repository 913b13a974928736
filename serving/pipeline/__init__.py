"""The recommendation pipeline: profile, user vector, candidates, ranking, re-ranking, presentation."""

from pharos.serving.pipeline.answers import Answer, AnswerItem, Source
from pharos.serving.pipeline.pipeline import Observer, Pipeline
from pharos.serving.pipeline.requests import Person, Selection, SimilarMethod

__all__ = [
    "Answer",
    "AnswerItem",
    "Observer",
    "Person",
    "Pipeline",
    "Selection",
    "SimilarMethod",
    "Source",
]
