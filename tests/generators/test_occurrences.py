from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from generators.occurrences import Occurrences


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(max_size=2)))
def test_it_counts_as_a_counter_in_memory_does(texts: list[str]) -> None:
    counter = Counter[str]()
    with Occurrences() as occurrences:
        for text in texts:
            counter[text] += 1
            assert occurrences.count(text) == counter[text]
