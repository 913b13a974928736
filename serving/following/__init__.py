"""Keeps the vector index where the store is: each change at once, and what was missed as soon as possible."""

from pharos.serving.following.application import apply, require_features
from pharos.serving.following.follower import Follower
from pharos.serving.following.replay import replay

__all__ = ["Follower", "apply", "replay", "require_features"]
