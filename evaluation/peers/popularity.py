"""The name under which `serving` imports `pharos.classics.popularity`."""

from pharos.classics.popularity import Popularity

__all__ = ["Popularity"]
