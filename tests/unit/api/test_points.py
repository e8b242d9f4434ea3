"""Points as anyone may see them: batches, providers, campaigns, totals, and certificates of both ledgers."""

from ledger.vocabulary import BatchKind
from tests.unit.api.client import Client
from tests.unit.api.sample import CAMPAIGN, CAMPAIGN_CODE, STRANGER


def test_batches_are_listed_and_filtered(client: Client) -> None:
    def numbers(query: str) -> list[int]:
        return [one["batch_number"] for one in client.get(f"/v1/batches{query}").json["items"]]

    assert numbers("") == [1, 2, 3, 4]
    assert numbers("?order=newest-first") == [4, 3, 2, 1]
    assert numbers("?kind=redeem") == [2]
    assert numbers("?reduction_class=II") == []
    assert numbers(f"?provider={STRANGER.hex0x}") == [2]
    assert numbers(f"?campaign_id={CAMPAIGN.hex0x}") == [3]


def test_a_batch_whose_file_nobody_has_looked_at_says_so(client: Client) -> None:
    batch = client.get("/v1/batches/1").json
    assert batch["kind"] == BatchKind.EARN.label
    assert (batch["total"], batch["sequence"], batch["activity_code"]) == ("1000", 1, "SH-PV-0001")
    assert batch["file"] == {"state": "waiting", "rule": None, "duplicates": None, "overdrawn_persons": None}


def test_pools_and_what_left_them(client: Client) -> None:
    provider = client.get(f"/v1/providers/{STRANGER.hex0x}").json
    assert (provider["mode"], provider["status"]) == ("sub-platform", "active")
    assert [one["pooled"]["quantity_gco2e"] for one in provider["pools"]] == ["300", "0"]
    campaign = client.get(f"/v1/campaigns/{CAMPAIGN_CODE}").json
    assert campaign == client.get(f"/v1/campaigns/{CAMPAIGN.hex0x}").json
    assert [one["gone"]["quantity_gco2e"] for one in campaign["pools"]] == ["200", "0"]
    assert [one["certificate_number"] for one in campaign["cancellations"]] == [6]


def test_totals_of_points_show_their_invariant(client: Client) -> None:
    one, two = client.get("/v1/points/totals").json["classes"]
    assert (one["issued"]["quantity_gco2e"], two["issued"]["quantity_gco2e"]) == ("1000", "0")
    assert one["invariant"]["holds"]
    assert one["invariant"]["left_gco2e"] == one["invariant"]["right_gco2e"] == "1000"


def test_certificates_of_points_are_found_by_their_number(client: Client) -> None:
    for number, index in ((4, 0), (5, 1)):
        of_person = client.get(f"/v1/certificates/{number}").json
        assert of_person["kind"] == "points"
        assert (of_person["batch"]["batch_number"], of_person["batch"]["entry_index"]) == (4, index)
        # Whose it is and how much stays with its holder.
        assert of_person["account"] is of_person["quantity_gco2e"] is of_person["lot"] is None
    of_campaign = client.get("/v1/certificates/6").json
    assert of_campaign["kind"] == "campaign"
    assert (of_campaign["campaign"]["code"], of_campaign["quantity_gco2e"]) == (CAMPAIGN_CODE, "200")
    assert of_campaign["purpose"] == "event-neutrality"
    assert client.get("/v1/certificates/3").json["kind"] == "reductions"
    assert client.get("/v1/certificates/7").status == 404
    assert client.get("/v1/totals").json["certificates"] == 6


def test_an_operation_names_the_certificate_that_it_made(client: Client) -> None:
    for number in (3, 6):
        operation_id = client.get(f"/v1/certificates/{number}").json["operation_id"]
        operation = client.get(f"/v1/operations/{operation_id}").json
        assert operation["certificate_number"] == number
        assert operation["links"]["certificate"] == f"/v1/certificates/{number}"
    [first, *_] = client.get("/v1/operations").json["items"]
    other = client.get(f"/v1/operations/{first['operation_id']}").json
    assert other["certificate_number"] is other["links"]["certificate"] is None
