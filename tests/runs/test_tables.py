import pytest
from safetensors.numpy import load_file

from boltzmann.config import RBMConfig, changed
from boltzmann.runs.files import StoreError, UnknownIdentifier
from boltzmann.runs.tables import KEPT, TableStore
from boltzmann.tables import TableError

CONTENT = b"0,1\n1,0\n1,1\n0,0\n"


@pytest.fixture
def tables(settings):
    return TableStore.beside(settings.runs)


def test_a_table_keeps_its_title_and_only_the_last_are_kept(tables, store):
    made = [tables.create("my rows.csv", CONTENT) for _ in range(KEPT + 2)]
    assert tables.ids() == made[: -KEPT - 1 : -1]
    assert load_file(tables.path(made[-1]))["rows"].tolist() == [[0, 1], [1, 0], [1, 1], [0, 0]]
    assert tables.title(made[-1]) == "my rows.csv"
    assert store.ids() == []
    with pytest.raises(UnknownIdentifier, match="Drop its file on the page again"):
        tables.path(made[0])


def test_what_a_run_learns_is_kept_even_in_the_trash(tables, store):
    learned = [tables.create("learned.csv", CONTENT) for _ in range(2)]
    run_ids = [
        store.create(changed(RBMConfig(), {"data.dataset": "table", "data.table": table_id})) for table_id in learned
    ]
    store.write_status(run_ids[0], state="finished")
    store.delete(run_ids[0])
    others = [tables.create("other.csv", CONTENT) for _ in range(KEPT + 1)]
    assert sorted(tables.ids()) == [*learned, *others[1:]]
    assert tables.training_rows(learned[0]) == 3


@pytest.mark.parametrize(
    ("name", "title"),
    [("../../etc/passwd", "../../etc/passwd"), (" a\n b\x00.csv", "a b.csv"), ("x" * 300, "x" * 80)],
)
def test_a_files_name_is_a_title_and_never_a_path(tables, name, title):
    table_id = tables.create(name, CONTENT)
    assert tables.title(table_id) == title
    assert [entry.name for entry in tables.root.parent.iterdir()] == ["tables"]
    assert sorted(entry.name for entry in tables.path(table_id).parent.iterdir()) == ["table.safetensors", "title.txt"]


def test_what_is_no_table_leaves_nothing_behind(tables):
    with pytest.raises(TableError, match="line 2, column 1 holds '2'"):
        tables.create("rows.csv", b"0,1\n2,0\n1,1\n0,0\n")
    with pytest.raises(StoreError, match="name is empty"):
        tables.create("\x00", CONTENT)
    assert tables.ids() == []


@pytest.mark.parametrize("wrong", ["", "../x", "20261121-120000-000000", None])
def test_an_unknown_table_is_refused(tables, wrong):
    for ask in (tables.path, tables.title):
        with pytest.raises(UnknownIdentifier):
            ask(wrong)
