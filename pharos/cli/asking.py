"""Sends the requests of the command line to the pipeline and prints the answers."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich.console import Console

from pharos.cli.output import Column, show_table
from pharos.cli.running_server import RunningServer, answering
from pharos.indexing.filters import check, parse_expressions
from pharos.ingest.schema import FeatureType, Schema
from pharos.serving.pipeline import Answer, Person, Pipeline, Selection
from pharos.serving.settings import load_settings
from pharos.serving.store import Store

_HISTORY_SHOWN: Final = 5
_SHOWN_TYPES: Final = (FeatureType.NUMBER, FeatureType.TAGS)


@contextmanager
def asking(
    k: int | None, filters: Sequence[str] | None, as_json: bool, diversity: float | None = None
) -> Iterator["Asking"]:
    """A context with a pipeline for one request: of this process, or of a server that has the index open.

    Raises FilterError for a filter that the items do not allow.
    """
    settings = load_settings()
    filter = parse_expressions(filters or [])
    with answering(settings) as (pipeline, store):
        schema = store.schema()
        fields = () if as_json else _descriptive_features(schema)
        selection = Selection(
            k or settings.default_k,
            check(filter, schema),
            fields=fields,
            diversity=settings.diversity if diversity is None else diversity,
        )
        yield Asking(pipeline, store, selection, as_json)


@dataclass(frozen=True)
class Asking:
    """One request and how its answer is printed. pipeline: answers it. selection: the options of the list."""

    pipeline: Pipeline | RunningServer
    store: Store
    selection: Selection
    as_json: bool

    def show_history(self, person: Person) -> None:
        """Print the user's latest items."""
        if self.as_json:
            return
        store = self.store
        events = person.history if person.user_id is None else store.history(person.user_id, _HISTORY_SHOWN)
        newest = [event.item_id for event in events][-_HISTORY_SHOWN:]
        known = store.items(newest)
        if known:
            titles = (known[item_id].title or item_id for item_id in newest if item_id in known)
            Console().print(f"After {', '.join(titles)}", style="dim", markup=False, highlight=False)

    def show(self, title: str, answer: Answer) -> None:
        """Print the answer as a table with titles, or as JSON."""
        if answer.degraded_reason:
            print(f"pharos: less than asked for: {answer.degraded_reason}", file=sys.stderr)
        if answer.unknown_items:
            print(f"pharos: no such items: {', '.join(answer.unknown_items)}", file=sys.stderr)
        if self.as_json:
            from pharos.serving.api.schemas import ItemList

            print(ItemList.of(answer).model_dump_json(indent=2))
            return
        _show(title, answer, self.selection.fields)


def _show(title: str, answer: Answer, fields: Sequence[str]) -> None:
    # No milliseconds: most of them were the start of this process.
    columns = [
        Column("#", right=True),
        Column("score", right=True),
        Column("title", cut=True, style="bold"),
        *(Column(name, cut=True) for name in fields),
        Column("item", style="dim"),
        Column("source", style="dim"),
    ]
    rows = [
        [
            str(item.rank),
            f"{item.score:.3f}",
            item.title,
            *(_cell(item.fields.get(name)) for name in fields),
            item.item_id,
            item.source.value,
        ]
        for item in answer.items
    ]
    show_table(columns, rows, title, f"bundle {answer.bundle}" if answer.bundle else "")


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(part) for part in value[:3])
    return "" if value is None else str(value)


def _descriptive_features(schema: Schema) -> tuple[str, ...]:
    """The features to show beside a title: the first number and the first tags."""
    names = (next((f.name for f in schema.items if f.type is kind), None) for kind in _SHOWN_TYPES)
    return tuple(name for name in names if name)
