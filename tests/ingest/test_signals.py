"""Pictures and series, from files, from cells and from requests."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pharos.ingest.declaration import read_declared
from pharos.ingest.errors import DataError
from pharos.ingest.export import export_dataset
from pharos.ingest.limits import IMAGE_SIDE
from pharos.ingest.load import load_dataset
from pharos.ingest.records import FeatureError, parse_features
from pharos.ingest.schema import Feature, FeatureType
from pharos.ingest.signals import decode_image, image_text, read_image, read_series
from tests.ingest.folders import INTERACTIONS, write

_PICTURES = '[items]\nfile = "items.{}"\nid = "id"\n[items.features]\nposter = "image"\nsound = "series"\n'


def picture(colour: tuple[int, int, int], kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, kind)
    return content.getvalue()


def with_posters(folder: Path, broken: int = 0) -> Path:
    """Forty items with a red picture and a series each, `broken` of which are none."""
    (folder / "posters").mkdir(parents=True)
    (folder / "posters" / "red.png").write_bytes(picture((255, 0, 0)))
    (folder / "posters" / "broken.png").write_bytes(picture((255, 0, 0))[:60])
    lines = [
        f'i{n},posters/{"broken" if n < broken else "red"}.png,"{"no list" if n < broken else "[[1, 2], [3, 4]]"}"'
        for n in range(40)
    ]
    events = ["user,item", "u1,i1", "u1,i2"]
    return write(
        folder, INTERACTIONS + _PICTURES.format("csv"), events__csv=events, items__csv=["id,poster,sound", *lines]
    )


def test_pictures_named_in_a_table_are_read_from_the_folder(tmp_path: Path) -> None:
    items = read_declared(with_posters(tmp_path / "data")).items
    assert items["poster"][3].shape == (IMAGE_SIDE, IMAGE_SIDE, 3)
    assert items["poster"][3][5, 5].tolist() == [255, 0, 0]
    assert items["sound"][3].tolist() == [[1, 2], [3, 4]]


def test_a_broken_picture_is_counted_and_shown_with_its_line(tmp_path: Path) -> None:
    dataset = read_declared(with_posters(tmp_path / "data", broken=1))
    findings = {finding.reason: finding for finding in dataset.report.findings}
    found = findings["poster is no picture that can be read"]
    assert (found.count, found.cases) == (1, ("items.csv:2 'posters/broken.png'",))
    assert findings["sound is no series of finite numbers"].count == 1
    assert dataset.items["poster"][0] is None


def test_many_broken_pictures_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 of 40 cells cannot be read"):
        read_declared(with_posters(tmp_path / "data", broken=3))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP"])
def test_pictures_of_every_usual_format_are_read(kind: str) -> None:
    assert np.abs(decode_image(picture((0, 0, 255), kind)).astype(int) - [0, 0, 255]).max() < 8


@pytest.mark.parametrize("path", ["../secret.png", "/etc/passwd", "link.png", "absent.png", "a\0b.png"])
def test_a_path_out_of_the_folder_or_to_nothing_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (tmp_path / "secret.png").write_bytes(picture((1, 2, 3)))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(ValueError, match=r"out of|cannot be read|null"):
        read_image(path, folder)


def test_a_picture_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="pixels"):
        decode_image(picture((0, 0, 0), size=(10_000, 6_000)))


def test_pictures_and_series_survive_being_exported(tmp_path: Path) -> None:
    dataset = read_declared(with_posters(tmp_path / "data", broken=1))
    export_dataset(dataset, tmp_path / "copy")
    copy = load_dataset(str(tmp_path / "copy")).items
    for name in ("poster", "sound"):
        for ours, theirs in zip(dataset.items[name], copy[name], strict=True):
            assert (ours is None and theirs is None) or np.array_equal(ours, theirs)


def test_bytes_in_parquet_are_pictures(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", INTERACTIONS + _PICTURES.format("parquet"), events__csv=["user,item", "u1,i1"])
    frame = pd.DataFrame({"id": ["i1", "i2"], "poster": [picture((0, 255, 0)), None], "sound": [[1.0, 2.0], None]})
    frame.to_parquet(folder / "items.parquet")
    items = read_declared(folder).items
    assert items["poster"][0][0, 0].tolist() == [0, 255, 0]
    assert items["poster"][1] is None
    assert items["sound"][0].tolist() == [[1], [2]]


def test_users_have_no_pictures(tmp_path: Path) -> None:
    users = '[users]\nfile = "users.csv"\nid = "id"\n[users.features]\nface = "image"\n'
    folder = write(tmp_path, INTERACTIONS + users, events__csv=["user,item", "u,i"], users__csv=["id,face", "u,x.png"])
    with pytest.raises(DataError, match="only items"):
        read_declared(folder)


POSTER, SOUND = Feature("poster", FeatureType.IMAGE), Feature("sound", FeatureType.SERIES, length=2)


def test_a_picture_in_a_request_is_base64() -> None:
    text = base64.b64encode(picture((9, 9, 9))).decode()
    plain, with_head = (
        parse_features((POSTER,), {"poster": t})["poster"] for t in (text, f"data:image/png;base64,{text}")
    )
    assert np.array_equal(plain, with_head)
    assert np.array_equal(plain, parse_features((POSTER,), {"poster": image_text(plain)})["poster"])


@pytest.mark.parametrize("value", ["posters/red.png", "aGVsbG8=", "A" * 5_000_000, 7, "data:text/html;base64,aGVsbG8="])
def test_what_is_no_picture_in_a_request_is_refused_with_its_field(value: object) -> None:
    with pytest.raises(FeatureError, match=r"poster: .* allowed is a picture's file as base64"):
        parse_features((POSTER,), {"poster": value})


@pytest.mark.parametrize(
    "value", [[[1, 2, 3]], [["a", "b"]], [[1, 2], [3]], 5, [[1, None]], [[[1], [2]]], [[1e400, 2]]]
)
def test_what_is_no_series_in_a_request_is_refused_with_its_field(value: object) -> None:
    with pytest.raises(FeatureError, match=r"sound: .* allowed is a list"):
        parse_features((SOUND,), {"sound": value})


def test_of_a_series_too_long_the_newest_steps_are_kept() -> None:
    series = read_series(json.dumps(list(range(3000))))
    assert series is not None
    assert series[[0, -1], 0].tolist() == [1000, 2999]
