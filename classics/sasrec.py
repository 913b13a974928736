"""SASRec: self-attention over the history, with a softmax over sampled items, in PyTorch."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pharos.classics import extras
from pharos.classics.base import Capabilities, Classic
from pharos.classics.data import Histories, Need, RankingData, Sequences, Vectors
from pharos.classics.scorers import Factors
from pharos.classics.scoring import Codes

Padded = NDArray[np.int64]

_ANSWERED_TOGETHER = 1024
_SORTED_TOGETHER = 2000
"""Windows among which those of like length go together, which spares padding."""

_FEWEST_STEPS, _SMALLEST_BATCH = 30, 64
"""Least steps per epoch, and least events per batch, which takes precedence."""

_NEVER = np.float32(-1e4)
"""The score of an item without events."""


@dataclass(frozen=True)
class SASRec(Classic):
    """The network of Kang and McAuley (2018, https://arxiv.org/abs/1808.09781) with cross-entropy over sampled items.

    score(u, i) = s_u q_i, with s_u the state of the network after the last of u's items, whose vectors it reads
    with those of their places. With this loss it is ahead of later models (Klenitskiy and Vasilev, 2023,
    https://arxiv.org/abs/2309.07602).

    dimensions: of items and states. blocks, heads, dropout: of the attention. length: newest events that are read.
    negatives: items drawn uniformly for each batch, from those that somebody has. epochs, learning_rate: of Adam.
    batch: events, about. seed: of first vectors, order, dropout and negatives.
    """

    name: ClassVar[str] = "SASRec"
    summary: ClassVar[str] = "a neural network that reads the history in order"
    can: ClassVar[Capabilities] = Capabilities(unknown_users=True)
    needs: ClassVar[frozenset[Need]] = frozenset({Need.ORDER})

    dimensions: int = 64
    blocks: int = 2
    heads: int = 2
    dropout: float = 0.3
    length: int = 100
    negatives: int = 256
    epochs: int = 30
    batch: int = 512
    learning_rate: float = 2e-3
    seed: int = 0

    @classmethod
    def grid(cls) -> tuple["SASRec", ...]:
        settings = product((64, 128), (0.3, 0.5, 0.2), (30, 60, 15))
        return tuple(cls(dimensions, dropout=dropout, epochs=epochs) for dimensions, dropout, epochs in settings)

    def fit(self, data: RankingData) -> "States":
        """Fit on `data.sequences`; a user's vector is the state after the history.

        Raises ValueError without sequences, MissingExtra without PyTorch.
        """
        asked = data.history_sequences
        if data.sequences is None or asked is None:
            raise ValueError("SASRec needs the order of events, and these data have none")
        torch = extras.load("torch", "sasrec")
        users, items = data.matrix.shape
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = _Network(torch, self, items)
            network.train(_windows(data.sequences, self.length + 1), np.unique(data.sequences.items))
            return network.states(asked, users, data.matrix)


@dataclass(frozen=True)
class States(Factors):
    """User vectors are the states after their histories. matrix: csr [users, items], the training data."""

    network: "_Network"
    matrix: csr_matrix

    def for_histories(self, histories: Histories) -> "States":
        if histories.sequences is None:
            raise ValueError("SASRec needs the order of events, and these histories have none")
        return self.network.states(histories.sequences, histories.matrix.shape[0], self.matrix)


class _Network:
    """Embeddings of items and positions, and the attention over them; the padding code follows the last item."""

    def __init__(self, torch: Any, config: SASRec, items: int) -> None:
        self._torch, self._config, self._padding = torch, config, items
        nn, width = torch.nn, config.dimensions
        layer = nn.TransformerEncoderLayer(
            width, config.heads, width, config.dropout, "gelu", batch_first=True, norm_first=True
        )
        self._items = nn.Embedding(items + 1, width, padding_idx=items)
        self._places = nn.Embedding(config.length, width)
        for table in (self._items, self._places):
            nn.init.normal_(table.weight, std=width**-0.5)
        self._attention = nn.TransformerEncoder(layer, config.blocks, nn.LayerNorm(width), enable_nested_tensor=False)
        self._drop = nn.Dropout(config.dropout)
        self._modules = nn.ModuleList([self._items, self._places, self._attention, self._drop])

    def train(self, windows: list[Codes], known: Codes) -> None:
        """known: codes of the items from which negatives are drawn."""
        torch, config = self._torch, self._config
        # A small data set has small batches, or it would have no steps to learn in.
        size = min(config.batch, max(sum(map(len, windows)) // _FEWEST_STEPS, _SMALLEST_BATCH))
        optimizer = torch.optim.Adam(self._modules.parameters(), config.learning_rate, betas=(0.9, 0.98))
        random = np.random.default_rng(config.seed)
        self._modules.train()
        for _ in range(config.epochs):
            for batch in _batches(windows, size, self._padding, random):
                negatives = random.choice(known, config.negatives)
                loss = self._loss(torch.from_numpy(batch), torch.from_numpy(negatives), len(known))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    def _loss(self, batch: Any, negatives: Any, drawn_from: int) -> Any:
        """Softmax cross-entropy of each event against sampled negatives, corrected for the sampling."""
        torch = self._torch
        targets = batch[:, 1:]
        real = targets != self._padding
        states, targets = self._states(batch[:, :-1])[real], targets[real]
        hit = (states * self._items(targets)).sum(-1, keepdim=True)
        missed = states @ self._items(negatives).T + float(np.log(drawn_from / len(negatives)))
        missed = missed.masked_fill(targets[:, None] == negatives[None, :], -torch.inf)
        return (torch.logsumexp(torch.cat([hit, missed], 1), 1) - hit[:, 0]).mean()

    def _states(self, events: Any) -> Any:
        """The state after each event: [windows, length, dimensions]. Padding is at the end."""
        torch, length = self._torch, events.shape[1]
        later = torch.triu(torch.full((length, length), -torch.inf), 1)
        vectors = self._drop(self._items(events) + self._places.weight[:length])
        return self._attention(vectors, mask=later, is_causal=True)

    def states(self, asked: Sequences, users: int, matrix: csr_matrix) -> States:
        """States after the histories, and the items; a last dimension keeps back the items that nobody has."""
        torch = self._torch
        states: Vectors = np.zeros((users, self._config.dimensions + 1), np.float32)
        windows = [history[-self._config.length :] for history in _by_user(asked)]
        owners = asked.users[asked.from_end() == 0]
        self._modules.eval()
        with torch.inference_mode():
            for start in range(0, len(windows), _ANSWERED_TOGETHER):
                part = slice(start, start + _ANSWERED_TOGETHER)
                last = [len(window) - 1 for window in windows[part]]
                batch = torch.from_numpy(_padded(windows[part], self._padding))
                states[owners[part], :-1] = self._states(batch)[torch.arange(len(last)), last].numpy()
                states[owners[part], -1] = 1.0
            items = self._items.weight[:-1].numpy()
        unknown = np.asarray(matrix.sum(axis=0)).ravel() == 0
        vectors = np.where(unknown[:, None], np.float32(0.0), items)
        known = np.column_stack([vectors, np.where(unknown, _NEVER, np.float32(0.0))])
        return States(states, known, self, matrix)


def _windows(sequences: Sequences, size: int) -> list[Codes]:
    """Windows of at most `size` events; each event but a user's first is a target once; the newest window is full."""
    windows = []
    for history in _by_user(sequences):
        stop = len(history)
        while stop > 1:
            start = max(0, stop - size)
            windows.append(history[start:stop])
            stop = start + 1 if start else 0
    return windows


def _by_user(sequences: Sequences) -> list[Codes]:
    """The items of each user who has any, in the order of the sequences."""
    if not len(sequences):
        return []
    return np.split(sequences.items, np.flatnonzero(np.diff(sequences.users)) + 1)


def _batches(windows: list[Codes], size: int, padding: int, random: np.random.Generator) -> Iterator[Padded]:
    """All windows once, in random order, in batches of about `size` positions; windows of similar length together."""
    order = random.permutation(len(windows))
    batches: list[list[Codes]] = []
    for part in np.array_split(order, max(1, len(order) // _SORTED_TOGETHER)):
        batches.append([])
        for window in sorted((windows[place] for place in part), key=len):
            if (len(batches[-1]) + 1) * len(window) > size:
                batches.append([])
            batches[-1].append(window)
    for place in random.permutation(len(batches)):
        if batches[place]:
            yield _padded(batches[place], padding)


def _padded(windows: list[Codes], padding: int) -> Padded:
    """One row for each window, int64 [windows, longest], padded at the end."""
    rows = np.full((len(windows), max(map(len, windows))), padding, np.int64)
    for row, window in zip(rows, windows, strict=True):
        row[: len(window)] = window
    return rows
