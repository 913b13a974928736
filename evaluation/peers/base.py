"""The name under which `serving` imports `pharos.classics.data`."""

from pharos.classics.data import RankingData

__all__ = ["RankingData"]
