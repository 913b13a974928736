"""What each stage of one request gave, for whoever wants to know where an item fell."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pharos.serving.pipeline.answers import Candidate
from pharos.serving.pipeline.candidates import PersonSearch


@dataclass
class Steps:
    """Lists of item ids, best first, as each stage left them; of several rounds of retrieval the last one.

    search, limit: with what, and how many candidates were retrieved. found: the candidates. ranked: in the order of the
    ranking model. ruled: after business rules. chosen: the list after diversity; with_new: after the quota of new
    items; listed: with pinned items.
    """

    search: PersonSearch | None = None
    limit: int = 0
    found: Sequence[Candidate] = ()
    ranked: Sequence[Candidate] = ()
    ruled: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)
    with_new: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)

    def retrieved(
        self, search: PersonSearch, limit: int, found: Sequence[Candidate], ranked: Sequence[Candidate]
    ) -> None:
        """Note what was retrieved, and its order."""
        self.search, self.limit, self.found, self.ranked = search, limit, found, ranked

    def reranked(self, *lists: Sequence[Candidate]) -> None:
        """Note the list after each part of re-ranking: rules, diversity, new items, pinned items."""
        ids = [[candidate.item_id for candidate in listed] for listed in lists]
        self.ruled, self.chosen, self.with_new, self.listed = ids
