"""Keeps the vector index where the store is: each change at once, and what was missed as soon as possible."""

from serving.following.application import apply, require_features
from serving.following.follower import Follower
from serving.following.replay import replay

__all__ = ["Follower", "apply", "replay", "require_features"]
