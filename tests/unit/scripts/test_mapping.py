"""The mapping language: what it does, and that nothing misspelt passes."""

from pathlib import Path

import pytest

from scripts.importing.errors import InvalidMapping
from scripts.importing.expressions import Condition, Template, Test, clean
from scripts.importing.mapping import load_mapping
from scripts.importing.rows import RowPlan, RowRefusal
from tests.unit.scripts.importing import Ledger, contents, write

HEAD = '[mapping]\nname = "test"\n'
FREEZE = '[[operation]]\ndo = "freeze-account"\naccount = "{account}"\n'
ACCOUNT = "0x" + "5a" * 20


def refused(folder: Path, text: str, **constants: str) -> InvalidMapping:
    path = write(folder, "map.toml", text)
    with pytest.raises(InvalidMapping) as caught:
        load_mapping(path, constants)
    assert str(path) in caught.value.explain()
    return caught.value


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        ("[mapping\n", "mapping", "be TOML"),
        pytest.param("a = " + "[" * 50_000, "mapping", "be nested less than 32 deep", id="deep list"),
        pytest.param("a" + ".a" * 20_000 + " = 1", "mapping", "be nested less than 32 deep", id="deep keys"),
        ("[mapping]\n", "mapping.name", "be text"),
        (HEAD, "operation", "be there at least once, under [[operation]]"),
        (HEAD + "[fille]\n" + FREEZE, "fille", "be a key of this table"),
        (HEAD + 'title = "x"\n' + FREEZE, "mapping.title", "be a key of this table"),
        (HEAD + '[file]\nformat = "xls"\n' + FREEZE, "file.format", "be csv, tsv or parquet"),
        *(
            (HEAD + f'[file]\nencoding = "{name}"\n' + FREEZE, "file.encoding", "be a text encoding that Python knows")
            for name in ("utf-9", "hex", "utf-7", "unicode_escape")
        ),
        (HEAD + '[file]\ndelimiter = ";;"\n' + FREEZE, "file.delimiter", "be one character"),
        (HEAD + "[file]\nmax_record_characters = 0\n" + FREEZE, "file.max_record_characters", "be a whole number"),
        (HEAD + '[clean]\na = ["trim"]\n' + FREEZE, "clean.a", "hold cleaning rules among strip"),
        (HEAD + '[[operation]]\ndo = "freeze"\n', "operation[0].do", "be one of open-account"),
        (HEAD + '[[operation]]\ndo = "freeze-account"\n', "operation[0].account", "be given for freeze-account"),
        (HEAD + FREEZE + "amount = 1\n", "operation[0].amount", "be a key of this table"),
        (HEAD + FREEZE + "ensure = true\n", "operation[0].ensure", "not be asked of freeze-account"),
        (HEAD + FREEZE + 'when = { a = "empty" }\n', "operation[0].when.a", "be a table, or one of blank"),
        (HEAD + FREEZE + "when = { a = { } }\n", "operation[0].when.a", "name equals, one_of, matches or same_as"),
        (HEAD + '[[value]]\nname = "v"\n' + FREEZE, "value[0].from", "be given, or choices under choose"),
        (HEAD + '[[value]]\nname = "v"\nfrom = "{a}"\npattern = "("\n' + FREEZE, "value[0].pattern", "be a regular"),
        (
            HEAD + '[[value]]\nname = "v"\nfrom = "{a}"\npattern = "(?P<x>.)"\n[[operation]]\n'
            'do = "freeze-account"\naccount = "{v.y}"\n',
            "operation[0].account",
            "use names that v defines",
        ),
        (HEAD + '[constants]\nyear = ""\n' + FREEZE, "constants.year", "be given, with --set year=VALUE"),
        (
            HEAD + FREEZE + '[[operation]]\ndo = "open-account"\nensure = true\naccount = "{a}"\nkind = "personal"\n',
            "operation[1].ensure",
            "stand before the operations without it",
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, field: str, rule: str) -> None:
    error = refused(tmp_path, text)

    assert error.field == field
    assert error.rule.startswith(rule)


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        (HEAD + "[fille]\n" + FREEZE, "fille", "be a key of this table (perhaps file): clean,"),
        (HEAD + '[file]\nencodign = "gbk"\n' + FREEZE, "file.encodign", "be a key of this table (perhaps encoding): "),
        (HEAD + FREEZE + "recrod = {}\n", "operation[0].recrod", "be a key of this table (perhaps record): account,"),
        (HEAD + FREEZE + "zzz = 1\n", "operation[0].zzz", "be a key of this table: account,"),
    ],
)
def test_a_misspelt_key_is_told_the_nearest(tmp_path: Path, text: str, field: str, rule: str) -> None:
    error = refused(tmp_path, text)

    assert error.field == field
    assert error.rule.startswith(rule)
    assert field in error.explain()


