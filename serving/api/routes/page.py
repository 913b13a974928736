"""The web page and the API reference, from files that are installed here; nothing is loaded from other hosts."""

import hashlib
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path
from typing import Final, NamedTuple

from fastapi import APIRouter, Request, Response

from pharos.serving.api.deps import ServiceDep
from pharos.serving.api.problems import problem_response
from pharos.serving.api.validation import shown

router = APIRouter()

_FOLDER: Final = Path(__file__).parents[2] / "web"
# Swagger UI, of which only these two are served.
_REFERENCE: Final = ("fastapi_offline", "static", ("swagger-ui-bundle.js", "swagger-ui.css"))
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src {images}; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


class _File(NamedTuple):
    content: bytes
    media_type: str
    tag: str


@router.get("/", include_in_schema=False)
async def page(request: Request, service: ServiceDep) -> Response:
    """The web page."""
    images = "'self' data: https:" if service.settings.image_feature else "'self' data:"
    return _respond(request, _files()["index.html"], images)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> Response:
    """The API reference."""
    return _respond(request, _files()["docs.html"], "'self' data:")


@router.get("/assets/{name}", include_in_schema=False)
async def asset(request: Request, name: str) -> Response:
    """A file of the page, looked up among the files read at the start; the name is never used as a path."""
    file = _files().get(name)
    if file is None:
        return problem_response(request, HTTPStatus.NOT_FOUND, f"there is no asset {shown(name)}")
    return _respond(request, file, None)


def _respond(request: Request, file: _File, images: str | None) -> Response:
    """The file, or 304 if it is unchanged. images: sources that the page may show; None for other files."""
    headers = {"Cache-Control": "no-cache", "ETag": file.tag}
    if images is not None:
        headers["Content-Security-Policy"] = _POLICY.format(images=images)
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


@cache
def _files() -> dict[str, _File]:
    """Every file of the page and of the API reference, by name."""
    package, folder, names = _REFERENCE
    paths = [path for path in sorted(_FOLDER.rglob("*")) if path.suffix in _TYPES]
    paths += [Path(str(files(package) / folder / name)) for name in names]
    return {path.name: _read(path) for path in paths}


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(content, _TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:16]}"')
