"""The registry of custom feature encoders, by the name that a feature declares."""

from importlib.metadata import entry_points
from typing import Final

from pharos.ingest.schema import Feature
from pharos.towers.errors import TowersError
from pharos.towers.features.encoders.base import FeatureEncoder

PLUGINS: Final = "pharos.plugins"
"""The entry point group of modules that register something when they are imported."""

_OWN: dict[str, type[FeatureEncoder]] = {}


class UnknownEncoder(TowersError):
    """A feature names an encoder that is not registered, or one for another feature type."""


def register_encoder(encoder: type[FeatureEncoder]) -> None:
    """Register an encoder by its `name`; it replaces an earlier one of the same name."""
    _OWN[encoder.name] = encoder


def own_encoder(feature: Feature) -> type[FeatureEncoder]:
    """The registered encoder that a feature names.

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
