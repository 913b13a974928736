"""Pictures and series from files, cells and requests, as arrays of a fixed form."""

import base64
import binascii
import io
import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pharos.ingest.limits import (
    IMAGE_SIDE,
    MAX_IMAGE_BYTES,
    MAX_IMAGE_PIXELS,
    MAX_IMAGE_TEXT,
    MAX_STEP_VALUES,
    MAX_STEPS,
)

Image = NDArray[np.uint8]
Series = NDArray[np.float32]

_FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def read_image(cell: Any, folder: Path | None) -> Image | None:
    """The picture of a cell, uint8 [IMAGE_SIDE, IMAGE_SIDE, 3]; None for an empty cell.

    cell: a path relative to `folder`, which it cannot leave, or the bytes of a file, as such or as {"bytes": …}.
    Raises ValueError, with the reason, for what is no picture.
    """
    if isinstance(cell, dict):
        cell = cell.get("bytes") or cell.get("path")
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, bytes):
        return decode_image(cell) if cell else None
    if not isinstance(cell, str):
        raise ValueError("neither a path nor the bytes of a picture")
    if not cell.strip():
        return None
    if folder is None:
        raise ValueError("a path, and there is no folder that it could be in")
    path, root = (folder / cell.strip()).resolve(), folder.resolve()
    if not path.is_relative_to(root):
        raise ValueError("a path out of the data set's folder")
    try:
        if path.stat().st_size > MAX_IMAGE_BYTES:
            raise ValueError(f"a file of more than {MAX_IMAGE_BYTES:,} bytes")
        return decode_image(path.read_bytes())
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror or error}") from error


def decode_image(content: bytes) -> Image:
    """Decode a picture file, cropped to a square and scaled down: uint8 [IMAGE_SIDE, IMAGE_SIDE, 3].

    Of one that moves it is the first frame. Raises ValueError where there is none, or too large a one.
    """
    from PIL import Image as Pillow
    from PIL import ImageOps

    if len(content) > MAX_IMAGE_BYTES:
        raise ValueError(f"more than {MAX_IMAGE_BYTES:,} bytes")
    try:
        with Pillow.open(io.BytesIO(content), formats=_FORMATS) as picture:
            if picture.width * picture.height > MAX_IMAGE_PIXELS:
                raise ValueError(f"more than {MAX_IMAGE_PIXELS:,} pixels")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            small = upright.resize((IMAGE_SIDE, IMAGE_SIDE), Pillow.Resampling.BOX)
    except (OSError, SyntaxError, EOFError, struct.error, Pillow.DecompressionBombError) as error:
        raise ValueError(f"no picture that can be read ({', '.join(_FORMATS)})") from error
    return np.asarray(small, np.uint8)


def image_of_text(text: str) -> Image:
    """The picture of a request: base64, with or without `data:image/…;base64,` before it.

    Raises ValueError. A path is never read: no request reaches the file system.
    """
    if len(text) > MAX_IMAGE_TEXT:
        raise ValueError(f"more than {MAX_IMAGE_TEXT:,} characters")
    head, comma, rest = text.partition(",")
    if comma and not (head.startswith("data:image/") and head.endswith(";base64")):
        raise ValueError("a comma in what is to be base64")
    try:
        return decode_image(base64.b64decode(rest if comma else text, validate=True))
    except binascii.Error as error:
        raise ValueError("no base64") from error


def image_file(image: Image) -> bytes:
    """Encode a picture, uint8 [h, w, 3], as a PNG file without loss."""
    from PIL import Image as Pillow

    content = io.BytesIO()
    Pillow.fromarray(image).save(content, "PNG")
    return content.getvalue()


def image_text(image: Image) -> str:
    """A picture as base64 of a PNG file, as `image_of_text` reads it."""
    return base64.b64encode(image_file(image)).decode("ascii")


def read_series(cell: Any) -> Series | None:
    """The series of a cell, float32 [steps, values], the oldest step first; None for an empty cell.

    cell: a list of steps, each a list of values, or of single values; as such, or as JSON. Raises ValueError or
    TypeError for what is no series of finite numbers. Of one of more than MAX_STEPS steps these are the newest.
    """
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return None
    if isinstance(cell, str):
        if not cell.strip():
            return None
        try:
            cell = json.loads(cell)
        except RecursionError as error:
            raise ValueError("lists in lists in lists") from error
    if not isinstance(cell, Sequence | np.ndarray) or isinstance(cell, bytes):
        raise ValueError("not a list")
    if not len(cell):
        return None
    steps = [np.atleast_1d(np.asarray(step, np.float64)) for step in cell[-MAX_STEPS:]]
    with np.errstate(over="ignore"):
        series = np.stack(steps).astype(np.float32)
    if series.ndim != 2 or not 1 <= series.shape[1] <= MAX_STEP_VALUES or not np.isfinite(series).all():
        raise ValueError(f"not steps of 1 to {MAX_STEP_VALUES} finite numbers, as many in each")
    return series
