"""The recommendation pipeline: profile, vector, candidates, re-ranking, presentation; values in, values out."""

from pharos.serving.pipeline.answers import Answer, AnswerItem, Source
from pharos.serving.pipeline.pipeline import Observer, Pipeline
from pharos.serving.pipeline.requests import Person, Selection

__all__ = ["Answer", "AnswerItem", "Observer", "Person", "Pipeline", "Selection", "Source"]
