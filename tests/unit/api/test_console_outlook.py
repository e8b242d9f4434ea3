"""What an act is said to do, over the sample ledger: in tonnes, in both languages, before it is done."""

import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

from api.repository.outlook import Issued
from api.repository.snapshots import Snapshot, open_readers
from api.web.console.acts.fields import Kind
from api.web.console.acts.history import Mark, compare, rate
from api.web.console.acts.looks import LOOKS
from api.web.console.acts.outlook import Change, Meant, Outlook, activity_of, cap_left, told
from api.web.console.acts.tables import ACTS, HOLDER_ACTS, Weight
from api.web.console.acts.words import argument_label
from api.web.texts import texts
from chain.calls import LEDGER_FUNCTIONS
from chain.facts import _STATED, _Apart
from indexer.database import open_database
from ledger.encoding import methodology_id
from ledger.ids import Address, LotId
from ledger.vocabulary import ProposalStatus
from tests.conftest import ROOT
from tests.unit.api.sample import BUYER, CAMPAIGN_CODE, PLATFORM_HOLDER, STRANGER, SampleLedger, make_sample
from tests.unit.api.test_console_acts import SIGNER, asked_for, compose

OPERATOR = PLATFORM_HOLDER
NAMED = {
    "open_account": {},
    "close_account": {"account": BUYER.hex0x},
    "freeze_account": {"account": BUYER.hex0x},
    "unfreeze_account": {"account": BUYER.hex0x},
    "publish_methodology": {"code": "SHCER-PV-001", "version": "3"},
    "withdraw_methodology": {"methodology_id": methodology_id(code="SHCER-PV-001", version=1).hex0x},
    "register_activity": {"methodology_id": methodology_id(code="SHCER-PV-001", version=1).hex0x},
    "propose_issuance": {"first_day": "2026-01-01", "last_day": "2026-01-31", "quantity_gco2e": "31"},
    "transfer": {"from_account": BUYER.hex0x, "to_account": STRANGER.hex0x, "quantity_gco2e": "12.5"},
    "cancel": {"account": BUYER.hex0x, "quantity_gco2e": "12.5"},
    "correct": {"quantity_gco2e": "300"},
    "admit_provider": {"account": BUYER.hex0x},
    "suspend_provider": {"account": STRANGER.hex0x},
    "resume_provider": {"account": STRANGER.hex0x},
    "close_provider": {"account": STRANGER.hex0x},
    "cancel_campaign": {"campaign_id": CAMPAIGN_CODE},
}


@pytest.fixture(scope="module")
def waiting() -> SampleLedger:
    """The sample, with a proposal that nobody has decided and an activity that owes."""
    made = make_sample()
    made.rows["proposals"][0]["status"] = int(ProposalStatus.PROPOSED)
    activity = made.rows["activities"][0]
    made.add("balances", book=6, owner=activity["debtor_id"], lot_id=bytes(32), quantity_gco2e=2_500_000)
    return made


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory, waiting: SampleLedger) -> Iterator[Snapshot]:
    url = f"sqlite:///{tmp_path_factory.mktemp('outlook') / 'index.db'}"
    database = open_database(url)
    database.migrate()
    waiting.save(database)
    database.close()
    readers = open_readers(url, cached_facts=100)
    with readers.snapshot() as made:
        yield made
    readers.close()


def look(snapshot: Snapshot, ledger: SampleLedger, name: str, **others: str) -> Outlook:
    given = dict(NAMED.get(name, {}))
    fields = {field.kind for field in ACTS[name].fields}
    if Kind.LOT in fields:
        given["lot_id"] = LotId(ledger.rows["lots"][0]["lot_id"]).hex0x
    if Kind.PROPOSAL in fields:
        given["proposal_id"] = LotId(ledger.rows["proposals"][0]["proposal_id"]).hex0x
    asked = asked_for(name, **{**given, **others})
    return LOOKS[name](snapshot, Meant(asked.arguments, asked.body, compose(name, asked)))


def said(outlook: Outlook, language: str = "en") -> str:
    words = texts(language)
    return " ".join(told(words, language, one.text, one.values) for one in outlook.statements)


def change(outlook: Outlook, text: str) -> tuple[int | None, int | None]:
    """Before and after, in grams, of the first change of this text."""
    found: Change = next(one for one in outlook.changes if one.text == text)
    return found.before, found.after


@pytest.mark.parametrize("name", list(ACTS))
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_act_says_what_it_will_do_in_both_languages(
    snapshot: Snapshot, waiting: SampleLedger, name: str, language: str
) -> None:
    found = look(snapshot, waiting, name)
    words = texts(language)
    assert found.statements
    for one in found.statements:
        assert told(words, language, one.text, one.values)
        assert one.tone in {"plain", "warning", "bad"}
    for each in found.changes:
        assert told(words, language, each.text, each.values)
    assert "unknown" not in " ".join(one.text for one in found.statements)
    assert (found.again is not None) == (ACTS[name].weight is Weight.FINAL)


