"""The recommendation pipeline: profile, vector, candidates, re-ranking, presentation; values in, values out."""

from serving.pipeline.answers import Answer, AnswerItem, Source
from serving.pipeline.pipeline import Pipeline
from serving.pipeline.requests import Person, Selection

__all__ = ["Answer", "AnswerItem", "Person", "Pipeline", "Selection", "Source"]
