"""Made-up data sets as files."""

from pathlib import Path

INTERACTIONS = '[interactions]\nfile = "events.csv"\nuser = "user"\nitem = "item"\n'
RATED = INTERACTIONS + 'rating = "rating"\ntimestamp = "time"\n'
ITEMS = '[items]\nfile = "items.csv"\nid = "id"\ntitle = "name"\n[items.features]\nyear = "number"\n'
HEADER = "user,item,rating,time"


def events(count: int = 100) -> list[str]:
    """Lines of well-formed events, each of another pair of a user and one of twenty items."""
    return [f"u{n // 20},i{n % 20},{n % 5 + 1},{1_000_000 + n}" for n in range(count)]


def items(count: int = 20) -> list[str]:
    """Lines of well-formed items."""
    return [f"i{n},Item {n},{1990 + n}" for n in range(count)]


def write(folder: Path, declaration: str | None = None, **files: list[str] | bytes) -> Path:
    """A folder with these files, each given as lines or bytes; `a__csv` is written as `a.csv`."""
    folder.mkdir(parents=True, exist_ok=True)
    if declaration is not None:
        (folder / "dataset.toml").write_text(declaration, "utf-8")
    for name, content in files.items():
        data = content if isinstance(content, bytes) else ("\n".join(content) + "\n").encode()
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder


def rated(folder: Path, lines: list[str], item_lines: list[str] | None = None) -> Path:
    """A folder of rated events and, if given, items."""
    if item_lines is None:
        return write(folder, RATED, events__csv=[HEADER, *lines])
    return write(folder, RATED + ITEMS, events__csv=[HEADER, *lines], items__csv=["id,name,year", *item_lines])
