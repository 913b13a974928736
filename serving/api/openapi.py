"""The OpenAPI document, with problem documents as the answer to every error."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.api.problems import MEDIA_TYPE, Problem

_REFERENCES: Final = "#/components/schemas/{model}"
_UNUSED: Final = ("HTTPValidationError", "ValidationError")


def install(app: FastAPI) -> None:
    """Make the application describe itself."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _described(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # as FastAPI's documentation does it


def _described(app: FastAPI) -> dict[str, Any]:
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
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = answer
    return document
