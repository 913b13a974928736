"""The name under which `serving` imports `pharos.classics.catalogue`."""

from pharos.classics.catalogue import Catalogue

__all__ = ["Catalogue"]
