"""Proposes a dataset.toml, with the reason for every line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pandas as pd

from pharos.ingest.errors import DataError
from pharos.ingest.id_forms import find_differences
from pharos.ingest.proposal import names
from pharos.ingest.proposal.kinds import Kind, find_kind
from pharos.ingest.proposal.roles import (
    Choose,
    Entities,
    Interactions,
    find_entities,
    find_interactions,
    take_guess,
)
from pharos.ingest.proposal.samples import Sample, sample_folder
from pharos.ingest.schema import RESERVED_NAMES
from pharos.ingest.toml import toml_key, toml_text
from pharos.ingest.unicode import clean_ids
from pharos.ingest.values.numbers import read_numbers
from pharos.ingest.values.times import TimeFormat, read_times

_UNKNOWN_WEIGHT: Final = 1.0
_AMBIGUOUS: Final = "day or month first is a guess: set it"


@dataclass
class _Lines:
    """The lines of the file, with room for comments."""

    lines: list[str] = field(default_factory=list)

    def section(self, name: str) -> None:
        self.lines += ["", f"[{name}]"]

    def say(self, text: str) -> None:
        self.lines.append(f"# {' '.join(text.split())}")

    def key(self, key: str, value: str, comment: str = "") -> None:
        self.lines.append(f"{key} = {value}" + (f"  # {' '.join(comment.split())}" if comment else ""))


def propose(folder: Path, choose: Choose = take_guess) -> str:
    """The text of a dataset.toml for the tables in this folder; nothing is written.

    choose: asked for every decision between files and columns. Errors: DataError if nothing is found to propose.
    """
    samples, left_out = sample_folder(folder)
    if not samples:
        looked = "".join(f"\n  {name}: {reason}" for name, reason in left_out.items())
        raise DataError(f"{folder}: no file with a table{looked}")
    interactions = find_interactions(samples, choose)
    others = [sample for sample in samples if sample is not interactions.sample]
    ids = clean_ids(interactions.sample.frame[interactions.item])[0]
    items = find_entities(others, ids, names.ITEM, "items", choose)
    others = [sample for sample in others if items is None or sample is not items.sample]
    people = clean_ids(interactions.sample.frame[interactions.user])[0]
    users = find_entities(others, people, names.USER, "users", choose)
    others = [sample for sample in others if users is None or sample is not users.sample]

    lines = _Lines()
    lines.say("Written by pharos init, which looked at the files: a guess, to be read and corrected.")
    lines.say("`pharos check` tells what comes of it; docs/data.md lists what can be said here.")
    form = _id_form(interactions, items, users)
    if form:
        lines.key("ids", toml_text(form[0]), form[1])
    _write_interactions(lines, interactions)
    if items is not None:
        _write_entities(lines, "items", items)
    if users is not None:
        _write_entities(lines, "users", users)
    left_out.update({sample.name: "neither interactions nor items nor users, as it seems" for sample in others})
    if left_out:
        lines.lines.append("")
        lines.say("Files that are left out:")
        for name, reason in left_out.items():
            lines.say(f"  {name}: {reason}")
    return "\n".join(lines.lines) + "\n"


def _id_form(interactions: Interactions, items: Entities | None, users: Entities | None) -> tuple[str, str] | None:
    """The form in which the ids of two tables agree, and why."""
    for entities, column in ((items, interactions.item), (users, interactions.user)):
        if entities is None:
            continue
        own = pd.Series(clean_ids(interactions.sample.frame[column])[0].unique(), dtype="str")
        known = clean_ids(entities.sample.frame[entities.id])[0]
        found = find_differences(own[~own.isin(known)], known)
        if len(found) > 0.01 * len(own):
            (example, (difference, its)) = next(iter(found.items()))
            return difference.form, f"{example!r} in {interactions.sample.name} is {its!r} in {entities.sample.name}"
    return None


def _write_source(lines: _Lines, sample: Sample, *, decimal: bool) -> None:
    rows = f"{len(sample.frame):,} rows" if sample.whole else f"looked at {len(sample.frame):,} rows"
    lines.key("file", toml_text(sample.name), rows)
    if sample.separator not in (None, ","):
        lines.key("separator", toml_text(sample.separator or ""))
    if sample.encoding is not None:
        lines.key("encoding", toml_text(sample.encoding), "it holds bytes that are no UTF-8")
    if not sample.header:
        lines.key("header", "false", "columns go by their number")
    if decimal:
        lines.key("decimal", '","', "numbers as 1.234,50")


def _column(sample: Sample, column: str) -> str:
    return toml_text(column) if sample.header else column


def _write_interactions(lines: _Lines, found: Interactions) -> None:
    sample, frame = found.sample, found.sample.frame
    lines.section("interactions")
    comma = found.rating is not None and read_numbers(frame[found.rating]).decimal == ","
    _write_source(lines, sample, decimal=comma)
    lines.key("user", _column(sample, found.user), f"{frame[found.user].nunique():,} different")
    lines.key("item", _column(sample, found.item), f"{frame[found.item].nunique():,} different")
    if found.rating is not None:
        values = read_numbers(frame[found.rating]).values
        values = values[~pd.isna(values)]
        lines.key("rating", _column(sample, found.rating), f"{values.min():g} to {values.max():g}")
    if found.timestamp is not None:
        lines.key("timestamp", _column(sample, found.timestamp), f"as in {frame[found.timestamp].iloc[0]!r}")
        form = _ambiguous(frame[found.timestamp], found.timestamp)
        if form is not None:
            lines.key("timestamp_format", toml_text(form), _AMBIGUOUS)
    if found.type is not None:
        kinds = frame[found.type].str.lower().value_counts().drop("", errors="ignore")
        weights = {str(kind): names.WEIGHTS.get(str(kind), _UNKNOWN_WEIGHT) for kind in kinds.index}
        shown = ", ".join(f"{kind} {count:,}" for kind, count in kinds.items())
        lines.key("type", _column(sample, found.type), shown)
        inner = ", ".join(f"{toml_key(kind)} = {weight:g}" for kind, weight in weights.items())
        lines.key("weights", f"{{ {inner} }}", "what an event of each type weighs: set them")
    if not sample.header:
        lines.say("The file has no header: which column is the user's and which the item's is a guess by their order.")
    rest = [str(column) for column in frame if column not in vars(found).values()]
    if rest:
        lines.say(f"left out: {', '.join(rest)}")


def _ambiguous(cells: pd.Series, column: str) -> str | None:
    """The guessed format of times that can be read in two ways; None if there is one reading only."""
    try:
        read_times(cells, TimeFormat(), column)
    except DataError:
        kind = find_kind(column, cells)
        return kind.form
    return None


def _write_entities(lines: _Lines, name: str, found: Entities) -> None:
    sample = found.sample
    features, left_out = _features(sample, [found.id, found.title], people=name == "users")
    lines.section(name)
    _write_source(lines, sample, decimal=any(kind.decimal for _, kind in features))
    lines.key("id", _column(sample, found.id), f"{sample.frame[found.id].nunique():,} different")
    if found.title is not None:
        lines.key("title", _column(sample, found.title), f"as in {sample.frame[found.title].iloc[0][:40]!r}")
    if left_out:
        lines.say("left out:")
        for column, kind in left_out:
            lines.say(f"  {column}: {kind.reason}")
    if features:
        lines.section(f"{name}.features")
        for column, kind in features:
            lines.key(*_feature(sample, column, kind))


def _features(
    sample: Sample, taken: Sequence[str | None], *, people: bool
) -> tuple[list[tuple[str, Kind]], list[tuple[str, Kind]]]:
    features: list[tuple[str, Kind]] = []
    left_out: list[tuple[str, Kind]] = []
    for column in map(str, sample.frame.columns):
        if column in taken:
            continue
        kind = find_kind(column, sample.frame[column], people=people)
        (left_out if kind.type is None else features).append((column, kind))
    return features, left_out


def _feature(sample: Sample, column: str, kind: Kind) -> tuple[str, str, str]:
    """The key, the value and the comment of one feature."""
    name, options = column, [f"type = {toml_text(kind.type or '')}"]
    if not sample.header:
        name = f"column_{column}"
    elif column in RESERVED_NAMES:
        name = f"{column}_"
    if name != column:
        options.append(f"column = {_column(sample, column)}")
    if kind.separator not in (None, "|"):
        options.append(f"separator = {toml_text(kind.separator or '')}")
    if kind.html:
        options.append("html = true")
    if kind.form is not None:
        options.append(f"format = {toml_text(kind.form)}")
    reason = f"{kind.reason}; {_AMBIGUOUS}" if kind.form else kind.reason
    value = toml_text(kind.type or "") if len(options) == 1 else f"{{ {', '.join(options)} }}"
    return toml_key(name), value, reason
