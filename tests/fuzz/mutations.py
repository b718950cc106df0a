"""How a good file is damaged: in its bytes, or, of JSON, in its values."""

import copy

from hypothesis import strategies as st

INTERESTING = (
    b"", b"\x00", b"\xff" * 8, b"\x00" * 64, b"\x7f\xff\xff\xff", b"\x80\x02}", b"PK\x03\x04",
)


@st.composite
def damaged(draw, content):
    """The bytes of `content` after a few changes: bits flipped, parts cut, repeated, replaced."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        size = len(data)
        start = draw(st.integers(0, max(0, size - 1)))
        end = min(size, start + draw(st.sampled_from((1, 2, 4, 8, 100, size))))
        change = draw(st.sampled_from(("flip", "cut", "drop", "repeat", "put", "write")))
        if change == "flip" and size:
            data[start] ^= 1 << draw(st.integers(0, 7))
        elif change == "cut":
            del data[start:]
        elif change == "drop":
            del data[start:end]
        elif change == "repeat":
            data[start:start] = data[start:end] * draw(st.integers(1, 3))
        elif change == "put":
            data[start:start] = draw(st.sampled_from(INTERESTING))
        else:
            piece = draw(st.sampled_from(INTERESTING) | st.binary(max_size=8))
            data[start : start + len(piece)] = piece
    return bytes(data)


_LEAVES = (
    st.none() | st.booleans() | st.integers(-3, 300) | st.floats() | st.text(max_size=5)
    | st.sampled_from((10**6, 2**31, 2**63, 10**30, -1, 0, "../x", "/proc/self/cwd/x", "a\0b"))
)  # fmt: skip
ANY_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3), max_leaves=6,
)  # fmt: skip


@st.composite
def changed(draw, value):
    """A copy of a JSON value in which one or two of its parts are others, gone or new."""
    value = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        places = list(_places(value))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        change = draw(st.sampled_from(("other", "gone", "new", "number")))
        if change == "gone":
            del holder[key]
        elif change == "new" and isinstance(holder, dict):
            holder[draw(st.text(max_size=5))] = draw(ANY_JSON)
        elif change == "number" and isinstance(holder[key], int):
            holder[key] = draw(st.sampled_from((0, -1, holder[key] * 1000, 2**20, 10**12, 1.5)))
        else:
            holder[key] = draw(ANY_JSON)
    return value


def _places(value):
    if isinstance(value, dict | list):
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            yield value, key
            yield from _places(value[key])
