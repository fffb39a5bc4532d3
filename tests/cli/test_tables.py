"""Tables in files: their cells, and everything that can be wrong with them."""

from pathlib import Path

import numpy as np
import pytest

from cli.errors import UsageError
from cli.sdk import tables
from cli.sdk.lines import MAX_LINE_BYTES
from cli.sdk.tables import LARGEST, Column, Kind, open_table, stored
from runtime.compute.tables import NOTHING

CSV = 'age,city,price\n31,"São Paulo, SP",1.5\n, Oslo ,-2\n7,"a ""b""\nc",0.000001\n'


def columns(*wanted: tuple[str, Kind]) -> list[Column]:
    return [Column(name, kind) for name, kind in wanted]


def written(directory: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def complaint(path: Path, *wanted: Column, decimals: int = 6) -> str:
    with pytest.raises(UsageError) as caught:
        open_table(path, decimals).cells(wanted or (Column("age", Kind.NUMBER),))
    return str(caught.value).removeprefix(str(path))


def test_cells_become_integers(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, CSV), 6)
    wanted = columns(("price", Kind.NUMBER), ("city", Kind.KEY), ("age", Kind.NUMBER))
    wanted.append(Column("city", Kind.TEXT, {"Oslo": 0}))
    assert table.cells(wanted).tolist() == [
        [1_500_000, -2_000_000, 1],
        [0, 1, 2],
        [31_000_000, NOTHING, 7_000_000],
        [-1, 0, -1],
    ]
    assert list(wanted[1].texts) == ["São Paulo, SP", "Oslo", 'a "b"\nc']


def test_rows_come_back_as_they_stood_in_the_file(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, CSV.replace("\n31", "\r\n\r\n31")), 6)
    table.cells(columns(("age", Kind.NUMBER)))
    assert list(table.lines([2, 0])) == [
        b'7,"a ""b""\nc",0.000001\n',
        '31,"São Paulo, SP",1.5\n'.encode(),
    ]


def test_a_byte_order_mark_and_a_missing_last_line_end_change_nothing(tmp_path: Path) -> None:
    table = open_table(written(tmp_path, b"\xef\xbb\xbfage\r\n1\r\n2"), 0)
    assert table.cells(columns(("age", Kind.NUMBER))).tolist() == [[1, 2]]
    assert list(table.lines([1, 0])) == [b"2\n", b"1\n"]


def test_a_file_that_changed_meanwhile_gives_no_rows(tmp_path: Path) -> None:
    path = written(tmp_path, CSV)
    table = open_table(path, 6)
    table.cells(columns(("age", Kind.NUMBER)))
    path.write_text(CSV + "1,x,2\n")
    with pytest.raises(UsageError, match="it has changed since it was read"):
        list(table.lines([0]))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        ("", ": wanted a header of 1 to 4096 names, got 0"),
        ("age\n", ": wanted rows below the header, got none"),
        ("years\n1\n", ": wanted one column age, got no among years"),
        ("age,age\n1,2\n", ": wanted one column age, got 2 among age, age"),
        ("age,city\n1,a\n2\n", ", line 3: wanted 2 cells, got 1"),
        ("age\nold\n", ", line 2: column age: wanted a number, got 'old'"),
        ("age\n1\n\n1,5\n", ", line 4: wanted 1 cells, got 2"),
        ("age\n1.0000001\n", ", line 2: column age: wanted a number with at most 6 decimals, got"),
        ("age\n99999999999\n", ", line 2: column age: wanted a number below 36028797018.963968"),
        ("age\n1e5\n", ", line 2: column age: wanted a number, got '1e5'"),
        ("age\nnan\n", ", line 2: column age: wanted a number, got 'nan'"),
        ("age\n1_000\n", ", line 2: column age: wanted a number, got '1_000'"),
        ("age\n\u0661\n", ", line 2: column age: wanted a number, got '\u0661'"),
        (f"age\n1.{'0' * 40}1\n", ", line 2: column age: wanted a number with at most 6 decimals"),
        ("age\n" + "9" * 10_000 + "\n", ", line 2: column age: wanted a number below 36028797018"),
        (b"age\n1\n\xff\n", ", line 3: wanted UTF-8, got byte 0xff at 1"),
        ('age\n"1\n', ", line 2: wanted CSV: unexpected end of data"),
        ('age\n"1"2\n', ", line 2: wanted CSV: ',' expected after '\"'"),
        ("age\n" + "1" * (MAX_LINE_BYTES + 1), f", line 2: wanted a line of at most {1 << 20} by"),
        ('age\n"' + "x\n" * 100_000 + '"\n', "wanted CSV: field larger than field limit"),
    ],
)
def test_a_bad_table_is_refused_with_its_line(
    tmp_path: Path, content: str | bytes, what: str
) -> None:
    said = complaint(written(tmp_path, content))
    assert what in said if what.startswith("wanted") else said.startswith(what), said