def test_a_constant_that_the_mapping_does_not_have(tmp_path: Path) -> None:
    assert refused(tmp_path, HEAD + FREEZE, year="2026").field == "constants.year"


def test_a_mapping_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InvalidMapping):
        load_mapping(tmp_path / "none.toml")


def test_what_is_not_defined_is_a_column(tmp_path: Path) -> None:
    text = HEAD + '[constants]\nc = "1"\n[[value]]\nname = "v"\nfrom = "{a}{c}"\n' + FREEZE.replace("account}", "v}{b}")

    assert load_mapping(write(tmp_path, "map.toml", text)).columns == ("a", "b")


# What it does


def rows(folder: Path, mapping: str, data: str, **constants: str) -> list[RowPlan | RowRefusal]:
    reader = Ledger().reader(write(folder, "map.toml", mapping), write(folder, "data.csv", data), **constants)
    return list(reader.rows())


def freezing(folder: Path, values: str, data: str, template: str = "{v}") -> list[object]:
    """What ends up as the account, or the refusal."""
    mapping = HEAD + values + FREEZE.replace("{account}", template)
    found = rows(folder, mapping, data)
    return [row.steps[0].arguments["account"].hex0x if isinstance(row, RowPlan) else contents(row) for row in found]


def test_patterns_translations_and_choices(tmp_path: Path) -> None:
    values = f"""
    [[value]]
    name = "id"
    from = "{{code}}"
    clean = ["strip", "lower"]
    pattern = '(?P<letter>[a-z])(?P<digit>[0-9]?)'

    [[value]]
    name = "pair"
    from = "{{id.letter}}"
    map = {{ a = "11", b = "22" }}

    [[value]]
    name = "v"
    choose = [{{ when = {{ "id.digit" = "present" }}, from = "0x{"00" * 20}" }}]
    from = "0x{{pair}}{"33" * 19}"
    """
    found = freezing(tmp_path, values, "code\n a \nB\nA1\nc\n??\n")

    assert found == [
        "0x11" + "33" * 19,
        "0x22" + "33" * 19,
        "0x" + "00" * 20,
        (5, "file", "id.letter", "be one of a, b"),
        (6, "file", "code", "read as (?P<letter>[a-z])(?P<digit>[0-9]?)"),
    ]


def test_otherwise_and_required(tmp_path: Path) -> None:
    values = f'[[value]]\nname = "v"\nfrom = "{{a}}"\nmap = {{ x = "" }}\notherwise = "{ACCOUNT}"\nrequired = true\n'

    assert freezing(tmp_path, values, "a\ny\nx\n") == [ACCOUNT, (3, "file", "a", "not be blank")]


def test_refusals_come_first_and_say_why(tmp_path: Path) -> None:
    refuse = '[[refuse]]\nwhen = { a = "blank" }\nfield = "a"\nrule = "be known"\nmessage = "{b} is deferred"\n'
    (row, other) = rows(tmp_path, HEAD + refuse + FREEZE.replace("account}", "a}"), f"a,b\n,PV-9\n{ACCOUNT},\n")

    assert isinstance(row, RowRefusal)
    assert (row.by, row.field, row.rule, row.message) == ("mapping", "a", "be known", "PV-9 is deferred")
    assert isinstance(other, RowPlan)


def test_corrections_are_reported(tmp_path: Path) -> None:
    fix = f'[[correct]]\ncolumn = "a"\ngiven = "typo"\ncorrect = "{ACCOUNT}"\nreason = "see the letter"\n'
    mapping = write(tmp_path, "map.toml", HEAD + '[clean]\n"*" = ["strip"]\n' + fix + FREEZE.replace("account}", "a}"))
    reader = Ledger().reader(mapping, write(tmp_path, "data.csv", f"a\n{ACCOUNT}\n typo \n"))

    assert all(isinstance(row, RowPlan) for row in reader.rows())
    (use,) = reader.corrections
    assert (use.line, use.column, use.given, use.correct, use.reason) == (3, "a", "typo", ACCOUNT, "see the letter")


