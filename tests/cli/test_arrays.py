"""Files of numbers from strangers: what they hold, or what was wanted; never more than they are."""

import io
import json
import pickle
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cli.errors import UsageError
from cli.sdk.arrays import load_array, load_rows, map_array
from cli.sdk.npy import MAX_HEADER_BYTES, read_npy
from cli.sdk.tensors import MAX_FILE_BYTES, load_tensors, read_npz, read_safetensors, save_tensors

INT8 = np.dtype(np.int8)
GIBIBYTE = 1 << 30
MEMORY_BYTES = 4 << 20


def npy_of(header: str, data: bytes = b"", version: bytes = b"\x01\x00") -> bytes:
    """Write a .npy file by hand."""
    raw = header.encode()
    return b"\x93NUMPY" + version + len(raw).to_bytes(2, "little") + raw + data


def header(descr: str = "'|i1'", order: str = "False", shape: str = "(2, 3)") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}\n"


def refusal(raw: bytes) -> str:
    """Return why a .npy file is refused; it takes no memory to say so."""
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="wanted") as caught:
            read_npy(io.BytesIO(raw), len(raw))
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
    return str(caught.value)


TYPES = st.sampled_from(["<i1", "<u1", "<i2", ">i4", "<i8", ">u8", "<f2", ">f4", "<f8"])
ARRAYS = TYPES.flatmap(
    lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=4, max_side=5))
)


@given(ARRAYS, st.booleans())
def test_what_numpy_writes_reads_back_in_rows_and_in_our_byte_order(
    array: np.ndarray, is_fortran: bool
) -> None:
    array = np.asfortranarray(array) if is_fortran else array
    written = io.BytesIO()
    np.save(written, array)
    raw = written.getvalue()
    found = read_npy(io.BytesIO(raw), len(raw))
    assert (found.shape, found.dtype.isnative) == (array.shape, True)
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (npy_of(header(shape="(1073741824, 1073741824)")), "wanted 1152921504606847"),
        (npy_of(header(shape="(-2, -3)"), bytes(6)), "wanted sides above 0, got (-2, -3)"),
        (npy_of(header(shape="(0, 9999999999999)")), "wanted sides above 0"),
        (npy_of(header(shape="(True, 6)"), bytes(6)), "wanted a shape of at most 4 sides"),
        (npy_of(header(shape="(1, 1, 1, 1, 1)"), bytes(1)), "wanted a shape of at most 4 sides"),
        (npy_of(header(shape="6"), bytes(6)), "wanted a shape of at most 4 sides, got 6"),
        (npy_of(header(), bytes(7)), "for shape (2, 3), got"),
        (npy_of(header(descr="'|O'")), "wanted integers or floats of 1 to 8 bytes, got '|O'"),
        (npy_of(header(descr="'|V0'")), "wanted integers or floats"),
        (npy_of(header(descr="'<U1000000000'")), "wanted integers or floats"),
        (npy_of(header(descr="[('a', '<i4', (1000000, 1000000))]")), "wanted a name and a num"),
        (npy_of(header(descr="[('a', '<i4'), ('a', '<i4')]")), "wanted columns of different"),
        (npy_of(header(descr="[('', '<i4')]")), "wanted a name and a number type"),
        (npy_of(header(order="1"), bytes(6)), "wanted fortran_order to be a bool, got 1"),
        (npy_of("{'shape': (2, 3)}"), "wanted descr, fortran_order and shape"),
        (npy_of("(" * 5000), "wanted brackets at most 4 deep"),
        (npy_of("__import__('os').abort() if 1 else {}"), "wanted a dictionary in the header"),
        (npy_of("not " * 9000), "wanted a dictionary in the header"),
        (npy_of("9" * 9000), "wanted a dictionary in the header"),
        (npy_of("-" * 9000), "wanted a dictionary in the header"),
        (npy_of(header(), version=b"\x03\x00"), "wanted version 1 or 2 of the format, got 3"),
        (
            b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little"),
            f"wanted a header of at most {MAX_HEADER_BYTES} bytes, got {2**32 - 1}",
        ),
        (npy_of(header())[:30], "wanted a header of"),
        (pickle.dumps([1, 2]), "wanted a file that begins with"),
        (b"", "wanted a file that begins with"),
    ],
)
def test_a_header_that_says_what_the_file_is_not_is_refused(raw: bytes, what: str) -> None:
    assert what in refusal(raw)


