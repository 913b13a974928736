"""Similar items and search in memory, with the same results as on the server."""

import numpy as np
import scipy.sparse as sp

from pharos.catalogue import Catalogue, Mask, Rows
from pharos.classics.errors import CannotAnswer
from pharos.classics.similar_items import ItemVectors, Likeness
from pharos.classics.similarity import Measure
from pharos.errors import RequestError
from pharos.pipeline import Pipeline
from pharos.stages import Candidate, SimilarMethod, Source
from pharos.towers.content.products import products
from pharos.towers.sources.merging import CONTENT, DEPTH, TOWER, Floats, scaled
from pharos.towers.sources.related import company, related
from pharos.towers.sources.retriever import List
from pharos.towers.text.documents import documents


class Finder:
    """Similar items and search over the items of a pipeline; matrices besides vectors are computed on first use."""

    def __init__(self, pipeline: Pipeline, text: Floats | None) -> None:
        """text: float32 [items, t], the text model's vectors of the items; None where they are to be computed."""
        self._pipeline, self._text = pipeline, text
        self._content: sp.csr_matrix | None = None
        self._neighbours: sp.csr_matrix | None = None
        self._documents: dict[Likeness, ItemVectors] = {}

    def similar(
        self, row: int, k: int, allowed: Mask | None, exclude: Rows, method: str = SimilarMethod.BLEND
    ) -> list[Candidate]:
        """The k items most similar to that of a row, without itself. method: see `SimilarMethod`.

        Raises RequestError for another one, and for one that the model or the data do not allow.
        """
        if method not in list(SimilarMethod):
            raise RequestError(f"method: {method!r}; allowed are {', '.join(SimilarMethod)}")
        catalogue, depth = self._pipeline.catalogue, max(DEPTH, k)
        mask = _mask(catalogue, allowed, np.append(exclude, row))
        match SimilarMethod(method):
            case SimilarMethod.BLEND:
                lists = [
                    self._by_towers(row, mask, depth),
                    self._by_cooccurrence(row, mask, depth),
                    _nonzero(products(self._content_vectors()[[row]], self._content_vectors())[0], mask, depth),
                ]
                best, scores = related(lists, int(catalogue.events[row]))
            case SimilarMethod.TOWER:
                best, scores = self._by_towers(row, mask, depth)
            case SimilarMethod.NEIGHBOURS:
                best, scores = self._by_cooccurrence(row, mask, depth)
            case SimilarMethod.TEXT:
                texts = self._required_texts()
                has_text = np.any(texts != 0, axis=1) & bool(np.any(texts[row]))
                best, scores = _best(texts @ texts[row], mask & has_text, depth)
            case SimilarMethod.TFIDF | SimilarMethod.SOUP:
                best, scores = _nonzero(self._by_content(row, Likeness(method)), mask, depth)
        return [
            Candidate(catalogue.ids[found], score, Source.SIMILAR)
            for found, score in zip(best[:k].tolist(), scores[:k].tolist(), strict=True)
        ]

    def _by_towers(self, row: int, mask: Mask, depth: int) -> List:
        vectors = self._pipeline.retriever.vectors
        return _best(vectors @ vectors[row], mask, depth)

    def _by_cooccurrence(self, row: int, mask: Mask, depth: int) -> List:
        catalogue, neighbours = self._pipeline.catalogue, self._known_neighbours()
        code = int(self._pipeline.bundle.sources.spec.items.codes([catalogue.ids[row]])[0]) - 1
        led_to = neighbours[:, [code]].toarray().ravel() if code >= 0 else np.zeros(len(catalogue), np.float32)
        return company(_nonzero(led_to, mask, depth), _nonzero(self._weights_into(neighbours[[row]]), mask, len(mask)))

    def _by_content(self, row: int, likeness: Likeness) -> Floats:
        """Cosine similarities of content: float32 [items]."""
        try:
            vectors = self._documents.get(likeness) or ItemVectors.of(self._pipeline.catalogue.data, likeness)
        except CannotAnswer as error:
            raise RequestError(f"method: {likeness.value!r}; {error}") from error
        self._documents[likeness] = vectors
        scores = np.zeros(len(self._pipeline.catalogue), np.float32)
        rows, values = vectors.similar(row, len(scores) - 1, Measure.COSINE)
        scores[rows] = values
        return scores

    def _required_texts(self) -> Floats:
        """The text vectors. Raises RequestError without a text model."""
        if not self._pipeline.bundle.text_dimensions:
            others = ", ".join(method for method in SimilarMethod if method is not SimilarMethod.TEXT)
            raise RequestError(f"method: 'text'; the model was trained without a text model; others are {others}")
        return self._texts()

    def search(self, text: str, k: int, allowed: Mask | None, exclude: Rows) -> list[Candidate]:
        """The k items that match a text: by title first, then by meaning and words, half and half."""
        catalogue = self._pipeline.catalogue
        mask = _mask(catalogue, allowed, exclude)
        titled = [
            Candidate(catalogue.ids[row], score, Source.TITLE) for row, score in catalogue.titled(text) if mask[row]
        ][: k + len(exclude)]
        exact = sum(candidate.score == 1 for candidate in titled)
        found = {candidate.item_id: candidate for candidate in titled[: max(exact, k // 2)]}
        for candidate in self._by_text(text, max(DEPTH, k), mask):
            found.setdefault(candidate.item_id, candidate)
        return list(found.values())[:k]

    def _by_text(self, text: str, depth: int, mask: Mask) -> list[Candidate]:
        bundle = self._pipeline.bundle
        words = products(bundle.sources.encoder.encode_text(text), self._content_vectors())[0]
        lists = [(_best(words, mask & (words != 0), depth), CONTENT)]
        if bundle.text_dimensions:
            meaning = self._texts() @ bundle.embed_text([text])[0]
            # Cosines of text vectors are scaled like those of the towers, since 0 has no meaning for them.
            lists.insert(0, (_best(meaning, mask, depth), TOWER))
        scores: dict[int, float] = {}
        for (rows, values), scale in lists:
            for row, value in zip(rows.tolist(), (scaled(values, scale) / len(lists)).tolist(), strict=True):
                scores[row] = scores.get(row, 0.0) + value
        ids = self._pipeline.catalogue.ids
        best = sorted(scores.items(), key=lambda pair: -pair[1])
        return [Candidate(ids[row], score, Source.TEXT) for row, score in best]

    def _weights_into(self, incoming: sp.csr_matrix) -> Floats:
        """The weights of all catalogue items into the item with these incoming weights: float32 [items]."""
        ids = self._pipeline.bundle.sources.spec.items.ids
        weights = np.zeros(len(self._pipeline.catalogue), np.float32)
        rows = self._pipeline.catalogue.rows([ids[column] for column in incoming.indices.tolist()])
        weights[rows[rows >= 0]] = incoming.data[rows >= 0]
        return weights

    def _known_neighbours(self) -> sp.csr_matrix:
        """float32 CSR [items, known items]."""
        if self._neighbours is None:
            self._neighbours = self._pipeline.bundle.sources.item_neighbours(self._pipeline.catalogue.items)
        return self._neighbours

    def _content_vectors(self) -> sp.csr_matrix:
        """The content vectors of all items: float32 CSR [items, columns]."""
        if self._content is None:
            sources = self._pipeline.bundle.sources
            self._content = sources.encoder.encode(self._pipeline.catalogue.items, sources.spec.schema.items)
        return self._content

    def _texts(self) -> Floats:
        if self._text is None:
            bundle = self._pipeline.bundle
            self._text = bundle.embed_text(documents(self._pipeline.catalogue.items, bundle.schema.items))
        return self._text


def _mask(catalogue: Catalogue, allowed: Mask | None, hidden: Rows) -> Mask:
    mask = np.ones(len(catalogue), bool) if allowed is None else allowed.copy()
    mask[hidden] = False
    return mask


def _nonzero(scores: Floats, mask: Mask, depth: int) -> List:
    """The list without items of score 0."""
    return _best(scores, mask & (scores != 0), depth)


def _best(scores: Floats, mask: Mask, depth: int) -> List:
    """The best `depth` rows that pass, and their scores; ties in row order."""
    rows = np.flatnonzero(mask)
    order = np.argsort(-scores[rows], kind="stable")[:depth]
    return rows[order].astype(np.int64), scores[rows[order]].astype(np.float32)
