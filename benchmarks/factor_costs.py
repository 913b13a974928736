"""What factor models cost: the time of a truncated SVD and of matrix factorisation as users, items and factors grow.

    python -m benchmarks.factor_costs [--out factor-costs.png] [--seconds 60]

Alternating least squares passes over the observed cells, n d^2 for n of them and d factors, and solves (users + items)
systems of d^3. A truncated SVD by Lanczos iteration multiplies the sparse matrix a few times for each factor, n d, and
keeps the basis orthogonal, (users + items) d^2. The SVD of the dense, filled matrix costs users * items * min(users,
items), whatever d is. Stochastic gradient descent costs n d an epoch.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from pharos.classics.data import RatingData
from pharos.classics.gradient_mf import GradientMF
from pharos.classics.truncated_svd import truncated_svd
from pharos.classics.weighted_mf import alternate

_PER_USER = 30
_LONG = 5.0
_USERS, _ITEMS, _FACTORS = 2000, 1000, 16
_GROWTH = {
    "users": (500, 1000, 2000, 4000, 8000),
    "items": (250, 500, 1000, 2000, 4000),
    "factors": (4, 8, 16, 32, 64),
}
# Of shapes and colours, so that neither alone has to tell them apart (Okabe and Ito's colours).
_LOOKS = {
    "SVD, dense and filled": ("s", "#D55E00"),
    "SVD, truncated, sparse": ("o", "#0072B2"),
    "MF by ALS, 5 sweeps": ("^", "#009E73"),
    "MF by SGD, 1 epoch": ("D", "#CC79A7"),
}


def ratings(users: int, items: int) -> csr_matrix:
    """Thirty ratings of each user, of items chosen by chance."""
    random = np.random.default_rng(0)
    rows = np.repeat(np.arange(users), _PER_USER)
    columns = np.concatenate([random.choice(items, _PER_USER, replace=False) for _ in range(users)])
    return csr_matrix((random.integers(1, 6, len(rows)).astype(np.float64), (rows, columns)), shape=(users, items))


def methods(matrix: csr_matrix, factors: int) -> dict[str, Callable[[], object]]:
    """What is timed, by name."""
    cells = matrix.tocoo()
    data = RatingData(cells.row.astype(np.int64), cells.col.astype(np.int64), cells.data, *matrix.shape)
    return {
        "SVD, dense and filled": lambda: np.linalg.svd(matrix.toarray(), full_matrices=False),
        "SVD, truncated, sparse": lambda: truncated_svd(matrix, factors),
        "MF by ALS, 5 sweeps": lambda: alternate(matrix, factors, 0.1, 1.0, 5, 0),
        "MF by SGD, 1 epoch": lambda: GradientMF(factors, epochs=1).fit(data),
    }


def seconds(work: Callable[[], object]) -> float:
    """The least of three runs, since all that disturbs a run makes it longer; of one, where that is long."""
    least = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        work()
        least = min(least, time.perf_counter() - start)
        if least > _LONG:
            break
    return least


def measure(budget: float) -> dict[str, dict[str, list[tuple[int, float]]]]:
    """Points (size, seconds) by what grows and by method; a method stops growing when a run took over `budget`."""
    found: dict[str, dict[str, list[tuple[int, float]]]] = {}
    for grows, sizes in _GROWTH.items():
        found[grows] = {name: [] for name in _LOOKS}
        for size in sizes:
            shape = {"users": _USERS, "items": _ITEMS, "factors": _FACTORS, grows: size}
            matrix = ratings(shape["users"], shape["items"])
            for name, work in methods(matrix, shape["factors"]).items():
                points = found[grows][name]
                if not points or points[-1][1] <= budget:
                    points.append((size, seconds(work)))
                    print(f"{grows:>8} {size:>6}  {name:<24} {points[-1][1]:8.3f} s", flush=True)
    return found


def plot(found: dict[str, dict[str, list[tuple[int, float]]]], path: Path) -> None:
    """Three panels on logarithmic scales, so that a power is a slope."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, panels = pyplot.subplots(1, 3, figsize=(12, 4.6), sharey=True, layout="constrained")
    fixed = {"users": f"{_ITEMS:,} items, d = {_FACTORS}", "items": f"{_USERS:,} users, d = {_FACTORS}"}
    fixed["factors"] = f"{_USERS:,} users, {_ITEMS:,} items"
    for panel, (grows, lines) in zip(panels, found.items(), strict=True):
        for name, points in lines.items():
            marker, colour = _LOOKS[name]
            panel.plot(*zip(*points, strict=True), marker=marker, color=colour, label=name)
        panel.set(xscale="log", yscale="log", xlabel=grows, title=fixed[grows])
        panel.set_xticks(_GROWTH[grows], [f"{size:,}" for size in _GROWTH[grows]])
        panel.minorticks_off()
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("seconds")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=100)


def slopes(found: dict[str, dict[str, list[tuple[int, float]]]]) -> None:
    """Print the power by which each time grows, between the middle and the largest size."""
    for grows, lines in found.items():
        for name, points in lines.items():
            (low, before), (high, after) = points[len(points) // 2], points[-1]
            power = np.log(after / before) / np.log(high / low) if high > low else float("nan")
            print(f"{name:<24} grows with {grows} to the power of {power:5.2f}")


def main() -> None:
    """Measure, print and plot."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("factor-costs.png"))
    parser.add_argument("--seconds", type=float, default=60.0, help="after a run this long a method grows no further")
    given = parser.parse_args()
    found = measure(given.seconds)
    slopes(found)
    plot(found, given.out)
    print(given.out)


if __name__ == "__main__":
    main()
