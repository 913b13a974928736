"""Write docs/reference/ from the code: settings, command line, HTTP API, Python API; and the list of decisions.

`make reference` runs it; a test holds the pages to what it writes. What is described stands where it is defined: in the
descriptions of fields, in `--help`, in docstrings.
"""

import inspect
import json
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"
_MADE: Final = "<!-- Made by `make reference` from the code: change it there. -->\n"
_ARGUMENT: Final = re.compile(r"[a-z_]+(?:, [a-z_]+)*: ")
_KINDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "object",
    "null": "null",
}


def main() -> None:
    """Write every page."""
    for name, text in pages().items():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Every generated page: its place below docs/, and its text."""
    makers: dict[str, Callable[[], Iterable[str]]] = {
        "reference/settings.md": settings_page,
        "reference/training.md": training_page,
        "reference/cli.md": cli_page,
        "reference/http.md": http_page,
        "reference/python.md": python_page,
        "decisions/index.md": decisions_page,
    }
    return {name: "\n".join([_MADE, *make()]).rstrip() + "\n" for name, make in makers.items()}


# Settings


def settings_page() -> Iterator[str]:
    """Every setting of the service."""
    from pharos.serving.rule_settings import Rule
    from pharos.serving.settings import PREFIX, TOML_FILE, Settings, VariantSetting

    yield "# Settings of the service\n"
    yield (
        f"Each stands in `{TOML_FILE}` in the folder where `pharos` runs, or in the environment as `{PREFIX}` and its\n"
        "name in capitals. The environment wins over the file; an option of a command wins over both. A wrong setting\n"
        "stops the command with a line that names it and what is allowed.\n"
    )
    yield (
        "```toml\n# pharos.toml\nport = 8080\nnew_share = 0.1\nevent_weights = { view = 1.0, purchase = 5.0 }\n```\n"
    )
    yield "In the environment, lists and tables are JSON:\n"
    yield f'```sh\nexport {PREFIX}PORT=8080\nexport {PREFIX}EVENT_WEIGHTS=\'{{"view": 1, "purchase": 5}}\'\n```\n'
    yield "## All settings\n"
    yield from _fields(Settings)
    yield "\n## A rule: one table in `[[rules]]`\n"
    yield from _fields(Rule)
    yield "\n## A variant: one table in `[variants]`\n"
    yield from _fields(VariantSetting)


def training_page() -> Iterator[str]:
    """Every setting of a training run."""
    from pharos.towers.settings import RankingSettings, RatingSettings, TrainingSettings

    yield "# Settings of a training run\n"
    yield (
        "`pharos train DATA --set dimensions=32`, or `pharos.fit(data, dimensions=32)`. The defaults were chosen on\n"
        "validation parts ([what was tried](../experiments.md)); change one at a time and measure it with\n"
        "[`pharos evaluate`](../evaluation.md). `pharos retrain` keeps the settings of the live bundle.\n"
    )
    yield from _fields(TrainingSettings)
    yield "\n## The ranking model\n"
    yield "Not to be set on the command line: `pharos.towers.settings.RankingSettings`.\n"
    yield from _fields(RankingSettings)
    yield "\n## The rating model\n"
    yield "Not to be set on the command line: `pharos.towers.settings.RatingSettings`.\n"
    yield from _fields(RatingSettings)


def _fields(model: type[BaseModel]) -> Iterator[str]:
    schema = model.model_json_schema()
    yield "| Name | Default | Allowed | |\n| --- | --- | --- | --- |"
    for name, field in model.model_fields.items():
        default = field.default
        shown = "" if default is PydanticUndefined else f"`{_value(default)}`"
        yield _row(f"`{name}`", shown, _allowed(schema["properties"][name], schema), field.description or "")


def _value(default: object) -> str:
    if isinstance(default, SecretStr | type(None)):
        return "none"
    return json.dumps(list(default) if isinstance(default, tuple) else default, default=str)


def _allowed(schema: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """What a JSON schema takes, in a few words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        found = whole.get("$defs", whole.get("components", {}).get("schemas", {})).get(name, {})
        return (
            _allowed(found, whole)
            if "enum" in found
            else f"[{name}](#{name.lower()})"
            if "components" in whole
            else "table"
        )
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_allowed(part, whole) for part in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    kind = _KINDS.get(schema.get("type", ""), "any value")
    if schema.get("type") == "array" and schema.get("items"):
        kind = f"list of {_allowed(schema['items'], whole)}"
    if schema.get("format") in ("path", "file-path"):
        kind = "path"
    lowest, highest = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    bounds = (("from", lowest), ("above", above), ("to", highest), ("below", below))
    parts = [f"{word} {_number(bound)}" for word, bound in bounds if bound is not None]
    return " ".join([kind, *parts])


