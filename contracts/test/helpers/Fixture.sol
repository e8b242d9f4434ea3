// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {SeparatedAccessManager} from "../../src/access/SeparatedAccessManager.sol";
import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {ICampaignRegistry} from "../../src/interfaces/ICampaignRegistry.sol";
import {IMethodologyRegistry} from "../../src/interfaces/IMethodologyRegistry.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {PointLedger} from "../../src/ledgers/PointLedger.sol";
import {ReductionLedger} from "../../src/ledgers/ReductionLedger.sol";
import {TransparencyLog} from "../../src/log/TransparencyLog.sol";
import {AccountRegistry} from "../../src/registries/AccountRegistry.sol";
import {ActivityRegistry} from "../../src/registries/ActivityRegistry.sol";
import {CampaignRegistry} from "../../src/registries/CampaignRegistry.sol";
import {MethodologyRegistry} from "../../src/registries/MethodologyRegistry.sol";
import {ProviderRegistry} from "../../src/registries/ProviderRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    AccountKind,
    ActivityId,
    ActivityKind,
    CancellationPurpose,
    CivilDay,
    Custody,
    LotId,
    MethodologyId,
    MethodologyKind,
    OperationId,
    ProviderMode,
    ReductionClass
} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";
import {Reference} from "./Reference.sol";

