"""Errors of the vector index, each with a message for people."""

from collections.abc import Sequence

from pharos.ingest.errors import PharosError


class VectorIndexError(PharosError):
    """Base of every error that a vector index raises itself."""


class IndexUnavailable(VectorIndexError):
    """The engine cannot be reached, or cannot be opened; a later attempt may succeed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CollectionDamaged(IndexUnavailable):
    """The files of a collection are damaged and were moved aside; it has to be rebuilt."""

    def __init__(self, collection: str, reason: str) -> None:
        super().__init__(f"the collection {collection!r} is damaged and was set aside: {reason}")
        self.collection = collection


class UnknownCollection(VectorIndexError):
    """No collection has this name."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"there is no collection {collection!r} in the index")
        self.collection = collection


class CollectionExists(VectorIndexError):
    """A collection of this name exists already."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"the collection {collection!r} exists already")
        self.collection = collection


class CollectionInUse(VectorIndexError):
    """A collection that an alias points to cannot be dropped."""

    def __init__(self, collection: str, aliases: Sequence[str]) -> None:
        super().__init__(f"the collection {collection!r} is in use: {', '.join(aliases)} points to it")
        self.collection = collection
        self.aliases = tuple(aliases)


class OutdatedVectors(VectorIndexError):
    """Vectors that a search was to confirm have changed since they were read."""

    def __init__(self) -> None:
        super().__init__("vectors have changed since they were read; read them again")


class UnknownItem(VectorIndexError):
    """The collection holds no point for this item."""

    def __init__(self, item_id: str) -> None:
        super().__init__(f"the index holds no item {item_id!r}")
        self.item_id = item_id


class InvalidVector(VectorIndexError, ValueError):
    """A vector of the wrong name, length or content; the engine would accept it and answer nonsense."""


class InvalidName(VectorIndexError, ValueError):
    """A collection or alias name that is not allowed."""


class RequestRejected(VectorIndexError):
    """The engine rejected the request; another attempt will not succeed."""


class VerificationFailed(VectorIndexError):
    """A new collection failed verification; the alias was not switched to it."""

    def __init__(self, collection: str, problems: Sequence[str]) -> None:
        super().__init__(f"the collection {collection!r} failed verification: {'; '.join(problems)}")
        self.collection = collection
        self.problems = tuple(problems)