def _number(bound: float) -> str:
    return f"{int(bound):,}" if bound == int(bound) else f"{bound:g}"


def _row(*cells: str) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Angle brackets as characters where they are not code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if place % 2 else part.replace("<", "&lt;") for place, part in enumerate(parts))


# Command line


def cli_page() -> Iterator[str]:
    """Every command with its options."""
    import typer

    from pharos.cli.main import app

    group: Any = typer.main.get_command(app)
    above = group.make_context("pharos", ["init", "."], resilient_parsing=True)
    yield "# Commands\n"
    yield (
        "`pharos COMMAND --help` prints the same. A command ends with code 0 if it did what was asked, 1 if it could\n"
        "not and says why in its last line, 2 if it was called wrongly; `pharos retrain` ends with 3 where the live\n"
        "model stays.\n"
    )
    for name, command in group.commands.items():
        context = command.make_context(name, [], parent=above, resilient_parsing=True)
        yield f"## pharos {name}\n"
        yield f"{_escaped(inspect.cleandoc(command.help or ''))}\n"
        pieces = [re.sub(r"[{}]|^\[(?=\[)|(?<=\])\]$", "", piece) for piece in command.collect_usage_pieces(context)]
        yield f"```text\npharos {' '.join([name, *pieces])}\n```\n"
        records = [parameter.get_help_record(context) for parameter in command.params]
        told = [record for record in records if record and record[0] != "--help"]
        if told:
            yield "| | |\n| --- | --- |"
            yield from (_row(f"`{_option(option)}`", _plain(text)) for option, text in told)
            yield ""


def _option(text: str) -> str:
    """An option with a word for its value: that of its type says less than a name would."""
    if not text.startswith("-"):
        return text.partition(" <")[0]
    return re.sub(
        r"<(int|float)[^>]*>", "N", re.sub(r"<(?:str|path|file|list)[^>]*>", "TEXT", text.replace("<path>", "PATH"))
    )


def _plain(text: str) -> str:
    return re.sub(r"\\(?=\[)", "", " ".join(text.split()))


# HTTP API


def http_page() -> Iterator[str]:
    """Every operation of the OpenAPI description, and every schema that they use."""
    from pharos.serving.api.access import ROUTES
    from pharos.serving.app import create_app
    from pharos.serving.settings import Settings

    document = create_app(Settings.model_construct()).openapi()
    yield "# HTTP API\n"
    yield (
        "A server shows the same with requests to try out at `/docs`, and as OpenAPI 3.1 at `/openapi.json`. With\n"
        "requests that were sent: [the API by example](../api.md). Errors are problem documents: [Problem](#problem).\n"
        "*Key* says which key a server with keys wants.\n"
    )
    yield "| | | Key |\n| --- | --- | --- |"
    operations = [(m.upper(), path, op) for path, many in document["paths"].items() for m, op in many.items()]
    for method, path, operation in operations:
        scope = ROUTES[path][method].name.lower()
        yield _row(
            f"[`{method} {path}`](#{_anchor(method, path)})", operation["summary"], "none" if scope == "open" else scope
        )
    yield ""
    for method, path, operation in operations:
        yield from _operation(method, path, operation, document)
    yield "## Schemas\n"
    for name, schema in sorted(document["components"]["schemas"].items()):
        yield f"### {name}\n"
        yield f"{_escaped(schema.get('description', ''))}\n"
        yield from _properties(schema, document)


def _anchor(method: str, path: str) -> str:
    """The name that both MkDocs and GitHub give to the heading."""
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", f"{method} {path}".lower()))


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    yield f"## {method} {path}\n"
    yield f"{_escaped(operation['description'])}\n"
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body:
        yield f"Body: {_allowed(body, document)}\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "| Parameter | In | Allowed | |\n| --- | --- | --- | --- |"
        for one in parameters:
            text = one.get("description") or one["schema"].get("description", "")
            yield _row(f"`{one['name']}`", one["in"], _allowed(one["schema"], document), text)
        yield ""
    for status, answer in operation["responses"].items():
        if status != "default":
            yield f"- **{status}**: {_content(answer, document)}"
    yield ""