def test_an_array_of_another_byte_order_is_the_same_matrix(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.asfortranarray(np.arange(6, dtype=">i4").reshape(2, 3)))
    found = load_array(tmp_path / "a.npy", np.dtype(np.int32), 2)
    assert (found.tolist(), found.dtype) == ([[0, 1, 2], [3, 4, 5]], np.dtype(np.int32))
    assert map_array(tmp_path / "a.npy").tolist() == found.tolist()


# -- Rows as .csv ----------------------------------------------------------------------------------


def rows_of(directory: Path, text: str) -> Any:
    (directory / "rows.csv").write_text(text)
    return load_rows(directory / "rows.csv")


def test_rows_of_numbers_are_read_with_and_without_a_header(tmp_path: Path) -> None:
    plain = rows_of(tmp_path, "1,2\n\n3, -4e1 # the last\n")
    assert plain.tolist() == [[1.0, 2.0], [3.0, -40.0]]
    assert rows_of(tmp_path, "a,b\n1,2\n").tolist() == [[1.0, 2.0]]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", ": wanted rows of numbers, got none"),
        ("a,b\n", ": wanted rows of numbers, got none"),
        ("1,2\n3\n", ", line 2: wanted 2 numbers, got '3'"),
        ("a\n1\nb\n", ", line 3: wanted 1 numbers, got 'b'"),
        ("a\nb\n", ", line 2: wanted numbers, got 'b'"),
        ("1," * 600_000, ", line 1: wanted a line of at most 1048576 bytes, got more"),
    ],
)
def test_rows_that_are_none_are_refused_with_their_line(
    tmp_path: Path, text: str, what: str
) -> None:
    with pytest.raises(UsageError) as caught:
        rows_of(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'rows.csv'}{what}"


@given(st.lists(st.sampled_from(["1", "-2.5", "nan", "1e999", ",", "\n", "#", "x", "é", '"', " "])))
def test_any_text_is_rows_of_numbers_or_refused(words: list[str]) -> None:
    with NamedTemporaryFile(suffix=".csv") as file:
        Path(file.name).write_text("".join(words), encoding="utf-8")
        with suppress(UsageError):
            found = load_rows(Path(file.name))
            assert (found.ndim, found.dtype) == (2, np.dtype(np.float64))


def test_bytes_that_are_no_text_are_refused_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_bytes(b"1,2\n3,\xff\n")
    with pytest.raises(UsageError, match="line 2: wanted UTF-8, got byte 0xff at 3"):
        load_rows(tmp_path / "rows.csv")


# -- Archives --------------------------------------------------------------------------------------


def archive(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as file:
        for name, raw in entries.items():
            file.writestr(name, raw)
    return written.getvalue()


def no_archive(raw: bytes) -> str:
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r".") as caught:
            read_npz(io.BytesIO(raw), len(raw))
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES
    finally:
        tracemalloc.stop()
    return str(caught.value)


def test_an_archive_that_unpacks_to_a_thousand_times_its_size_is_refused_unread() -> None:
    bomb = npy_of(header(shape="(20000, 1000)"), bytes(20_000_000))
    assert "wanted at most 256 times as many" in no_archive(archive({"w.npy": bomb}))


