// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {PointLedger} from "../../src/ledgers/PointLedger.sol";
import {ReductionLedger} from "../../src/ledgers/ReductionLedger.sol";
import {ActivityRegistry} from "../../src/registries/ActivityRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    ActivityId,
    BatchKind,
    CampaignId,
    CampaignStatus,
    CancellationPurpose,
    CivilDay,
    ClaimId,
    DebtorId,
    LotId,
    OperationId,
    ProviderStatus,
    ReductionClass
} from "../../src/types/Types.sol";
import {Vm} from "../Base.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";

/// @notice Feeds of both classes, issuance on the same activities and days, malls, campaigns and corrections, with values
/// near the edges: what persons have and one more, a tonne and one less.
/// @dev Operations may be refused. What was applied is kept here ("ghosts") from events alone.
contract PointHandler is PointsFixture {
    /// @dev What the events of one class add up to, in g CO2e.
    struct Ghost {
        uint256 earned;
        uint256 withheld;
        uint256 redeemed;
        uint256 donated;
        uint256 cancelled;
        uint256 corrected;
        uint256 donationsCancelled;
        uint256 boughtBack;
        uint256 issued;
        uint256 issuedWithheld;
        uint256 lotsCancelled;
        uint256 lotsTakenBack;
    }

    struct Sent {
        address sender;
        address target;
        bytes data;
    }

    ActivityId[] public feeds;
    address[2] public malls;
    CampaignId[] public allCampaigns;
    LotId[] public lots;
    Sent[] private _sent;

    mapping(ReductionClass => Ghost) private _ghosts;
    mapping(address mall_ => mapping(ReductionClass => uint256)) public redeemedAt;
    mapping(CampaignId => mapping(ReductionClass => uint256)) public donatedTo;
    mapping(uint64 batchNumber => mapping(ReductionClass => uint256)) public personalAfter;
    mapping(ClaimId => mapping(uint256 day_ => uint256 ways)) private _waysOfDay;
    mapping(ActivityId => uint256) public credited;
    mapping(ActivityId => uint256) public corrected;
    mapping(DebtorId => uint256) public owed;
    uint256 public behaviourValue;
    uint64 public batches;
    uint64 public certificates;

    bool public dayCreditedBothWays;
    bool public batchNumberSkipped;
    bool public certificateSkipped;
    bool public wrongPersonalTotal;
    bool public classMixed;
    bool public behaviourMovedGrams;
    bool public snapshotLied;
    bool public cheatPassed;
    bool public repetitionChangedSomething;
    bool public somethingFell;

    mapping(bytes32 outcome => uint256) public times;

    uint256 private _now;

    function setUp() public override {
        super.setUp();
        _now = block.timestamp;
        IActivityRegistry.Registration memory registration = feedOf("BUS-A", bus);
        registration.capGrams = 6 * TONNE;
        feeds.push(register(registration));
        registration = feedOf("METRO-A", metro);
        registration.capGrams = 4 * TONNE;
        feeds.push(register(registration));
        registration = feedOf("DEPOT-A", bus);
        registration.facilityId = keccak256("depot");
        feeds.push(register(registration));
        malls = [mall, secondMall];
        allCampaigns.push(marathon);
        allCampaigns.push(openCampaign("EXPO"));
    }

    function contracts() external view returns (PointLedger, ReductionLedger, ActivityRegistry) {
        return (points, ledger, activities);
    }

    function counts() external view returns (uint256 feedCount, uint256 campaignCount, uint256 lotCount) {
        return (feeds.length, allCampaigns.length, lots.length);
    }

    function ghost(ReductionClass class) external view returns (Ghost memory) {
        return _ghosts[class];
    }

    function walkingId() external view returns (ActivityId) {
        return walking;
    }

    // ----------------------------------------------------------------------------------------------------- operations

    function earn(uint256 feedSeed, uint256 daySeed, uint256 grams) external action {
        ActivityId id = _feed(feedSeed);
        IPointLedger.FeedHeader memory header = headerOf(id, uint64(bound(grams, 1, 2 * TONNE)));
        header.firstDay = day(today() - bound(daySeed, 1, 12));
        header.lastDay = day(CivilDay.unwrap(header.firstDay) + (daySeed >> 128) % 2);
        bytes memory data = abi.encodeCall(points.earn, (op(), header, signed(header), RECORD));
        _try("earn", platform, address(points), data);
    }

    /// @dev A header that nobody signed like this: replayed, or with one thing changed after signing.
    function cheatWithAHeader(uint256 feedSeed, uint256 grams, uint256 change) external action {
        IPointLedger.FeedHeader memory header = headerOf(_feed(feedSeed), uint64(bound(grams, 2, TONNE)));
        header.entryCount = 1;
        bytes memory signature = signed(header);
        change = change % 6;
        if (change == 0) header.total += 1;
        if (change == 1) header.entryCount += 1;
        if (change == 2) header.root = keccak256("other");
        if (change == 3) header.class = header.class == I ? II : I;
        if (change == 4) header.sequence += 1;
        if (change == 5) header.activityId = _feed(feedSeed + 1);
        bytes memory data = abi.encodeCall(points.earn, (op(), header, signature, RECORD));
        if (_try("cheat", platform, address(points), data)) cheatPassed = true;
    }

    function recordBehaviour(uint256 value, bool asGrams) external action {
        bytes memory before = _grams();
        IPointLedger.FeedHeader memory header = headerOf(walking, uint64(bound(value, 1, TONNE)));
        if (asGrams) header.kind = BatchKind.Earn;
        bytes memory signature = signed(header);
        bytes memory data = asGrams
            ? abi.encodeCall(points.earn, (op(), header, signature, RECORD))
            : abi.encodeCall(points.recordBehaviour, (op(), header, signature, RECORD));
        if (_try("behaviour", platform, address(points), data) && asGrams) cheatPassed = true;
        if (keccak256(before) != keccak256(_grams())) behaviourMovedGrams = true;
    }

    function redeem(uint256 classSeed, uint256 mallSeed, uint256 grams) external action {
        ReductionClass class = _class(classSeed);
        address provider = malls[mallSeed % 2];
        uint64 total = _upToPersonal(class, grams);
        // Half of the time what fills the pool exactly, or one gram less.
        if (grams % 4 < 2) total = uint64(TONNE - points.poolOf(provider, class) - grams % 4);
        if (total == 0) return;
        bytes memory data = abi.encodeCall(points.redeem, (op(), class, provider, batchOf(total), RECORD));
        bool tooMuch = total > personal(class);
        bool mayReceive = providers.providerOf(provider).status == ProviderStatus.Active;
        if (_try("redeem", platform, address(points), data) && (tooMuch || !mayReceive)) cheatPassed = true;
    }

    function donate(uint256 classSeed, uint256 campaignSeed, uint256 grams) external action {
        ReductionClass class = _class(classSeed);
        CampaignId campaign = _campaign(campaignSeed);
        uint64 total = _upToPersonal(class, grams);
        bytes memory data = abi.encodeCall(points.donate, (op(), class, campaign, batchOf(total), RECORD));
        bool tooMuch = total > personal(class);
        bool mayReceive = campaigns.campaignOf(campaign).status == CampaignStatus.Open;
        if (_try("donate", platform, address(points), data) && (tooMuch || !mayReceive)) cheatPassed = true;
    }

    function cancelPoints(uint256 classSeed, uint256 grams, uint256 entries) external action {
        ReductionClass class = _class(classSeed);
        IPointLedger.BatchCommitment memory batch = batchOf(_upToPersonal(class, grams));
        batch.entryCount = uint64(bound(entries, 1, 5));
        bool tooMuch = batch.total > personal(class);
        bytes memory data = abi.encodeCall(points.cancel, (op(), class, batch, RECORD));
        if (_try("cancel", platform, address(points), data) && tooMuch) cheatPassed = true;
    }

    function cancelCampaign(uint256 classSeed, uint256 campaignSeed) external action {
        bytes memory data =
            abi.encodeCall(points.cancelCampaign, (op(), _campaign(campaignSeed), _class(classSeed), RECORD));
        _try("cancel campaign", platform, address(points), data);
    }

    function correctBatch(uint256 batchSeed, uint256 grams, uint256 taken) external action {
        uint64 number = _earnBatch(batchSeed);
        IPointLedger.Batch memory batch = points.batchOf(number);
        uint64 left = batch.commitment.total - batch.correctedGrams;
        uint64 quantity = uint64(bound(grams, 0, uint256(left) + 1));
        uint64 total = uint64(bound(taken, 0, uint256(quantity) + 1));
        if (taken % 4 == 0) total = 0;
        IPointLedger.BatchCommitment memory commitment = total == 0 ? nothing() : batchOf(total);
        bytes memory data = abi.encodeCall(points.correct, (op(), number, quantity, commitment, RECORD));
        bool tooMuch = quantity > left || total > quantity || total > personal(batch.class);
        if (_try("correct", regulator, address(points), data) && tooMuch) cheatPassed = true;
    }

    function takeSnapshot(uint256 classSeed, uint256 batchSeed, uint256 off) external action {
        if (batches == 0) return;
        ReductionClass class = _class(classSeed);
        uint64 number = uint64(bound(batchSeed, 1, batches));
        uint64 total = uint64(personalAfter[number][class]);
        if (off % 4 == 0) total += 1;
        if (off % 4 == 1 && total > 0) total -= 1;
        bytes memory data = abi.encodeCall(points.takeSnapshot, (op(), class, number, batchOf(total), RECORD));
        bool done = _try("snapshot", platform, address(points), data);
        if (done && total != personalAfter[number][class]) snapshotLied = true;
    }

    function issueLot(uint256 feedSeed, uint256 daySeed, uint256 grams) external action {
        uint32 firstDay = uint32(today() - bound(daySeed, 1, 12));
        OperationId proposal = op();
        bytes memory data = abi.encodeCall(
            ledger.proposeIssuance,
            (proposal, _feed(feedSeed), day(firstDay), day(firstDay), uint128(bound(grams, 1, TONNE)), RECORD)
        );
        if (!_try("propose", centre, address(ledger), data)) return;
        data = abi.encodeCall(ledger.confirmIssuance, (op(), proposal, RECORD));
        _try("issue", regulator, address(ledger), data);
    }

    function correctLot(uint256 lotSeed, uint256 grams) external action {
        if (lots.length == 0) return;
        LotId lot = lots[lotSeed % lots.length];
        IReductionLedger.Lot memory stored = ledger.lotOf(lot);
        uint128 quantity = uint128(bound(grams, 1, uint256(stored.issuedGrams) - stored.correctedGrams + 1));
        bool isBoughtBack = ActivityId.unwrap(stored.activityId) == 0;
        bytes memory data = abi.encodeCall(ledger.correct, (op(), lot, quantity, RECORD));
        if (_try("correct lot", regulator, address(ledger), data) && isBoughtBack) cheatPassed = true;
    }

    /// @dev For compliance half of the time: what points of class II must never come to.
    function cancelLot(uint256 lotSeed, uint256 grams, bool forCompliance) external action {
        if (lots.length == 0) return;
        LotId lot = lots[lotSeed % lots.length];
        address holder = ledger.lotOf(lot).creditedAccount;
        uint128 quantity = uint128(bound(grams, 0, held(holder, lot)));
        CancellationPurpose purpose =
            forCompliance ? CancellationPurpose.EtsCompliance : CancellationPurpose.VoluntaryOffset;
        bytes memory data = abi.encodeCall(ledger.cancel, (op(), lot, quantity, purpose, RECORD));
        bool done = _try("cancel lot", holder, address(ledger), data);
        if (done && forCompliance && ledger.lotOf(lot).class == II) cheatPassed = true;
    }

    /// @dev Along the table of states, back to active more often than away from it.
    function stepProvider(uint256 mallSeed, uint256 step) external action {
        address provider = malls[mallSeed % 2];
        ProviderStatus status = providers.providerOf(provider).status;
        bytes memory data = abi.encodeCall(providers.resume, (op(), provider, RECORD));
        if (status == ProviderStatus.Active) {
            if (step % 4 != 0) return;
            data = abi.encodeCall(providers.suspend, (op(), provider, RECORD));
        } else if (status == ProviderStatus.Closed) {
            data = abi.encodeCall(providers.admit, (op(), provider, admissionOf("again"), RECORD));
        } else if (step % 4 == 0) {
            data = abi.encodeCall(providers.close, (op(), provider, RECORD));
        }
        _try("provider", exchange, address(providers), data);
    }

    function closeCampaign(uint256 campaignSeed, uint256 step) external action {
        if (step % 4 != 0) return;
        bytes memory data = abi.encodeCall(campaigns.close, (op(), _campaign(campaignSeed), RECORD));
        if (_try("close campaign", exchange, address(campaigns), data)) {
            allCampaigns.push(openCampaign(string.concat("NEXT-", vm.toString(allCampaigns.length))));
        }
    }

    function repeat(uint256 seed) external action {
        if (_sent.length == 0) return;
        Sent memory sent = _sent[seed % _sent.length];
        bytes memory before = _grams();
        vm.prank(sent.sender);
        (bool done,) = sent.target.call(sent.data);
        ++times[done ? bytes32("repeat") : bytes32("repeat refused")];
        if (keccak256(before) != keccak256(_grams())) repetitionChangedSomething = true;
    }

    function passDays(uint256 count) external action {
        _now += bound(count, 1, 2) * 1 days;
    }

    // -------------------------------------------------------------------------------------------------------- events

    modifier action() {
        vm.warp(_now);
        uint256[] memory before = _risingOnly();
        _;
        uint256[] memory afterwards = _risingOnly();
        for (uint256 i = 0; i < before.length; ++i) {
            if (afterwards[i] < before[i]) somethingFell = true;
        }
    }

    function _try(bytes32 name, address sender, address target, bytes memory data) private returns (bool done) {
        vm.recordLogs();
        vm.prank(sender);
        (done,) = target.call(data);
        Vm.Log[] memory events = vm.getRecordedLogs();
        if (!done) return false;
        _sent.push(Sent(sender, target, data));
        ++times[name];
        for (uint256 i = 0; i < events.length; ++i) {
            if (events[i].emitter == address(points)) _readPoints(events[i]);
            if (events[i].emitter == address(ledger)) _readReductions(events[i]);
        }
    }

    function _readPoints(Vm.Log memory log_) private {
        bytes32 topic = log_.topics[0];
        if (topic == IPointLedger.CampaignPoolCancelled.selector) return _readCampaignPoolCancelled(log_);
        if (uint256(log_.topics[1]) != ++batches) batchNumberSkipped = true;
        (ReductionClass class, uint256 told) = (ReductionClass.None, 0);
        if (topic == IPointLedger.PointsEarned.selector) (class, told) = _readEarned(log_);
        else if (topic == IPointLedger.PointsRedeemed.selector) (class, told) = _readRedeemed(log_);
        else if (topic == IPointLedger.PointsDonated.selector) (class, told) = _readDonated(log_);
        else if (topic == IPointLedger.PointsCancelled.selector) (class, told) = _readCancelled(log_);
        else if (topic == IPointLedger.PointsCorrected.selector) (class, told) = _readCorrected(log_);
        else if (topic == IPointLedger.BehaviourRecorded.selector) _readBehaviour(log_);
        personalAfter[batches][I] = _personalOf(I);
        personalAfter[batches][II] = _personalOf(II);
        if (class != ReductionClass.None && told != _personalOf(class)) wrongPersonalTotal = true;
    }

    function _readEarned(Vm.Log memory log_) private returns (ReductionClass, uint256) {
        (IPointLedger.FeedHeader memory header, uint64 withheld, uint128 told) =
            abi.decode(log_.data, (IPointLedger.FeedHeader, uint64, uint128));
        Ghost storage sums = _ghosts[header.class];
        sums.earned += header.total;
        sums.withheld += withheld;
        credited[header.activityId] += header.total;
        DebtorId debtor = activities.debtorOf(header.activityId);
        owed[debtor] -= withheld;
        for (uint256 d = CivilDay.unwrap(header.firstDay); d <= CivilDay.unwrap(header.lastDay); ++d) {
            _markDay(header.activityId, d, 1);
        }
        return (header.class, told);
    }

    function _readRedeemed(Vm.Log memory log_) private returns (ReductionClass class, uint256 told) {
        IPointLedger.BatchCommitment memory batch;
        (class, batch,, told) = abi.decode(log_.data, (ReductionClass, IPointLedger.BatchCommitment, uint128, uint256));
        _ghosts[class].redeemed += batch.total;
        redeemedAt[address(uint160(uint256(log_.topics[3])))][class] += batch.total;
    }

    function _readDonated(Vm.Log memory log_) private returns (ReductionClass class, uint256 told) {
        IPointLedger.BatchCommitment memory batch;
        (class, batch, told) = abi.decode(log_.data, (ReductionClass, IPointLedger.BatchCommitment, uint256));
        _ghosts[class].donated += batch.total;
        donatedTo[CampaignId.wrap(log_.topics[3])][class] += batch.total;
    }

    function _readCancelled(Vm.Log memory log_) private returns (ReductionClass class, uint256 told) {
        IPointLedger.BatchCommitment memory batch;
        uint64 first;
        (class, batch, first, told) =
            abi.decode(log_.data, (ReductionClass, IPointLedger.BatchCommitment, uint64, uint256));
        _ghosts[class].cancelled += batch.total;
        _takeCertificates(first, batch.entryCount);
    }

    function _readCorrected(Vm.Log memory log_) private returns (ReductionClass class, uint256 told) {
        uint64 grams;
        IPointLedger.BatchCommitment memory batch;
        (class, grams, batch, told) =
            abi.decode(log_.data, (ReductionClass, uint64, IPointLedger.BatchCommitment, uint256));
        ActivityId id = ActivityId.wrap(points.batchOf(uint64(uint256(log_.topics[3]))).party);
        _ghosts[class].corrected += batch.total;
        corrected[id] += grams;
        owed[activities.debtorOf(id)] += grams - batch.total;
    }

    function _readBehaviour(Vm.Log memory log_) private {
        behaviourValue += abi.decode(log_.data, (IPointLedger.FeedHeader)).total;
    }

    function _readCampaignPoolCancelled(Vm.Log memory log_) private {
        (ReductionClass class,, uint128 grams) = abi.decode(log_.data, (ReductionClass, CancellationPurpose, uint128));
        CampaignId campaign = CampaignId.wrap(log_.topics[1]);
        if (donatedTo[campaign][class] != grams) classMixed = true;
        donatedTo[campaign][class] = 0;
        _ghosts[class].donationsCancelled += grams;
        _takeCertificates(uint64(uint256(log_.topics[3])), 1);
    }

    function _readReductions(Vm.Log memory log_) private {
        bytes32 topic = log_.topics[0];
        LotId lot = LotId.wrap(uint256(log_.topics[1]));
        if (topic == IReductionLedger.PointsBoughtBack.selector) _readBoughtBack(lot, log_);
        if (topic == IReductionLedger.IssuanceConfirmed.selector) _readIssued(lot);
        if (topic == IReductionLedger.ReductionCancelled.selector) {
            (,, uint128 grams,) = abi.decode(log_.data, (bytes32, CancellationPurpose, uint128, uint128));
            _ghosts[ledger.lotOf(lot).class].lotsCancelled += grams;
            _takeCertificates(uint64(uint256(log_.topics[3])), 1);
        }
        if (topic == IReductionLedger.ReductionCorrected.selector) {
            (uint128 grams, uint128 taken,) = abi.decode(log_.data, (uint128, uint128, uint128));
            ActivityId id = ledger.lotOf(lot).activityId;
            _ghosts[ledger.lotOf(lot).class].lotsTakenBack += taken;
            corrected[id] += grams;
            owed[activities.debtorOf(id)] += grams - taken;
        }
    }

    function _readBoughtBack(LotId lot, Vm.Log memory log_) private {
        (, ReductionClass class,, uint128 grams) = abi.decode(log_.data, (bytes32, ReductionClass, uint128, uint128));
        lots.push(lot);
        _ghosts[class].boughtBack += grams;
        if (ledger.lotOf(lot).class != class || grams % TONNE != 0) classMixed = true;
        ++times["buy back"];
    }

    function _readIssued(LotId id) private {
        IReductionLedger.Lot memory lot = ledger.lotOf(id);
        lots.push(id);
        DebtorId debtor = activities.debtorOf(lot.activityId);
        _ghosts[lot.class].issued += lot.issuedGrams;
        _ghosts[lot.class].issuedWithheld += lot.takenBackGrams;
        credited[lot.activityId] += lot.issuedGrams;
        owed[debtor] -= lot.takenBackGrams;
        _markDay(lot.activityId, CivilDay.unwrap(lot.firstDay), 2);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _markDay(ActivityId id, uint256 day_, uint256 way) private {
        ClaimId claim = Encodings.claimId(id, activities.activityOf(id).registration.facilityId);
        _waysOfDay[claim][day_] |= way;
        if (_waysOfDay[claim][day_] == 3) dayCreditedBothWays = true;
    }

    function _takeCertificates(uint64 first, uint64 count) private {
        if (first != certificates + 1) certificateSkipped = true;
        certificates += count;
    }

    /// @dev personal = earned - withheld - redeemed - donated - cancelled - corrected; reverts where that is negative.
    function _personalOf(ReductionClass class) private view returns (uint256) {
        Ghost storage sums = _ghosts[class];
        return sums.earned - sums.withheld - sums.redeemed - sums.donated - sums.cancelled - sums.corrected;
    }

    function _grams() private view returns (bytes memory) {
        bytes memory pools = "";
        for (uint256 i = 0; i < 2; ++i) {
            pools = bytes.concat(pools, abi.encode(points.poolOf(malls[i], I), points.poolOf(malls[i], II)));
        }
        bytes memory totals =
            abi.encode(points.totalsOf(I), points.totalsOf(II), ledger.totalsOf(I), ledger.totalsOf(II));
        return bytes.concat(totals, pools, abi.encode(ledger.nextSerial(), ledger.certificateCount()));
    }

    function _risingOnly() private view returns (uint256[] memory values) {
        values = new uint256[](11);
        for (uint8 class = 1; class <= 2; ++class) {
            IPointLedger.PointTotals memory totals = points.totalsOf(ReductionClass(class));
            values[class * 4 - 4] = totals.issued;
            values[class * 4 - 3] = totals.boughtBack;
            values[class * 4 - 2] = totals.cancelled;
            values[class * 4 - 1] = totals.takenBack;
        }
        values[8] = points.batchCount();
        values[9] = ledger.certificateCount();
        values[10] = points.behaviourValueOf(walking);
    }

    /// @dev Mostly what persons can spare, sometimes all of it and one gram more.
    function _upToPersonal(ReductionClass class, uint256 seed) private view returns (uint64) {
        uint256 has = personal(class);
        if (seed % 8 == 0) return uint64(has + 1);
        return uint64(bound(seed, 1, has / (1 + seed % 3) + 1));
    }

    function _feed(uint256 seed) private view returns (ActivityId) {
        return feeds[seed % feeds.length];
    }

    function _class(uint256 seed) private pure returns (ReductionClass) {
        return seed % 2 == 0 ? I : II;
    }

    /// @dev The latest of them most of the time: the others are closed.
    function _campaign(uint256 seed) private view returns (CampaignId) {
        return seed % 4 == 0
            ? allCampaigns[(seed >> 8) % allCampaigns.length]
            : allCampaigns[allCampaigns.length - 1 - seed % 2];
    }

    /// @dev The next earn batch from a number on, or that number where there is none.
    function _earnBatch(uint256 seed) private view returns (uint64) {
        if (batches == 0) return 1;
        uint64 from = uint64(seed % batches);
        for (uint64 i = 0; i < batches && seed % 8 != 0; ++i) {
            uint64 number = (from + i) % batches + 1;
            if (points.batchOf(number).kind == BatchKind.Earn) return number;
        }
        return from + 1;
    }
}
