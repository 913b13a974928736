"""The recommendation pipeline: profile, vector, candidates, re-ranking, presentation; values in, values out."""

from serving.pipeline.answers import Answer, AnswerItem, Source
from serving.pipeline.pipeline import Observer, Pipeline
from serving.pipeline.requests import Person, Selection

__all__ = ["Answer", "AnswerItem", "Observer", "Person", "Pipeline", "Selection", "Source"]