/// @notice The whole house with its roles, and one short call for each operation under a fresh id by the key that may.
abstract contract Fixture is Base {
    /// @dev 2025-07-01, a day on which everything below is in effect.
    uint32 internal constant TODAY = 20_270;
    uint32 internal constant EFFECTIVE_FIRST = 20_000;
    uint32 internal constant EFFECTIVE_LAST = 21_000;
    uint32 internal constant CREDITING_FIRST = 19_000;
    uint32 internal constant CREDITING_LAST = 22_000;
    uint128 internal constant CAP = 1_000_000_000;
    bytes32 internal constant RECORD = keccak256("record");

    SeparatedAccessManager internal manager;
    TransparencyLog internal log;
    AccountRegistry internal accounts;
    MethodologyRegistry internal methodologies;
    ActivityRegistry internal activities;
    ReductionLedger internal ledger;
    ProviderRegistry internal providers;
    CampaignRegistry internal campaigns;
    PointLedger internal points;

    address internal admin = account("admin");
    address internal regulator = account("regulator");
    address internal centre = account("technical centre");
    address internal exchange = account("exchange");
    address internal platform = account("platform");
    address internal stranger = account("stranger");

    /// @dev Operator of every activity, with its own key.
    address internal owner = account("owner");
    /// @dev Another holder with its own key.
    address internal buyer = account("buyer");
    /// @dev Somebody whose account the platform keeps.
    address internal kept;

    MethodologyId internal solar;
    MethodologyId internal metro;

    uint256 private _operations;

    function setUp() public virtual {
        warpToDay(TODAY);
        deploy();
        manager.grantRole(Roles.REGULATOR, regulator, 0);
        manager.grantRole(Roles.TECHNICAL_CENTRE, centre, 0);
        manager.grantRole(Roles.EXCHANGE, exchange, 0);
        manager.grantRole(Roles.PLATFORM, platform, 0);
        manager.grantRole(manager.ADMIN_ROLE(), admin, 0);
        manager.renounceRole(manager.ADMIN_ROLE(), address(this));
        open(owner, Custody.Holder);
        open(buyer, Custody.Holder);
        kept = openKept("kept");
        solar = publish("SH-PV", 1, MethodologyKind.Project, ReductionClass.I);
        metro = publish("SH-METRO", 1, MethodologyKind.Scenario, ReductionClass.II);
    }

    // ---------------------------------------------------------------------------------------------------- deployment

    function deploy() internal {
        manager = new SeparatedAccessManager(address(this));
        log = new TransparencyLog(address(manager));
        accounts = new AccountRegistry(address(manager), log);
        methodologies = new MethodologyRegistry(address(manager), log);
        activities = new ActivityRegistry(address(manager), log, accounts, methodologies);
        ledger = new ReductionLedger(address(manager), log, accounts, activities);
        providers = new ProviderRegistry(address(manager), log, accounts);
        campaigns = new CampaignRegistry(address(manager), log, accounts);
        points = new PointLedger(address(manager), log, activities, providers, campaigns, ledger);
        accounts.addHoldingsSource(ledger);
        accounts.addHoldingsSource(points);

        manager.grantRole(Roles.LEDGER, address(accounts), 0);
        manager.grantRole(Roles.LEDGER, address(methodologies), 0);
        manager.grantRole(Roles.LEDGER, address(activities), 0);
        manager.grantRole(Roles.LEDGER, address(ledger), 0);
        manager.grantRole(Roles.LEDGER, address(providers), 0);
        manager.grantRole(Roles.LEDGER, address(campaigns), 0);
        manager.grantRole(Roles.LEDGER, address(points), 0);
        allowCore();
        allowPoints();
    }

    function allowCore() private {
        allow(address(log), TransparencyLog.append.selector, Roles.LEDGER);
        allow(address(accounts), AccountRegistry.open.selector, Roles.PLATFORM);
        allow(address(accounts), AccountRegistry.close.selector, Roles.PLATFORM);
        allow(address(accounts), AccountRegistry.freeze.selector, Roles.REGULATOR);
        allow(address(accounts), AccountRegistry.unfreeze.selector, Roles.REGULATOR);
        allow(address(methodologies), MethodologyRegistry.publish.selector, Roles.REGULATOR);
        allow(address(methodologies), MethodologyRegistry.withdraw.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.register.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.suspend.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.resume.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.close.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.withdraw.selector, Roles.REGULATOR);
        allow(address(activities), ActivityRegistry.recordIssuance.selector, Roles.LEDGER);
        allow(address(activities), ActivityRegistry.recordCorrection.selector, Roles.LEDGER);
        allow(address(ledger), ReductionLedger.proposeIssuance.selector, Roles.TECHNICAL_CENTRE);
        allow(address(ledger), ReductionLedger.confirmIssuance.selector, Roles.REGULATOR);
        allow(address(ledger), ReductionLedger.rejectIssuance.selector, Roles.REGULATOR);
        allow(address(ledger), ReductionLedger.transferFor.selector, Roles.PLATFORM);
        allow(address(ledger), ReductionLedger.cancelFor.selector, Roles.PLATFORM);
        allow(address(ledger), ReductionLedger.correct.selector, Roles.REGULATOR);
        allow(address(ledger), ReductionLedger.freezeLot.selector, Roles.REGULATOR);
        allow(address(ledger), ReductionLedger.unfreezeLot.selector, Roles.REGULATOR);
    }

    function allowPoints() private {
        allow(address(activities), ActivityRegistry.recordEarning.selector, Roles.LEDGER);
        allow(address(ledger), ReductionLedger.buyBack.selector, Roles.LEDGER);
        allow(address(ledger), ReductionLedger.takeCertificateNumbers.selector, Roles.LEDGER);
        allow(address(providers), ProviderRegistry.admit.selector, Roles.EXCHANGE);
        allow(address(providers), ProviderRegistry.suspend.selector, Roles.EXCHANGE);
        allow(address(providers), ProviderRegistry.resume.selector, Roles.EXCHANGE);
        allow(address(providers), ProviderRegistry.close.selector, Roles.EXCHANGE);
        allow(address(campaigns), CampaignRegistry.open.selector, Roles.EXCHANGE);
        allow(address(campaigns), CampaignRegistry.close.selector, Roles.EXCHANGE);
        allow(address(points), PointLedger.earn.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.recordBehaviour.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.redeem.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.donate.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.cancel.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.takeSnapshot.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.cancelCampaign.selector, Roles.PLATFORM);
        allow(address(points), PointLedger.correct.selector, Roles.REGULATOR);
    }

    function allow(address target, bytes4 selector, uint64 role) internal {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = selector;
        manager.setTargetFunctionRole(target, selectors, role);
    }

    // --------------------------------------------------------------------------------------------- days, ids, values

    /// @notice Noon in Shanghai of that day.
    function warpToDay(uint32 number) internal {
        vm.warp(uint256(number) * 1 days + 4 hours);
    }

    function today() internal view returns (uint32) {
        return uint32((block.timestamp + 8 hours) / 1 days);
    }

    function day(uint256 number) internal pure returns (CivilDay) {
        return CivilDay.wrap(uint32(number));
    }

    /// @notice An operation id that was not used before.
    function op() internal returns (OperationId) {
        return OperationId.wrap(keccak256(abi.encode("operation", ++_operations)));
    }

    function commitmentOf(string memory name) internal pure returns (bytes32) {
        return Reference.identityCommitment(bytes16(keccak256(bytes(name))), bytes(name));
    }

    function publicationOf(string memory code, uint32 version, MethodologyKind kind, ReductionClass class)
        internal
        pure
        returns (IMethodologyRegistry.Publication memory)
    {
        return IMethodologyRegistry.Publication({
            code: code,
            version: version,
            kind: kind,
            class: class,
            effectiveFirstDay: day(EFFECTIVE_FIRST),
            effectiveLastDay: day(EFFECTIVE_LAST),
            documentHash: keccak256(bytes(code))
        });
    }

    function projectOf(string memory code) internal view returns (IActivityRegistry.Registration memory) {
        return IActivityRegistry.Registration({
            code: code,
            kind: ActivityKind.Project,
            methodologyId: solar,
            operatorAccount: owner,
            feedSigner: address(0),
            creditingFirstDay: day(CREDITING_FIRST),
            creditingLastDay: day(CREDITING_LAST),
            facilityId: keccak256(bytes.concat("facility ", bytes(code))),
            pledgeHash: keccak256(bytes.concat("pledge ", bytes(code))),
            capGrams: CAP
        });
    }

    function scenarioOf(string memory code) internal view returns (IActivityRegistry.Registration memory registration) {
        registration = projectOf(code);
        registration.kind = ActivityKind.ReductionScenario;
        registration.methodologyId = metro;
        registration.facilityId = 0;
        registration.pledgeHash = 0;
    }

    function admissionOf(string memory name) internal pure returns (IProviderRegistry.Admission memory) {
        return IProviderRegistry.Admission({
            mode: ProviderMode.ThirdPartyMall,
            applicationHash: keccak256(bytes.concat("application ", bytes(name))),
            evaluationHash: keccak256(bytes.concat("evaluation ", bytes(name))),
            agreementHash: keccak256(bytes.concat("agreement ", bytes(name)))
        });
    }

    function campaignFor(string memory code) internal view returns (ICampaignRegistry.Campaign memory) {
        return ICampaignRegistry.Campaign({
            code: code,
            beneficiary: owner,
            purpose: CancellationPurpose.EventNeutrality,
            lastDay: day(today() + 30),
            documentHash: keccak256(bytes(code))
        });
    }

    // ---------------------------------------------------------------------------------------------------- operations

    function open(address holder, Custody custody) internal {
        bytes32 commitment = keccak256(abi.encode("identity of", holder));
        vm.prank(platform);
        accounts.open(op(), holder, AccountKind.Institution, custody, commitment, RECORD);
    }

    /// @notice Opens an account in the platform's custody, whose address follows from the identity.
    function openKept(string memory name) internal returns (address holder) {
        bytes32 commitment = commitmentOf(name);
        holder = Encodings.custodyAddress(commitment);
        vm.label(holder, name);
        vm.prank(platform);
        accounts.open(op(), holder, AccountKind.Personal, Custody.Platform, commitment, RECORD);
    }

    function freezeAccount(address holder) internal {
        vm.prank(regulator);
        accounts.freeze(op(), holder, RECORD);
    }

    function closeAccount(address holder) internal {
        vm.prank(platform);
        accounts.close(op(), holder, RECORD);
    }

    function publish(string memory code, uint32 version, MethodologyKind kind, ReductionClass class)
        internal
        returns (MethodologyId)
    {
        vm.prank(regulator);
        methodologies.publish(op(), publicationOf(code, version, kind, class), RECORD);
        return Encodings.methodologyId(code, version);
    }

    function register(IActivityRegistry.Registration memory registration) internal returns (ActivityId) {
        vm.prank(regulator);
        activities.register(op(), registration, RECORD);
        return Encodings.activityId(registration.code);
    }

    function suspend(ActivityId activity) internal {
        vm.prank(regulator);
        activities.suspend(op(), activity, RECORD);
    }

    function propose(ActivityId activity, uint32 firstDay, uint32 lastDay, uint128 grams)
        internal
        returns (OperationId proposalId)
    {
        proposalId = op();
        vm.prank(centre);
        ledger.proposeIssuance(proposalId, activity, day(firstDay), day(lastDay), grams, RECORD);
    }

    function confirm(OperationId proposalId) internal {
        vm.prank(regulator);
        ledger.confirmIssuance(op(), proposalId, RECORD);
    }

    function issue(ActivityId activity, uint32 firstDay, uint32 lastDay, uint128 grams) internal returns (LotId) {
        confirm(propose(activity, firstDay, lastDay, grams));
        return lotOf(activity, firstDay, lastDay);
    }

    function lotOf(ActivityId activity, uint32 firstDay, uint32 lastDay) internal view returns (LotId) {
        IActivityRegistry.Activity memory stored = activities.activityOf(activity);
        return Encodings.lotId(
            uint64(block.chainid),
            address(ledger),
            activity,
            stored.registration.methodologyId,
            stored.class,
            day(firstDay),
            day(lastDay)
        );
    }

    function transfer(address from, address to, LotId lot, uint128 grams) internal {
        vm.prank(from);
        ledger.transfer(op(), to, lot, grams, RECORD);
    }

    function cancel(address holder, LotId lot, uint128 grams, CancellationPurpose purpose) internal {
        vm.prank(holder);
        ledger.cancel(op(), lot, grams, purpose, RECORD);
    }

    function correct(LotId lot, uint128 grams) internal {
        vm.prank(regulator);
        ledger.correct(op(), lot, grams, RECORD);
    }

    function freezeLot(LotId lot) internal {
        vm.prank(regulator);
        ledger.freezeLot(op(), lot, RECORD);
    }

    /// @notice What the activity's debtor owes, in g CO2e.
    function deficitGrams(ActivityId activity) internal view returns (uint128) {
        return activities.deficitOf(activities.debtorOf(activity));
    }

    function held(address holder, LotId lot) internal view returns (uint256) {
        return ledger.balanceOf(holder, LotId.unwrap(lot));
    }

    /// @notice Makes the log one of `leaves` leaves, of a power of two less one: the next append joins the most nodes.
    function fillLog(uint64 leaves) internal {
        // Slot 0 holds authority (20 bytes), a flag (1) and size (8); slot 1 is the mapping of nodes.
        bytes32 head = bytes32((uint256(leaves) << 168) | uint160(address(manager)));
        vm.store(address(log), bytes32(0), head);
        for (uint64 span = 1; span <= leaves; span <<= 1) {
            bytes32 slot = keccak256(abi.encode(leaves + 1 - span, uint256(1)));
            vm.store(address(log), slot, keccak256(abi.encode("node", span)));
        }
        assertEq(log.size(), leaves);
    }

    // -------------------------------------------------------------------------------------------------- expectations

    /// @notice The next call's operation must leave exactly this leaf.
    function expectLeaf(
        address byLedger,
        OperationId operationId,
        uint16 kind,
        bytes32 subject,
        address from,
        address to,
        uint128 grams
    ) internal {
        bytes memory head = abi.encodePacked(uint8(0), uint8(1), uint64(block.chainid), byLedger, kind, operationId);
        bytes memory body = abi.encodePacked(subject, from, to, grams, RECORD, uint64(block.timestamp));
        bytes32 leaf = sha256(bytes.concat(head, body));
        uint64 index = log.size();
        vm.expectEmit(address(log));
        _emitLeaf(index, byLedger, operationId, kind, subject, from, to, grams, leaf);
    }

    function expectLeaf(address byLedger, OperationId operationId, uint16 kind, bytes32 subject) internal {
        expectLeaf(byLedger, operationId, kind, subject, address(0), address(0), 0);
    }

    function _emitLeaf(
        uint64 index,
        address byLedger,
        OperationId operationId,
        uint16 kind,
        bytes32 subject,
        address from,
        address to,
        uint128 grams,
        bytes32 leaf
    ) private {
        emit ITransparencyLog.LeafAppended(
            index, operationId, byLedger, kind, subject, from, to, grams, RECORD, uint64(block.timestamp), leaf
        );
    }
}
