// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {ReductionLedger} from "../../src/ledgers/ReductionLedger.sol";
import {TransparencyLog} from "../../src/log/TransparencyLog.sol";
import {AccountRegistry} from "../../src/registries/AccountRegistry.sol";
import {ActivityRegistry} from "../../src/registries/ActivityRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    AccountStatus,
    ActivityId,
    ActivityStatus,
    CancellationPurpose,
    CivilDay,
    Custody,
    LotId,
    OperationId,
    ProposalStatus,
    ReductionClass
} from "../../src/types/Types.sol";
import {Vm} from "../Base.sol";
import {Fixture} from "../helpers/Fixture.sol";

/// @notice Many actors, keys, activities, lots and days, and every operation on them with values near the edges.
/// @dev Operations may be refused; what they must never do is kept here as facts ("ghosts") from the events alone, and
/// compared with the contracts' state by the invariants.
contract Handler is Fixture {
    struct Certificate {
        uint64 number;
        LotId lot;
        CancellationPurpose purpose;
        uint128 grams;
        uint128 firstSerial;
    }

    struct Sent {
        address sender;
        address target;
        bytes data;
    }

    // ---------------------------------------------------------------------------------------------------- the players

    address[] public actors;
    address[] public keys;
    ActivityId[] public activityIds;
    bytes32[] public facilities;
    OperationId[] public proposals;
    LotId[] public lots;

    // --------------------------------------------------------------------------------------------------------- ghosts

    Certificate[] private _certificates;
    Sent[] private _sent;

    /// @dev Sizes at which a root was read, and what it was.
    uint64[] public knownSizes;
    mapping(uint64 size => bytes32) public rootOfSize;

    mapping(OperationId => uint256) public leavesOf;
    uint256 public leaves;
    mapping(OperationId => address) public proposerOf;
    mapping(ActivityId => uint256) public shortfallGrams;
    mapping(ActivityId => uint256) public withheldGrams;
    mapping(bytes32 facilityOrActivity => mapping(uint256 day => uint256)) public timesCredited;
    mapping(ReductionClass => uint256) public issuedGrams;

    bool public confirmedByProposer;
    bool public dayCreditedTwice;
    bool public movedThoughStopped;
    bool public somethingFell;
    bool public repetitionChangedSomething;
    bool public appliedTwice;

    mapping(bytes32 outcome => uint256) public times;

    uint256 private _now;

    // ---------------------------------------------------------------------------------------------------------- setup

    function setUp() public override {
        super.setUp();
        _now = block.timestamp;
        actors = [owner, buyer, kept, account("second owner"), openKept("kept too")];
        open(actors[3], Custody.Holder);
        keys = [regulator, centre, account("third key")];
        _register("PV-0", owner, 100_000, keccak256("roof"), false);
        _register("PV-1", actors[3], 900, keccak256("field"), false);
        _register("METRO-0", owner, 50_000, 0, true);
        _noteRoot();
        leaves = log.size();
    }

    function contracts() external view returns (ReductionLedger, AccountRegistry, ActivityRegistry, TransparencyLog) {
        return (ledger, accounts, activities, log);
    }

    function certificates() external view returns (Certificate[] memory) {
        return _certificates;
    }

    function counts()
        external
        view
        returns (uint256 actorCount, uint256 activityCount, uint256 lotCount, uint256 facilityCount, uint256 sizeCount)
    {
        return (actors.length, activityIds.length, lots.length, facilities.length, knownSizes.length);
    }

    // ----------------------------------------------------------------------------------------------------- operations

    function proposeIssuance(uint256 key, uint256 activity, uint256 first, uint256 length, uint256 grams)
        external
        action
    {
        uint32 firstDay = uint32(bound(first, today() - 200, today()));
        uint32 lastDay = uint32(firstDay + bound(length, 0, 6));
        OperationId id = op();
        address proposer = _keyWith(Roles.TECHNICAL_CENTRE, key);
        bytes memory data = abi.encodeCall(
            ledger.proposeIssuance,
            (id, _activity(activity), day(firstDay), day(lastDay), uint128(bound(grams, 0, 1000)), RECORD)
        );
        if (_try("propose", proposer, address(ledger), data)) {
            proposals.push(id);
            proposerOf[id] = proposer;
        }
    }

    function confirmIssuance(uint256 key, uint256 proposal) external action {
        _confirm(_keyWith(Roles.REGULATOR, key), proposal);
    }

    /// @dev A key that lost one role and gained the other confirms what it proposed itself.
    function confirmOwnProposal(uint256 proposal) external action {
        if (proposals.length == 0) return;
        address proposer = proposerOf[_waiting(proposal)];
        _assign(proposer, Roles.REGULATOR);
        _confirm(proposer, proposal);
    }

    function rejectIssuance(uint256 key, uint256 proposal) external action {
        if (proposals.length == 0 || _seldom(key)) return;
        OperationId id = _waiting(proposal);
        bytes memory data = abi.encodeCall(ledger.rejectIssuance, (op(), id, RECORD));
        _try("reject", _keyWith(Roles.REGULATOR, key), address(ledger), data);
    }

    function transfer(uint256 from, uint256 to, uint256 lot, uint256 grams) external action {
        (address giver, LotId id) = _holding(from, lot);
        address receiver = _actor(to);
        uint128 quantity = uint128(bound(grams, 0, held(giver, id) + 1));
        bool stopped = _isStopped(giver, id) || !_isActive(receiver);
        bytes memory data = _isKept(giver)
            ? abi.encodeCall(ledger.transferFor, (op(), giver, receiver, id, quantity, RECORD))
            : abi.encodeCall(ledger.transfer, (op(), receiver, id, quantity, RECORD));
        bool done = _try("transfer", _isKept(giver) ? platform : giver, address(ledger), data);
        if (done && stopped) movedThoughStopped = true;
    }

    function cancel(uint256 from, uint256 lot, uint256 grams, uint256 purpose) external action {
        (address holder, LotId id) = _holding(from, lot);
        _cancel(holder, id, bound(grams, 0, held(holder, id) + 1), CancellationPurpose(bound(purpose, 0, 4)));
    }

    /// @dev Everything an actor has of a lot, for compliance: what class II must never do.
    function cancelAllForCompliance(uint256 from, uint256 lot) external action {
        (address holder, LotId id) = _holding(from, lot);
        _cancel(holder, id, held(holder, id), CancellationPurpose.EtsCompliance);
    }

    function correct(uint256 key, uint256 lot, uint256 grams) external action {
        LotId id = _lot(lot);
        IReductionLedger.Lot memory stored = ledger.lotOf(id);
        uint256 quantity = bound(grams, 0, uint256(stored.issuedGrams) - stored.correctedGrams + 1);
        bytes memory data = abi.encodeCall(ledger.correct, (op(), id, uint128(quantity), RECORD));
        _try("correct", _keyWith(Roles.REGULATOR, key), address(ledger), data);
    }

    function freezeOrUnfreezeLot(uint256 key, uint256 lot) external action {
        LotId id = _lot(lot);
        bool frozen = ledger.lotOf(id).frozen;
        if (!frozen && _seldom(key)) return;
        bytes memory data = frozen
            ? abi.encodeCall(ledger.unfreezeLot, (op(), id, RECORD))
            : abi.encodeCall(ledger.freezeLot, (op(), id, RECORD));
        _try("freeze lot", _keyWith(Roles.REGULATOR, key), address(ledger), data);
    }

    function freezeOrUnfreezeAccount(uint256 key, uint256 actor) external action {
        address holder = _actor(actor);
        if (_isActive(holder) && _seldom(key)) return;
        bytes memory data = _isActive(holder)
            ? abi.encodeCall(accounts.freeze, (op(), holder, RECORD))
            : abi.encodeCall(accounts.unfreeze, (op(), holder, RECORD));
        _try("freeze account", _keyWith(Roles.REGULATOR, key), address(accounts), data);
    }

    /// @dev Where it succeeds somebody else comes. The operators stay, or nothing more would happen in a run.
    function closeAccount(uint256 actor) external action {
        address holder = _actor(actor);
        if (holder == owner || holder == actors[3]) return;
        bytes memory data = abi.encodeCall(accounts.close, (op(), holder, RECORD));
        if (_try("close account", platform, address(accounts), data)) {
            vm.recordLogs();
            actors.push(openKept(vm.toString(actors.length)));
            _readEvents();
        }
    }

    function suspendOrResume(uint256 key, uint256 activity) external action {
        ActivityId id = _activity(activity);
        bool suspended = activities.activityOf(id).status == ActivityStatus.Suspended;
        if (!suspended && _seldom(key)) return;
        bytes memory data = suspended
            ? abi.encodeCall(activities.resume, (op(), id, RECORD))
            : abi.encodeCall(activities.suspend, (op(), id, RECORD));
        _try("suspend", _keyWith(Roles.REGULATOR, key), address(activities), data);
    }

    /// @dev Ends an activity and registers its facility again, as another activity.
    function endAndRegisterAgain(uint256 key, uint256 activity) external action {
        ActivityId id = _activity(activity);
        IActivityRegistry.Registration memory next = activities.activityOf(id).registration;
        bytes memory data = activity % 2 == 0
            ? abi.encodeCall(activities.close, (op(), id, RECORD))
            : abi.encodeCall(activities.withdraw, (op(), id, RECORD));
        if (!_seldom(key)) _try("end", _keyWith(Roles.REGULATOR, key), address(activities), data);
        next.code = string.concat("AGAIN-", vm.toString(activityIds.length));
        data = abi.encodeCall(activities.register, (op(), next, RECORD));
        if (_try("register", _keyWith(Roles.REGULATOR, key), address(activities), data)) {
            activityIds.push(Encodings.activityId(next.code));
        }
    }

    /// @dev Gives a key another role, after taking the incompatible one from it (or without, which must be refused).
    function assignRole(uint256 key, bool toRegulator) external action {
        _assign(keys[key % keys.length], toRegulator ? Roles.REGULATOR : Roles.TECHNICAL_CENTRE);
    }

    /// @dev Sends again what was applied before, alone or in a multicall.
    function repeat(uint256 seed, bool inMulticall) external action {
        if (_sent.length == 0) return;
        Sent memory sent = _sent[seed % _sent.length];
        bytes memory data = sent.data;
        if (inMulticall) {
            bytes[] memory calls = new bytes[](1);
            calls[0] = data;
            data = abi.encodeCall(ledger.multicall, (calls));
        }
        bytes32 before = stateDigest();
        vm.prank(sent.sender);
        (bool done,) = sent.target.call(data);
        ++times[done ? bytes32("repeat") : bytes32("repeat refused")];
        if (stateDigest() != before) repetitionChangedSomething = true;
    }

    function passDays(uint256 count) external action {
        _now += bound(count, 1, 8) * 1 days;
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    /// @dev What never falls must not fall in any action, and a root is noted after each.
    modifier action() {
        vm.warp(_now);
        uint256[] memory before = _risingOnly();
        _;
        uint256[] memory afterwards = _risingOnly();
        for (uint256 i = 0; i < before.length; ++i) {
            if (afterwards[i] < before[i]) somethingFell = true;
        }
        _noteRoot();
    }

    /// @notice Everything that the players can see of the state, in one word.
    function stateDigest() public view returns (bytes32 digest) {
        digest = keccak256(abi.encode(log.root(), ledger.nextSerial(), ledger.certificateCount()));
        for (uint256 i = 0; i < lots.length; ++i) {
            digest = keccak256(abi.encode(digest, ledger.lotOf(lots[i])));
            for (uint256 j = 0; j < actors.length; ++j) {
                digest = keccak256(abi.encode(digest, held(actors[j], lots[i]), accounts.accountOf(actors[j])));
            }
        }
        for (uint256 i = 0; i < activityIds.length; ++i) {
            digest = keccak256(abi.encode(digest, activities.activityOf(activityIds[i])));
        }
    }

    function _confirm(address key, uint256 proposal) private {
        if (proposals.length == 0) return;
        OperationId id = _waiting(proposal);
        bytes memory data = abi.encodeCall(ledger.confirmIssuance, (op(), id, RECORD));
        if (_try("confirm", key, address(ledger), data) && proposerOf[id] == key) confirmedByProposer = true;
    }

    function _cancel(address holder, LotId id, uint256 grams, CancellationPurpose purpose) private {
        bool stopped = _isStopped(holder, id);
        bytes memory data = _isKept(holder)
            ? abi.encodeCall(ledger.cancelFor, (op(), holder, id, uint128(grams), purpose, RECORD))
            : abi.encodeCall(ledger.cancel, (op(), id, uint128(grams), purpose, RECORD));
        bool done = _try("cancel", _isKept(holder) ? platform : holder, address(ledger), data);
        if (done && stopped) movedThoughStopped = true;
    }

    function _try(bytes32 name, address sender, address target, bytes memory data) private returns (bool done) {
        vm.recordLogs();
        vm.prank(sender);
        (done,) = target.call(data);
        if (done) {
            _sent.push(Sent(sender, target, data));
            _readEvents();
            ++times[name];
        }
    }

    function _readEvents() private {
        Vm.Log[] memory events = vm.getRecordedLogs();
        for (uint256 i = 0; i < events.length; ++i) {
            bytes32 topic = events[i].topics[0];
            if (topic == ITransparencyLog.LeafAppended.selector) _readLeaf(events[i]);
            if (topic == IReductionLedger.IssuanceConfirmed.selector) _readConfirmed(events[i]);
            if (topic == IReductionLedger.ReductionCancelled.selector) _readCancelled(events[i]);
            if (topic == IReductionLedger.ReductionCorrected.selector) _readCorrected(events[i]);
        }
    }

    function _readLeaf(Vm.Log memory log_) private {
        OperationId id = OperationId.wrap(log_.topics[2]);
        if (uint256(log_.topics[1]) != leaves || leavesOf[id] != 0) appliedTwice = true;
        ++leavesOf[id];
        ++leaves;
    }

    function _readConfirmed(Vm.Log memory log_) private {
        (
            ActivityId activity,,
            ReductionClass class,
            CivilDay firstDay,
            CivilDay lastDay,,,
            uint128 issued,
            uint128 withheld
        ) = abi.decode(
            log_.data, (ActivityId, bytes32, ReductionClass, CivilDay, CivilDay, address, uint128, uint128, uint128)
        );
        lots.push(LotId.wrap(uint256(log_.topics[1])));
        issuedGrams[class] += issued;
        withheldGrams[activity] += withheld;
        bytes32 facility = activities.activityOf(activity).registration.facilityId;
        bytes32 place = facility == 0 ? ActivityId.unwrap(activity) : facility;
        for (uint256 d = CivilDay.unwrap(firstDay); d <= CivilDay.unwrap(lastDay); ++d) {
            if (++timesCredited[place][d] > 1) dayCreditedTwice = true;
        }
    }

    function _readCancelled(Vm.Log memory log_) private {
        (, CancellationPurpose purpose, uint128 grams, uint128 firstSerial) =
            abi.decode(log_.data, (OperationId, CancellationPurpose, uint128, uint128));
        LotId lot = LotId.wrap(uint256(log_.topics[1]));
        _certificates.push(Certificate(uint64(uint256(log_.topics[3])), lot, purpose, grams, firstSerial));
    }

    function _readCorrected(Vm.Log memory log_) private {
        (,, uint128 shortfall) = abi.decode(log_.data, (uint128, uint128, uint128));
        shortfallGrams[ledger.lotOf(LotId.wrap(uint256(log_.topics[1]))).activityId] += shortfall;
    }

    function _risingOnly() private view returns (uint256[] memory values) {
        values = new uint256[](9);
        for (uint8 class = 1; class <= 2; ++class) {
            IReductionLedger.ClassTotals memory totals = ledger.totalsOf(ReductionClass(class));
            values[class * 3 - 3] = totals.issuedGrams;
            values[class * 3 - 2] = totals.cancelledGrams;
            values[class * 3 - 1] = totals.takenBackGrams;
        }
        values[6] = log.size();
        values[7] = ledger.certificateCount();
        values[8] = ledger.nextSerial();
    }

    function _noteRoot() private {
        uint64 size = log.size();
        if (rootOfSize[size] != 0) return;
        rootOfSize[size] = log.root();
        knownSizes.push(size);
    }

    function _register(string memory code, address operator, uint128 cap, bytes32 facility, bool isScenario) private {
        IActivityRegistry.Registration memory registration = isScenario ? scenarioOf(code) : projectOf(code);
        registration.operatorAccount = operator;
        registration.capGrams = cap;
        registration.facilityId = facility;
        activityIds.push(register(registration));
        if (facility != 0) facilities.push(facility);
    }

    function _assign(address key, uint64 role) private {
        uint64 other = role == Roles.REGULATOR ? Roles.TECHNICAL_CENTRE : Roles.REGULATOR;
        vm.startPrank(admin);
        manager.revokeRole(other, key);
        manager.grantRole(role, key, 0);
        vm.stopPrank();
    }

    /// @dev A key that has the role, or any where none has.
    function _keyWith(uint64 role, uint256 seed) private view returns (address) {
        for (uint256 i = 0; i < keys.length; ++i) {
            address key = keys[(seed % keys.length + i) % keys.length];
            (bool member,) = manager.hasRole(role, key);
            if (member) return key;
        }
        return keys[seed % keys.length];
    }

    /// @dev What stops others happens in one of four tries.
    function _seldom(uint256 seed) private pure returns (bool) {
        return seed % 4 != 0;
    }

    /// @dev A proposal that still waits, or any where none does, or where the seed wants one.
    function _waiting(uint256 seed) private view returns (OperationId) {
        for (uint256 i = 0; i < proposals.length && seed % 8 != 0; ++i) {
            OperationId id = proposals[(seed % proposals.length + i) % proposals.length];
            if (ledger.proposalOf(id).status == ProposalStatus.Proposed) return id;
        }
        return proposals[seed % proposals.length];
    }

    /// @dev An actor and a lot it holds something of, or any where nobody does, or where the seed wants one.
    function _holding(uint256 actorSeed, uint256 lotSeed) private view returns (address, LotId) {
        for (uint256 i = 0; i < lots.length && lotSeed % 8 != 0; ++i) {
            LotId lot = _lot(lotSeed % lots.length + i);
            for (uint256 j = 0; j < actors.length; ++j) {
                address actor = _actor(actorSeed % actors.length + j);
                if (held(actor, lot) != 0) return (actor, lot);
            }
        }
        return (_actor(actorSeed), _lot(lotSeed));
    }

    function _actor(uint256 seed) private view returns (address) {
        return actors[seed % actors.length];
    }

    /// @dev One that is not ended, or any where the seed wants one.
    function _activity(uint256 seed) private view returns (ActivityId) {
        for (uint256 i = 0; i < activityIds.length && seed % 8 != 0; ++i) {
            ActivityId id = activityIds[(seed % activityIds.length + i) % activityIds.length];
            ActivityStatus status = activities.activityOf(id).status;
            if (status == ActivityStatus.Active || status == ActivityStatus.Suspended) return id;
        }
        return activityIds[seed % activityIds.length];
    }

    /// @dev An unknown one where there is none yet.
    function _lot(uint256 seed) private view returns (LotId) {
        return lots.length == 0 ? LotId.wrap(seed) : lots[seed % lots.length];
    }

    function _isKept(address actor) private view returns (bool) {
        return accounts.accountOf(actor).custody == Custody.Platform;
    }

    function _isActive(address actor) private view returns (bool) {
        return accounts.accountOf(actor).status == AccountStatus.Active;
    }

    function _isStopped(address actor, LotId lot) private view returns (bool) {
        return !_isActive(actor) || ledger.lotOf(lot).frozen;
    }
}
