import io
import zipfile

import numpy as np
import pytest
from safetensors.numpy import load

from boltzmann.tables import Table, TableError, parse

EYE = np.eye(5, 6, dtype=np.uint8)


def npz(**arrays):
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def lines(separator, rows=EYE):
    return "\n".join(separator.join(str(value) for value in row) for row in rows)


@pytest.mark.parametrize("separator", [",", ", ", ";", "\t", " ", "   "])
@pytest.mark.parametrize(
    "head", ["", "\ufeff", "a{0}b{0}c{0}d{0}e{0}f\n", '"a"{0}b{0}c{0}d{0}e{0}f\r\n\n', "0{0}1{0}2{0}3{0}4{0}5\n"]
)
def test_a_csv_is_read_with_any_separator_with_names_or_without(separator, head):
    table = parse((head.format(separator) + lines(separator)).encode())
    assert np.array_equal(table.rows, EYE)
    assert table.rows.dtype == np.uint8
    assert (table.labels, table.shape) == (None, None)


@pytest.mark.parametrize("heading", ["label", "Class"])
def test_a_last_column_can_hold_labels(heading):
    table = parse(f"a,b,c,d,{heading}\n0,1,1.0,0,7\n1,1,0.0,0,0\n0,0,0,0,3\n1,1,1,1,2.0".encode())
    assert table.rows.tolist() == [[0, 1, 1, 0], [1, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1]]
    assert table.labels is not None
    assert table.labels.tolist() == [7, 0, 3, 2]
    assert table.shape == (2, 2)


@pytest.mark.parametrize("name", ["rows", "x", "train", "anything"])
@pytest.mark.parametrize("kind", [bool, np.uint8, np.int64, np.float32, ">i4"])
def test_an_npz_is_read_by_name_or_as_its_only_array(name, kind):
    table = parse(npz(**{name: EYE.astype(kind), "y": np.arange(5)}))
    assert np.array_equal(table.rows, EYE)
    assert table.labels is not None
    assert table.labels.tolist() == [0, 1, 2, 3, 4]


def test_images_give_their_shape():
    images = np.asfortranarray(np.arange(24).reshape(4, 2, 3) % 2)
    table = parse(npz(images=images))
    assert np.array_equal(table.rows, images.reshape(4, 6))
    assert table.shape == (2, 3)


def test_a_table_becomes_safetensors():
    arrays = load(Table(EYE, np.arange(5), (2, 3)).to_bytes())
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "rows": "uint8",
        "labels": "int64",
        "shape": "int64",
    }
    assert arrays["shape"].tolist() == [2, 3]
    assert set(load(Table(EYE).to_bytes())) == {"rows"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n", "is empty"),
        (b"\xff\xfe\x00", "neither text nor NPZ"),
        (b"0 1\n1 0\n0 1", "3 rows, but 4 to 100,000"),
        (b"a,b\n", "0 rows"),
        (b"0\n1\n0\n1", "1 columns, but 2 to 4,096"),
        (b",".join([b"0"] * 4097), "4,097 columns"),
        (b"0,1\n" * 100_001, "more than 100,000 rows"),
        (b"0,1\n1,0\n1\n0,1", "line 3 has 1 values, but the first line has 2"),
        (b"0,1\n1,0\n\n1,0.5\n0,1", r"line 4, column 2 holds '0.5', but every value must be 0 or 1"),
        (b"0,1\n1," + b"x" * 99, r"column 2 holds 'xxxxxxxxxxxxxxxxx\.\.\.'"),
        (b"0,x\n" * 4, "line 1, column 2 holds 'x'"),
        (b"0,1\n" + b"x" * 200_000, "line 2 cannot be read as CSV"),
        (b"a,b,label\n0,1,10", "line 2 has the label '10', but labels are whole numbers from 0 to 9"),
        (b"0," * 2_500_001, r"5\.0 MB, more than 5"),
    ],
)
def test_a_wrong_text_is_refused_in_words(content, words):
    with pytest.raises(TableError, match=words):
        parse(content)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({}, "0 arrays that could be the rows"),
        ({"a": EYE, "b": EYE}, "2 arrays that could be the rows"),
        ({"x": EYE[0]}, "array x has 1 dimensions"),
        ({"x": EYE[:3]}, "3 rows"),
        ({"x": EYE * 2}, r"row 1, column 1 holds '2'"),
        ({"x": np.where(EYE, np.nan, 0.0)}, r"row 1, column 1 holds 'nan'"),
        ({"x": EYE, "y": np.arange(4)}, r"the labels have the shape \(4,\), not \(5,\)"),
        ({"x": EYE, "y": np.arange(5) * 3}, "row 5 has the label '12'"),
        ({"x": EYE.astype(str)}, "not numbers"),
        ({"x": np.array([[{}]])}, "array 'x.npy' holds object, not numbers"),
        ({f"x{index}": EYE for index in range(17)}, "17 arrays, more than 16"),
        ({"x": np.zeros((9000, 8000), dtype=np.uint8)}, "72 MB when unpacked, more than 64"),
    ],
)
def test_a_wrong_npz_is_refused_in_words(arrays, words):
    with pytest.raises(TableError, match=words):
        parse(npz(**arrays))


def zipped(content, **settings):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", **settings) as archive:
        archive.writestr("rows.npy", content)
    return file.getvalue()


def test_a_damaged_npz_is_refused():
    header = b"\x93NUMPY\x01\x00\x46\x00{'descr': '|u1', 'fortran_order': False, 'shape': (1000000000, 999)}  \n"
    for content, words in (
        (b"PK\x03\x04" + b"\0" * 60, "damaged or encrypted"),
        (npz(x=EYE)[:-30], "damaged or encrypted"),
        (zipped(b"abc"), "no array of numpy's"),
        (zipped(header), "its size is not what its header says"),
        (zipped(b"abc", compression=zipfile.ZIP_BZIP2), "compressed in an unusual way"),
    ):
        with pytest.raises(TableError, match=words):
            parse(content)
