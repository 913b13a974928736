"""Encoders that come from outside the project, by the name under which a feature asks for one."""

from importlib.metadata import entry_points
from typing import Final

from pharos.ingest.schema import Feature
from pharos.towers.errors import TowersError
from pharos.towers.features.encoders.base import FeatureEncoder

PLUGINS: Final = "pharos.plugins"
"""The entry point group of modules that register something when they are imported."""

_OWN: dict[str, type[FeatureEncoder]] = {}


class UnknownEncoder(TowersError):
    """A feature asks for an encoder that nobody registered, or for one of another type."""


def register_encoder(encoder: type[FeatureEncoder]) -> None:
    """Make an encoder known by its `name`; a class of the same name takes the place of an earlier one."""
    _OWN[encoder.name] = encoder


def own_encoder(feature: Feature) -> type[FeatureEncoder]:
    """The encoder that a feature names.

    Installed packages that declare the entry point group `pharos.plugins` are imported where the name is not known yet:
    that is how a server finds it. Raises UnknownEncoder.
    """
    if feature.encoder not in _OWN:
        for plugin in entry_points(group=PLUGINS):
            plugin.load()
    encoder = _OWN.get(feature.encoder)
    if encoder is None:
        raise UnknownEncoder(
            f"feature {feature.name!r}: no encoder {feature.encoder!r} is registered here; there is "
            f"{', '.join(sorted(_OWN)) or 'none'}. Import the module that registers it with pharos.register first, or "
            f"install it as a package with an entry point in the group {PLUGINS}"
        )
    if encoder.type is not feature.type:
        raise UnknownEncoder(
            f"feature {feature.name!r} is a {feature.type}; the encoder {feature.encoder!r} is for a {encoder.type}"
        )
    return encoder
