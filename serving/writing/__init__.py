"""Writes items and feedback: checked, stored, and, for items, brought to the vector index before the answer."""

from pharos.serving.writing.feedback import EventDraft, WriteFeedback
from pharos.serving.writing.items import ItemDraft, ItemOutcome, WriteItems

__all__ = ["EventDraft", "ItemDraft", "ItemOutcome", "WriteFeedback", "WriteItems"]
