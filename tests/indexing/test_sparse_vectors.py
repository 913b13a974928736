"""Sparse vectors, out of matrices and into batches."""

import numpy as np
from scipy.sparse import csr_matrix

from pharos.indexing.checks import batched
from pharos.indexing.index import CONTENT, TOWER, Point
from pharos.indexing.sparse import SparseVector, sparse_rows


def listed(vector: SparseVector) -> list[tuple[int, float]]:
    return list(zip(vector.indices.tolist(), vector.values.tolist(), strict=True))


def test_each_row_of_a_matrix_is_a_vector():
    rows = sparse_rows(csr_matrix(np.array([[0, 2, 0], [0, 0, 0], [-1, 0, 3]], np.float32)))
    assert [listed(row) for row in rows] == [[(1, 2)], [], [(0, -1), (2, 3)]]
    assert [len(row) for row in rows] == [1, 0, 2]
    assert rows[0].indices.dtype == np.int64
    assert rows[0].values.dtype == np.float32


def test_a_matrix_in_disorder_gives_vectors_in_order_and_stays_as_it_is():
    values, indices = np.array([3, 0, 1, 5, 1], np.float32), np.array([7, 1, 2, 4, 4])
    matrix = csr_matrix((values, indices, np.array([0, 3, 5])), shape=(2, 9))
    assert [listed(row) for row in sparse_rows(matrix)] == [[(2, 1), (7, 3)], [(4, 6)]]
    assert matrix.indices.tolist() == [7, 1, 2, 4, 4]
    assert matrix.data.tolist() == [3, 0, 1, 5, 1]


def test_a_matrix_without_columns_gives_vectors_without_entries():
    assert [len(row) for row in sparse_rows(csr_matrix(np.zeros((3, 0), np.float32)))] == [0, 0, 0]
    assert sparse_rows(csr_matrix(np.zeros((0, 0), np.float32))) == []


def test_a_matrix_may_be_as_wide_as_the_dimensions_go():
    wide = csr_matrix((np.ones(2, np.float32), ([0, 1], [2**31 - 2, 5])), shape=(2, 2**31 - 1))
    assert [listed(row) for row in sparse_rows(wide)] == [[(2**31 - 2, 1)], [(5, 1)]]
    assert listed(SparseVector.of_row(wide, 0)) == [(2**31 - 2, 1)]


def test_a_row_can_be_taken_alone():
    matrix = csr_matrix(np.array([[0, 2, 0], [-1, 0, 3]], np.float32))
    assert listed(SparseVector.of_row(matrix, 1)) == [(0, -1), (2, 3)]


def test_the_entries_count_in_the_size_of_a_batch():
    entries = SparseVector(np.arange(1000), np.ones(1000, np.float32))
    points = [Point(str(number), {TOWER: np.ones(2, np.float32)}, {}, {CONTENT: entries}) for number in range(10)]
    # An index and a value of twelve characters, a thousand times.
    batches = list(batched(points, max_bytes=50_000))
    assert [len(batch) for batch in batches] == [2, 2, 2, 2, 2]
    assert [point for batch in batches for point in batch] == points
