"""Networks: read strictly, hashed canonically, shortest paths found."""

import pytest

from ledger.errors import InvalidJson, InvalidNetwork
from ledger.quantification.distances import Position
from ledger.quantification.network import Arc, Network, network_between_neighbours
from ledger.quantification.refusals import StationUnreachable, UnknownStation

TABLE = b"""origin,destination,metres
Xujiahui,Hengshan Road,1500
Hengshan Road,Changshu Road,1200
Xujiahui,Changshu Road,2701
Changshu Road,Xujiahui,2600
"People's Square, East",Xujiahui,0
"""


def test_shortest_paths() -> None:
    network = Network.from_csv(TABLE)
    assert network.metres("Xujiahui", "Changshu Road") == 2_700
    assert network.metres("Changshu Road", "Xujiahui") == 2_600
    assert network.metres("Hengshan Road", "Xujiahui") == 3_800
    assert network.metres("Xujiahui", "Xujiahui") == 0
    assert network.metres("People's Square, East", "Changshu Road") == 2_700
    assert network.metres_from("Xujiahui") == {"Xujiahui": 0, "Hengshan Road": 1_500, "Changshu Road": 2_700}


def test_unknown_and_unreachable_stations_are_refused() -> None:
    network = Network.from_csv(TABLE)
    for pair in (("Nowhere", "Xujiahui"), ("Xujiahui", "Nowhere"), ("Nowhere", "Nowhere")):
        with pytest.raises(UnknownStation) as unknown:
            network.metres(*pair)
        assert unknown.value == UnknownStation("Nowhere")
    with pytest.raises(StationUnreachable) as unreachable:
        network.metres("Xujiahui", "People's Square, East")
    assert unreachable.value == StationUnreachable("Xujiahui", "People's Square, East")


def test_a_table_has_one_hash_whatever_the_order_of_its_rows() -> None:
    header, *rows = TABLE.splitlines(keepends=True)
    network = Network.from_csv(TABLE)
    assert Network.from_csv(header + b"".join(reversed(rows))).hash == network.hash
    assert Network.from_bytes(network.to_bytes()) == network
    assert network.to_bytes().startswith(b'{"arcs":[["Changshu Road","Xujiahui",2600],')
    assert Network.of([Arc("a", "b", 1)]).to_bytes() == b'{"arcs":[["a","b",1]],"format":1}'
    assert (
        Network.of([Arc("a", "b", 1)]).hash.hex0x
        == "0x74980e482d726d722435a8fe1252f4c5428719c7e02cac992f5f870f6942c6dd"
    )
    assert Network.from_csv(TABLE.replace(b"1200", b"1201")).hash != network.hash


@pytest.mark.parametrize(
    ("row", "field", "rule"),
    [
        (b"a,b", "line 2", "have three columns"),
        (b"a,b,1,2", "line 2", "have three columns"),
        (b"", "line 2", "have three columns"),
        (b"a,b,1.0", "line 2, metres", "be a whole number"),
        (b"a,b,-1", "line 2, metres", "be a whole number"),
        (b"a,b,01", "line 2, metres", "be a whole number"),
        (b"a,b,", "line 2, metres", "be a whole number"),
        (b"a,b,40075018", "line 2, metres", "be a whole number from 0"),
        (b"a,a,1", "line 2, destination", "be another station"),
        (b",b,1", "line 2, origin", "be printable text"),
        (b" a,b,1", "line 2, origin", "be printable text"),
        (b'a,"b\nc",1', "line 2, destination", "be printable text"),
        (b"a,b,1\na,b,1", "arcs", "each pair once"),
        (b"a,b,1\na,b,2", "arcs", "each pair once"),
        (b'a,"b,1', "network", "be CSV"),
        (b"\xff,b,1", "network", "be CSV"),
    ],
)
def test_a_table_that_breaks_a_rule_is_refused(row: bytes, field: str, rule: str) -> None:
    with pytest.raises(InvalidNetwork) as caught:
        Network.from_csv(b"origin,destination,metres\n" + row + b"\n")
    assert caught.value.field == field
    assert rule in caught.value.rule


@pytest.mark.parametrize(
    "data", [b"", b"origin,destination,length\na,b,1\n", b"\xef\xbb\xbforigin,destination,metres\n"]
)
def test_a_table_without_its_header_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidNetwork, match="line 1"):
        Network.from_csv(data)


def test_a_table_without_arcs_is_refused() -> None:
    with pytest.raises(InvalidNetwork, match="number at least 1"):
        Network.from_csv(b"origin,destination,metres\n")


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b'{"arcs":[["a","b",1]]}',
        b'{"arcs":[["a","b",1]],"format":2}',
        b'{"arcs":[["a","b",1]],"format":true}',
        b'{"arcs":[["a","b",true]],"format":1}',
        b'{"arcs":{},"format":1}',
        b'{"arcs":[["a","b"]],"format":1}',
        b'{"arcs":[["a","b","1"]],"format":1}',
        b'{"format":1,"arcs":[["a","b",1]]}',
        b'{"arcs":[["b","a",1],["a","b",1]],"format":1}',
    ],
)
def test_stored_bytes_that_are_not_ours_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidNetwork):
        Network.from_bytes(data)
    with pytest.raises(InvalidJson):
        Network.from_bytes(data[:-1])


def test_a_network_between_neighbours_is_as_long_as_great_circles() -> None:
    positions = {"a": Position(0, 0), "b": Position(1_000_000, 0), "c": Position(2_000_000, 0), "alone": Position(9, 9)}
    network = network_between_neighbours(positions, [("a", "b"), ("b", "a"), ("c", "b")])
    assert network.metres("a", "c") == network.metres("c", "a") == 2 * 111_195
    assert len(network.arcs) == 4
    assert network.stations == {"a", "b", "c"}
    with pytest.raises(UnknownStation):
        network_between_neighbours(positions, [("a", "z")])