def test_a_cancellation_is_told_in_tonnes_from_the_account_to_the_class(
    snapshot: Snapshot, waiting: SampleLedger
) -> None:
    found = look(snapshot, waiting, "cancel")
    held = 200_000_000 - 3_000_003
    assert change(found, "acts_change_account_lot") == (held, held - 12_500_000)
    assert change(found, "acts_change_lot_cancelled") == (3_000_003, 15_500_003)
    assert change(found, "acts_change_class_cancelled") == (3_000_003, 15_500_003)
    before, after = change(found, "acts_change_class_held")
    assert (before or 0) - (after or 0) == 12_500_000
    assert "Cancels 12.5 t (12,500,000 g) of Class I for good, for: Voluntary offset." in said(found)
    assert "184.499997 t of the lot are left" in said(found)
    assert "将永久注销 12.5 吨（12,500,000 克）Ⅰ类减排量，用于“自愿碳抵销”。" in said(found, "zh")
    assert found.again is not None
    assert found.again.expected == "12500000"


def test_more_than_an_account_holds_is_said_and_leaves_nothing_to_show(
    snapshot: Snapshot, waiting: SampleLedger
) -> None:
    found = look(snapshot, waiting, "cancel", quantity_gco2e="5000")
    assert change(found, "acts_change_account_lot")[1] is None
    assert "less than 5,000 t" in said(found)
    assert {one.text for one in found.statements if one.tone == "bad"} == {"acts_look_not_enough"}


def test_class_ii_for_compliance_is_said_to_be_forbidden(snapshot: Snapshot, waiting: SampleLedger) -> None:
    heat = LotId(waiting.rows["lots"][2]["lot_id"]).hex0x
    found = look(
        snapshot, waiting, "cancel", account=OPERATOR.hex0x, lot_id=heat, quantity_gco2e="1", purpose="ets-compliance"
    )
    assert "Class II must not serve: ETS compliance (M12)." in said(found)


def test_a_transfer_changes_both_accounts_and_no_total(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "transfer")
    accounts = [one for one in found.changes if one.text == "acts_change_account_lot"]
    assert [(one.after or 0) - (one.before or 0) for one in accounts] == [-12_500_000, 12_500_000]
    before, after = change(found, "acts_change_lot_held")
    assert before == after


def test_a_correction_takes_what_is_there_and_owes_the_rest(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "correct")
    held = 462_000_000 - 200_000_000 - 5
    assert change(found, "acts_change_account_lot") == (held, 0)
    assert change(found, "acts_change_deficit") == (2_500_000, 2_500_000 + 300_000_000 - held)
    assert change(found, "acts_change_lot_corrected") == (0, 300_000_000)
    assert "261.999995 t are taken back" in said(found)
    assert "38.000005 t are no longer there" in said(found)


def test_a_confirmation_fills_the_deficit_first(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "confirm_issuance")
    assert change(found, "acts_change_deficit") == (2_500_000, 0)
    before, after = change(found, "acts_change_account_held")
    assert (after or 0) - (before or 0) == 462_000_000 - 2_500_000
    before, after = change(found, "acts_change_class_issued")
    assert (after or 0) - (before or 0) == 462_000_000
    assert "2.5 t of it fill the deficit first" in said(found)
    assert "Overlap: SH-PV-0001 issued 462 t" in said(found)


def test_a_signer_who_proposed_is_told_before_anything_is_signed(snapshot: Snapshot, waiting: SampleLedger) -> None:
    asked = asked_for("confirm_issuance", proposal_id=LotId(waiting.rows["proposals"][0]["proposal_id"]).hex0x)
    operation = compose("confirm_issuance", asked)
    proposer = Address(waiting.rows["proposals"][0]["proposer"])
    own = type(operation)(call=operation.call, sender=proposer, record=operation.record)
    assert "(M11)" in said(LOOKS["confirm_issuance"](snapshot, Meant(asked.arguments, asked.body, own)))
    assert operation.sender == SIGNER
    assert "(M11)" not in said(LOOKS["confirm_issuance"](snapshot, Meant(asked.arguments, asked.body, operation)))


def test_days_that_nothing_claims_are_said_to_be_free(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "propose_issuance")
    assert "acts_look_no_overlap" in {one.text for one in found.statements}
    assert "Monitoring period 2026-01-01 to 2026-01-31: 31 days." in said(found)


