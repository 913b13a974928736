"""Every method says what it computes, and where that comes from."""

import inspect
import re
import sys

import pytest

from pharos.classics.base import Method
from pharos.classics.global_mean import GlobalMean
from pharos.classics.popularity import Popularity
from pharos.classics.random_order import RandomOrder
from pharos.classics.registry import RANKING, RATING

FORMULA = re.compile(r"score\(u, \w\) = |r\(u, i\) = |Minimises|network of|f = ")
SOURCE = re.compile(r"https?://|\b(19|20)\d\d\b")
WITHOUT_SOURCE = (RandomOrder, Popularity, GlobalMean)


@pytest.mark.parametrize("method", [*RANKING, *RATING], ids=lambda method: method.name)
def test_the_docstring_of_a_method_gives_formula_and_source(method: type[Method]) -> None:
    told = method.__doc__ or ""
    assert FORMULA.search(told)
    everything = "\n".join([told, inspect.getdoc(sys.modules[method.__module__]) or "", method.__base__.__doc__ or ""])
    assert method in WITHOUT_SOURCE or SOURCE.search(everything)
