"""The graph of ready and future extrinsics against a model; the cache of verified ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

from node.pool.graph import Graph
from node.pool.validity import Pooled, Source
from node.pool.verified import VerifiedCache
from runtime.validity import ValidTransaction

SENDERS = (b"a", b"b", b"c")


def entry(sequence: int, sender: bytes, nonce: int, priority: int) -> Pooled:
    provides = (sender + bytes([nonce]),)
    requires = (sender + bytes([nonce - 1]),) if nonce else ()
    validity = ValidTransaction(priority, requires, provides, 64, True)
    raw = b"%b %d" % (sender, nonce)
    return Pooled(b"%d" % sequence, raw, validity, sender, Source.LOCAL, sequence, 64)


steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("add"),
            st.sampled_from(SENDERS),
            st.integers(0, 5),
            st.integers(1, 3),
        ),
        st.tuples(st.sampled_from(["remove", "include"]), st.integers(0, 40)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(steps)
def test_the_graph_agrees_with_a_model_that_recomputes_everything(steps):
    graph, model, state = Graph(), {}, set()
    for sequence, step in enumerate(steps):
        if step[0] == "add":
            new = entry(sequence, *step[1:])
            if graph.conflict(new) is None:
                graph.add(new)
                model[new.hash] = (new, set(new.validity.requires))
        elif model:
            chosen = sorted(model)[step[1] % len(model)]
            if step[0] == "remove":
                graph.remove(chosen)
                del model[chosen]
            else:
                graph.include(chosen)
                state = set(model.pop(chosen)[0].validity.provides)
                for _, needs in model.values():
                    needs -= state
        check(graph, model)


def check(graph: Graph, model) -> None:
    ready: dict[bytes, Pooled] = {}
    changed = True
    while changed:
        provided = {tag for entry in ready.values() for tag in entry.validity.provides}
        more = {
            key: entry
            for key, (entry, needs) in model.items()
            if key not in ready and needs <= provided
        }
        changed = bool(more)
        ready.update(more)
    assert graph.ready.entries == ready
    assert set(graph.future.entries) == set(model) - set(ready)
    assert graph.ready.size_bytes == sum(len(entry.raw) for entry in ready.values())
    if ready:
        worst = min(ready.values(), key=lambda entry: (entry.validity.priority, -entry.sequence))
        assert graph.ready.worst() == worst
    order = list(graph.in_order())
    assert {entry.hash for entry in order} == set(ready)
    seen: set[bytes] = set()
    for entry in order:
        assert model[entry.hash][1] <= seen
        seen.update(entry.validity.provides)


def test_the_verified_cache_forgets_the_oldest_first():
    cache: VerifiedCache[str] = VerifiedCache(max_count=2, max_bytes=100)
    for name in "abc":
        cache.put(name.encode(), name, 10)
    assert [cache.get(name) for name in (b"a", b"b", b"c")] == [None, "b", "c"]
    assert (len(cache), cache.size_bytes) == (2, 20)


def test_the_verified_cache_is_limited_in_bytes():
    cache: VerifiedCache[str] = VerifiedCache(max_count=10, max_bytes=100)
    cache.put(b"a", "a", 60)
    cache.put(b"b", "b", 40)
    cache.put(b"c", "c", 1)
    assert [cache.get(name) for name in (b"a", b"b", b"c")] == [None, "b", "c"]
    cache.put(b"b", "again", 99)
    assert (cache.get(b"b"), cache.size_bytes) == ("again", 100)
    cache.put(b"d", "too large", 101)
    assert (len(cache), cache.size_bytes) == (0, 0)