def test_tables_are_joined_by_key(tmp_path: Path) -> None:
    table = '[[table]]\nname = "t"\npath = "table.csv"\nkey = "id"\nof = "{who}"\ncolumns = ["address"]\n'
    write(
        tmp_path, "table.csv", f"id,address\none,{ACCOUNT}\ntwice,{ACCOUNT}\ntwice,x\nsame,{ACCOUNT}\nsame,{ACCOUNT}\n"
    )
    found = rows(tmp_path, HEAD + table + FREEZE.replace("account}", "t.address}"), "who\none\nsame\nnone\ntwice\n")

    assert [contents(row) for row in found] == [
        (2, ["freeze-account"]),
        (3, ["freeze-account"]),
        (4, "file", "who", "be a id of the table t"),
        (5, "file", "who", "be the id of one row of the table t, not of several"),
    ]


def test_unpivoted_columns_are_rows_of_their_own(tmp_path: Path) -> None:
    unpivot = '[unpivot]\ncolumns = ["a", "b", "c"]\nskip = "blank"\n'
    found = rows(tmp_path, HEAD + unpivot + FREEZE.replace("account}", "unpivot.value}"), f"a,b,c\n{ACCOUNT},,x\n")

    assert [(row.line, row.part) for row in found] == [(2, 0), (2, 2)]
    assert isinstance(found[0], RowPlan)
    assert isinstance(found[1], RowRefusal)
    assert found[1].field == "unpivot.value"


def test_ids_of_rows_from_one_line_and_of_several_mappings_differ(tmp_path: Path) -> None:
    unpivot = '[unpivot]\ncolumns = ["a", "b"]\n' + FREEZE.replace("account}", "unpivot.value}")
    data = f"a,b\n{ACCOUNT},{ACCOUNT}\n"
    ids = [
        row.steps[0].operation_id
        for head in (HEAD, HEAD + "first_step = 2\n")
        for row in rows(tmp_path, head + unpivot, data)
        if isinstance(row, RowPlan)
    ]

    assert len(set(ids)) == 4


def test_units(tmp_path: Path) -> None:
    correct = '[[operation]]\ndo = "correct"\nlot = "{lot}"\nquantity = "{n}"\nunit = "{u}"\n'
    lot = "0x" + "11" * 32
    data = f"lot,n,u\n{lot},1.5,t\n{lot},1.5,kg\n{lot},15,g\n{lot},1.5,g\n{lot},0,t\n{lot},1,lb\n{lot},1e3,t\n"
    found = rows(tmp_path, HEAD + correct, data)

    assert [row.steps[0].arguments["grams"] for row in found[:3] if isinstance(row, RowPlan)] == [1_500_000, 1_500, 15]
    assert [row.field for row in found[3:] if isinstance(row, RowRefusal)] == ["n", "n", "u", "n"]


@pytest.mark.parametrize(
    ("cleaners", "text", "cleaned"),
    [
        (("strip",), " a b ", "a b"),
        (("collapse-spaces",), "a \t b", "a b"),
        (("remove-spaces", "remove-commas"), "1 234,567", "1234567"),
        (("nfkc",), "４６２", "462"),
        (("upper", "lower"), "Ab", "ab"),
    ],
)
def test_cleaning(cleaners: tuple[str, ...], text: str, cleaned: str) -> None:
    assert clean(text, cleaners) == cleaned


@pytest.mark.parametrize(
    ("test", "text", "holds"),
    [
        (Test("a", word="zero"), "0.00", True),
        (Test("a", word="zero"), " ", True),
        (Test("a", word="not-zero"), "0.01", True),
        (Test("a", word="blank"), "x", False),
        (Test("a", one_of=("x", "y")), "y", True),
        (Test("a", one_of=("x", "y")), "z", False),
    ],
)
def test_conditions(test: Test, text: str, holds: bool) -> None:
    assert Condition((test,)).holds({"a": text}) is holds


def test_templates_take_names_in_any_language() -> None:
    template = Template("{项目}-{年 份}")

    assert template.names == ["项目", "年 份"]
    assert template.fill({"项目": "光伏", "年 份": "2026"}) == "光伏-2026"