def _content(answer: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    schemas = [content.get("schema", {}) for content in answer.get("content", {}).values()]
    shown = ", ".join(_allowed(schema, document) for schema in schemas)
    told = answer["description"]
    return (
        shown
        if told == "Successful Response" and shown
        else told.replace("Successful Response", "nothing") + (f": {shown}" if shown else "")
    )


def _properties(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    if not schema.get("properties"):
        return
    yield "| Field | | |\n| --- | --- | --- |"
    needed = schema.get("required", [])
    for name, one in schema["properties"].items():
        must = " (required)" if name in needed and schema.get("additionalProperties") is False else ""
        yield _row(f"`{name}`", _allowed(one, document) + must, one.get("description", ""))
    yield ""


# Python API


def python_page() -> Iterator[str]:
    """Every public name with its signature and docstring."""
    import pharos

    yield "# Python API\n"
    yield "With examples: [the Python API](../python-api.md).\n"
    for name in pharos.__all__:
        value = getattr(pharos, name)
        if inspect.isclass(value):
            yield from _class(f"pharos.{name}", value)
            if name == "Client":
                # What a client has beside methods, such as items.
                parts = vars(pharos.Client("http://127.0.0.1")).items()
                for part, kind in parts:
                    if not part.startswith("_"):
                        yield from _class(f"pharos.Client.{part}", type(kind))
        elif callable(value):
            yield from _function(f"pharos.{name}", value, "##")
        else:
            yield f"## pharos.{name}\n"
            yield "The version that is installed, as text.\n"


def _class(name: str, kind: type) -> Iterator[str]:
    yield f"## {name}\n"
    yield _doc(kind)
    for member, value in vars(kind).items():
        if member.startswith("_") and member != "__init__":
            continue
        if isinstance(value, property):
            yield f"### {name}.{member}\n"
            yield _doc(value)
        elif (
            member == "__init__"
            and value.__doc__
            and isinstance(value, types.FunctionType)
            and name != "pharos.Recommender"
        ):
            yield from _function(name, value, "###", shown=f"{name}()")
        elif isinstance(value, types.FunctionType | classmethod) and member != "__init__":
            yield from _function(f"{name}.{member}", getattr(kind, member), "###")


def _function(name: str, function: Any, heading: str, shown: str | None = None) -> Iterator[str]:
    signature = inspect.signature(function)
    kept = [one for one in signature.parameters.values() if one.name != "self"]
    yield f"{heading} {shown or name}\n"
    yield f"```python\n{_called(name, signature.replace(parameters=kept))}\n```\n"
    yield _doc(function)


def _called(name: str, signature: inspect.Signature) -> str:
    text = f"{name}{_tidy(str(signature))}"
    if len(text) <= 100:
        return text
    lines, starred = [], False
    for one in signature.parameters.values():
        if one.kind is one.KEYWORD_ONLY and not starred:
            lines.append("    *,")
            starred = True
        lines.append(f"    {_tidy(str(one))},")
    result = "" if signature.return_annotation is signature.empty else f" -> {_annotation(signature.return_annotation)}"
    return "\n".join([f"{name}(", *lines, f"){result}"])


def _annotation(annotation: object) -> str:
    return _tidy(annotation if isinstance(annotation, str) else inspect.formatannotation(annotation))


def _tidy(text: str) -> str:
    """Names without the modules that they come from, annotations without quotes, unions as they are written today."""
    text = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Z])", "", text).replace("~_Class", "type")
    text = re.sub(r"Union\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", lambda union: union[1].replace(", ", " | "), text)
    return re.sub(r"((?:: |-> |\| ))'([^']+)'", r"\1\2", text.replace("NoneType", "None"))


def _doc(of: object) -> str:
    """A docstring as Markdown: its paragraphs, with lines that are indented further joined to those before them."""
    text = inspect.getdoc(of) or ""
    paragraphs = re.split(r"\n\s*\n", text)
    lines = [re.sub(r"\n\s+", " ", paragraph) for paragraph in paragraphs]
    return "\n\n".join(_escaped(_listed(line)) for line in lines) + "\n"


def _listed(paragraph: str) -> str:
    """What is told of several arguments, one a line, as a list; other sentences as paragraphs around it."""
    lines = paragraph.split("\n")
    if sum(bool(_ARGUMENT.match(line)) for line in lines) < 2:
        return paragraph
    shown: list[str] = []
    for line in lines:
        if _ARGUMENT.match(line):
            shown += [f"- {line}"] if shown and shown[-1].startswith(("- ", "  ")) else ["", f"- {line}"]
        elif shown and shown[-1].startswith(("- ", "  ")) and not line[:1].isupper():
            shown.append(f"  {line}")
        else:
            shown += ["", line] if shown and shown[-1].startswith(("- ", "  ")) else [line]
    return "\n".join(shown).strip("\n")


# Decisions


def decisions_page() -> Iterator[str]:
    """The title of every decision."""
    yield "# Decisions\n"
    yield "Why it is built as it is, ten lines each.\n"
    for path in sorted((DOCS / "decisions").glob("0*.md")):
        number, _, title = path.read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ").partition(". ")
        yield f"- {number}. [{title}]({path.name})"


if __name__ == "__main__":
    main()