def test_too_many_groups_are_refused_where_they_appear(tmp_path: Path) -> None:
    path = written(tmp_path, "city\n" + "".join(f"c{number}\n" for number in range(300)))
    said = complaint(path, Column("city", Kind.KEY))
    assert (
        said == ", line 258: column city: wanted at most 256 different values to group by, got more"
    )


def test_a_table_that_is_too_long_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "MAX_CONTENT_BYTES", 8 * 10)
    path = written(tmp_path, "age\n" + "1\n" * 11 + "no number\n")
    assert complaint(path) == ": wanted at most 10 rows, got more"


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"wanted a name that ends in \.csv or \.npy"):
        open_table(tmp_path / "table.xlsx", 6)
    missing = tmp_path / "missing.csv"
    assert complaint(missing) == ": No such file or directory"


@pytest.mark.parametrize(
    ("text", "units"),
    [
        *(("1.25", 1250), ("-0.001", -1), ("0", 0), ("-00.000", 0), ("+7.", 7000)),
        *((f"{'0' * 9999}1.{'0' * 9999}", 1000), ("36028797018963.967", 2**55 - 1)),
    ],
)
def test_a_number_is_stored_in_units_of_its_last_decimal(text: str, units: int) -> None:
    assert stored(text, 3) == units


def npy(directory: Path, array: np.ndarray) -> Path:
    path = directory / "table.npy"
    np.save(path, array)
    return path


def test_arrays_are_tables_too(tmp_path: Path) -> None:
    table = open_table(npy(tmp_path, np.array([[1, 2], [3, 4], [5, 2]], np.int16)), 0)
    wanted = columns(("c1", Kind.NUMBER), ("c1", Kind.KEY))
    assert table.cells(wanted).tolist() == [[2, 4, 2], [0, 1, 0]]
    assert wanted[1].texts == {"2": 0, "4": 1}
    assert (table.header, list(table.lines([2]))) == (b"c0,c1\n", [b"5,2\n"])


def test_fields_of_an_array_are_columns(tmp_path: Path) -> None:
    rows = np.array([(1, 9), (2, 8)], [("age", "<i4"), ("size", "u1")])
    table = open_table(npy(tmp_path, rows), 2)
    assert table.cells(columns(("size", Kind.NUMBER))).tolist() == [[900, 800]]


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (np.zeros((2, 2)), ", column c0: wanted integers, got float64"),
        (np.zeros((2, 2, 2), np.int8), ": wanted a list or a matrix, got shape (2, 2, 2)"),
        (np.zeros((0,), np.int8), ": wanted a .npy file: wanted sides above 0, got (0,)"),
        (np.full(3, LARGEST, np.int64), ", column c0: wanted numbers below 36028797018963968"),
        (np.full(3, 2**64 - 1, np.uint64), ", column c0: wanted numbers below 36028797018963968"),
    ],
)
def test_a_bad_array_is_refused(tmp_path: Path, array: np.ndarray, what: str) -> None:
    assert complaint(npy(tmp_path, array), Column("c0", Kind.NUMBER), decimals=0) == what


@pytest.mark.parametrize("shape", ["(10**12,)", "(4611686018427387904, 2)", "(-1,)", "(1,) * 70"])
def test_a_header_that_promises_more_than_there_is_takes_no_memory(
    tmp_path: Path, shape: str
) -> None:
    header = f"{{'descr': '<i8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    head = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with pytest.raises(UsageError, match=r"table\.npy: wanted a \.npy file: "):
        open_table(written(tmp_path, head + bytes(64), "table.npy"), 0)
