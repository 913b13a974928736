"""The OpenAPI document, with problem documents as error responses."""

import re
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from pharos.serving.api import examples
from pharos.serving.api.access import needed_scope
from pharos.serving.api.problems import MEDIA_TYPE, Problem
from pharos.serving.operations.keys import Scope
from pharos.serving.settings import Settings

_REFERENCES: Final = "#/components/schemas/{model}"
_UNUSED: Final = ("HTTPValidationError", "ValidationError")
_SCHEMES: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def install(app: FastAPI, settings: Settings) -> None:
    """Make the application serve this document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app, settings)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _described(app: FastAPI, settings: Settings) -> dict[str, Any]:
    document = get_openapi(title=app.title, summary=app.summary, version=app.version, routes=app.routes)
    problem = Problem.model_json_schema(ref_template=_REFERENCES)
    schemas = document["components"]["schemas"]
    schemas.update(problem.pop("$defs"), Problem=problem)
    for name in _UNUSED:
        schemas.pop(name, None)
    answer = {
        "description": "A problem document (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REFERENCES.format(model="Problem")}}},
    }
    document["components"]["securitySchemes"] = _SCHEMES
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            operation["responses"].pop("422", None)
            operation["summary"] = _first_sentence(operation["description"])
            operation["responses"]["default"] = answer
            operation["security"] = _security(needed_scope(path, method.upper(), settings))
            _add_examples(method, operation)
    return document


def _add_examples(method: str, operation: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        example = examples.parameter(method, parameter["name"])
        if example is not None:
            parameter["example"] = example
    if operation["operationId"] in examples.BODIES:
        for content in operation["requestBody"]["content"].values():
            content["example"] = examples.BODIES[operation["operationId"]]


def _first_sentence(description: str) -> str:
    return re.split(r"[.;:](?:\s|$)", description, maxsplit=1)[0]


def _security(scope: Scope | None) -> list[dict[str, list[str]]]:
    """The two ways to send a key, with the required scope; none for open routes."""
    return [{scheme: [scope.name.lower()]} for scheme in _SCHEMES] if scope else []