def test_an_archive_that_says_it_unpacks_to_more_than_any_input_is_refused() -> None:
    raw = bytearray(archive({"w.npy": npy_of(header(), bytes(6))}, zipfile.ZIP_STORED))
    central = raw.index(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (2**32 - 2).to_bytes(4, "little")
    assert no_archive(bytes(raw)) == f"it unpacks to {2**32 - 2} bytes, more than {MAX_FILE_BYTES}"


def test_an_entry_that_says_it_is_smaller_than_it_is_gives_no_more_than_it_said() -> None:
    raw = bytearray(archive({"w.npy": npy_of(header(shape="(900, 1000)"), bytes(900_000))}))
    central = raw.index(b"PK\x01\x02")
    raw[central + 24 : central + 28] = (200).to_bytes(4, "little")
    assert no_archive(bytes(raw)).startswith(("Bad CRC-32", "'w.npy': wanted"))


def test_entries_that_share_the_bytes_of_a_file_are_refused() -> None:
    raw = archive({"a.npy": npy_of(header(), bytes(6)), "b.npy": npy_of(header(), bytes(6))}, 0)
    both = bytearray(raw)
    for start in (i for i in range(len(raw)) if raw[i : i + 4] == b"PK\x01\x02"):
        both[start + 20 : start + 28] = len(raw).to_bytes(4, "little") * 2
    assert no_archive(bytes(both)) == "its tensors share bytes of the file"


def test_an_archive_of_objects_runs_nothing(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", w=np.array([print], object))
    with pytest.raises(UsageError, match=r"'w\.npy': wanted integers or floats of 1 to 8 bytes"):
        load_tensors(tmp_path / "w.npz")


def test_an_archive_in_another_method_or_with_two_of_a_name_is_refused() -> None:
    entry = {"w.npy": npy_of(header(), bytes(6))}
    assert "wanted it stored or deflated" in no_archive(archive(entry, zipfile.ZIP_LZMA))
    written = io.BytesIO(archive(entry))
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(written, "a") as file:
        file.writestr("w.npy", b"")
    assert no_archive(written.getvalue()) == "wanted tensors of different names"
    assert no_archive(b"no archive") == "File is not a zip file"


def test_what_is_saved_reads_back(tmp_path: Path) -> None:
    saved = {"w": np.arange(6, dtype=np.int8).reshape(2, 3), "scale": np.array(0.5)}
    save_tensors(tmp_path / "w.npz", saved)
    found = load_tensors(tmp_path / "w.npz")
    assert {name: held.tolist() for name, held in found.items()} == {
        "w": [[0, 1, 2], [3, 4, 5]],
        "scale": 0.5,
    }


# -- Safetensors -----------------------------------------------------------------------------------


def safetensors(entries: dict[str, Any], data: bytes) -> bytes:
    head = json.dumps(entries).encode()
    return len(head).to_bytes(8, "little") + head + data


def entry(start: int, end: int, shape: tuple[int, ...], dtype: str = "I8") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def test_tensors_are_read_where_they_lie() -> None:
    raw = safetensors(
        {
            "b": entry(2, 6, (2, 1), "F16"),
            "a": entry(0, 2, (2,)),
            "__metadata__": {"format": "np"},
        },
        b"\x01\xff" + np.array([0.5, -2], "<f2").tobytes(),
    )
    found = read_safetensors(io.BytesIO(raw), len(raw))
    assert {name: held.tolist() for name, held in found.items()} == {
        "a": [1, -1],
        "b": [[0.5], [-2.0]],
    }


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (safetensors({"a": entry(0, 4, (4,)), "b": entry(2, 6, (4,))}, bytes(6)), "to begin at 4"),
        (safetensors({"a": entry(0, 4, (4,))}, bytes(6)), "wanted tensors of 6 bytes in all"),
        (safetensors({"a": entry(0, GIBIBYTE, (GIBIBYTE,))}, b""), "of 0 bytes in all, got 10737"),
        (safetensors({"a": entry(0, 0, (0, 2**60))}, b""), "wanted at most 8 sides above 0"),
        (safetensors({"a": entry(0, 4, (-2, -2))}, bytes(4)), "wanted at most 8 sides above 0"),
        (safetensors({"a": entry(4, 0, (4,))}, bytes(4)), "wanted a to begin at 0"),
        (safetensors({"a": entry(0, 4, (2,))}, bytes(4)), "a has 4 bytes for int8 of shape (2,)"),
        (safetensors({"a": entry(0, 4, (4,), "BOOL")}, bytes(4)), "a: wanted one of I8, U8"),
        (safetensors({"a": [1]}, b""), "its header is none"),
        (safetensors({}, b""), "wanted 1 to 4096 tensors, got 0"),
        ((60_000).to_bytes(8, "little") + b"[" * 60_000, "its header is none"),
        ((2**63).to_bytes(8, "little"), f"its header of {2**63} bytes is too long"),
        (b"", "is too long"),
    ],
)
def test_tensors_that_lie_elsewhere_are_refused(raw: bytes, what: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        read_safetensors(io.BytesIO(raw), len(raw))
    assert what in str(caught.value)