def test_an_act_over_the_cap_is_said_to_be_over_it(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "propose_issuance", quantity_gco2e="10000")
    assert "acts_look_over_cap" in {one.text for one in found.statements if one.tone == "bad"}


def test_what_was_found_wrong_is_left_of_the_cap_again(snapshot: Snapshot, waiting: SampleLedger) -> None:
    row = activity_of(snapshot, waiting.rows["activities"][0]["activity_id"])
    assert row is not None
    issued = row._replace(cap_grams=1_000, issued_grams=500, corrected_grams=40)
    earned = issued._replace(earned_grams=300, earned_corrected_grams=20)
    assert cap_left(earned) == 1_000 - 500 - 300 + 40 + 20


def test_an_account_that_holds_something_cannot_close(snapshot: Snapshot, waiting: SampleLedger) -> None:
    assert "acts_look_still_holding" in {one.text for one in look(snapshot, waiting, "close_account").statements}


def test_an_activity_that_owes_cannot_end(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "close_activity")
    assert "Its deficit is 2.5 t" in said(found)
    assert "acts_look_end_deficit" in {one.text for one in found.statements if one.tone == "bad"}


def test_a_campaign_is_cancelled_whole(snapshot: Snapshot, waiting: SampleLedger) -> None:
    found = look(snapshot, waiting, "cancel_campaign")
    assert change(found, "acts_change_campaign_pool") == (0, 0)
    assert "acts_look_pool_empty" in {one.text for one in found.statements if one.tone == "bad"}


@pytest.mark.parametrize("name", ["cancel", "transfer", "correct", "freeze_lot"])
def test_a_lot_that_the_index_does_not_know_is_said_to_be_unknown(
    snapshot: Snapshot, waiting: SampleLedger, name: str
) -> None:
    found = look(snapshot, waiting, name, lot_id="0x" + "77" * 32)
    assert [one.text for one in found.statements] == ["acts_look_unknown_lot"]


# --------------------------------------------------------------------------------------------------------- the texts


def test_every_text_that_acts_name_is_there_in_both_languages() -> None:
    named = set()
    for path in Path(ROOT / "api/web/console/acts").glob("*.py"):
        named |= set(re.findall(r'"(acts_[a-z_]+)"', path.read_text(encoding="utf-8")))
    for path in Path(ROOT / "api/web/templates/console/acts").glob("*.html"):
        named |= set(re.findall(r"words\.(acts_[a-z_]+)", path.read_text(encoding="utf-8")))
    for act in (*ACTS.values(), *HOLDER_ACTS.values()):
        named |= {f"acts_name_{act.name}", f"acts_does_{act.name}", f"acts_group_{act.group}"}
        named |= {field.label_text for field in act.fields} | {field.hint_text for field in act.fields} - {None}
    named |= {f"acts_wrong_{kind}" for kind in Kind} | {f"acts_queue_{mark}" for mark in Mark}
    for language in ("zh", "en"):
        assert not named - set(texts(language))


def test_every_argument_of_an_act_has_a_name_in_both_languages() -> None:
    kinds = {compose(name, asked_for(name)).call.kind for name in ACTS}
    for function in LEDGER_FUNCTIONS:
        if function.kind not in kinds:
            continue
        for stated in _STATED[function.contract, function.function.name]:
            name = stated.name if isinstance(stated, _Apart) else stated[0]
            for language in ("zh", "en"):
                assert argument_label(texts(language), name) != name, name


def test_both_languages_fill_in_the_same() -> None:
    chinese, english = texts("zh"), texts("en")
    for name in chinese:
        if name.startswith("acts_"):
            fields = [{part[1] for part in Formatter().parse(one[name])} - {None} for one in (chinese, english)]
            assert fields[0] == fields[1], name


# ------------------------------------------------------------------------------------------------------- the history


def test_rates_are_compared_as_the_supervision_board_compares_them() -> None:
    tonne = 1_000_000
    before = [Issued(0, 9, 10 * tonne), Issued(10, 29, 40 * tonne), Issued(30, 39, 30 * tonne)]
    assert [rate(one) for one in before] == [tonne, 2 * tonne, 3 * tonne]
    assert compare(Issued(40, 139, 200 * tonne), before) == (Mark.USUAL, "1.0")
    assert compare(Issued(40, 41, 12 * tonne), before) == (Mark.USUAL, "3.0")
    assert compare(Issued(40, 41, 12 * tonne + 2), before) == (Mark.HIGH, "3.0")
    assert compare(Issued(40, 40, 9 * tonne), before) == (Mark.USUAL, "4.5")  # below the floor it says nothing
    assert compare(Issued(40, 40, 90 * tonne), before[:2]) == (Mark.FEW, "60.0")
    assert compare(Issued(40, 40, 5), []) == (Mark.FIRST, None)
