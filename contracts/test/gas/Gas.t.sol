// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccountKind, ActivityId, CancellationPurpose, Custody, LotId, OperationId} from "../../src/types/Types.sol";
import {
    Fixture,
    IActivityRegistry,
    IMethodologyRegistry,
    MethodologyKind,
    ReductionClass
} from "../helpers/Fixture.sol";

/// @notice Gas of each operation as a transaction of its own (`make generate` runs it so), committed in snapshots/gas.
/// @dev Each test measures one operation, the first of its kind for the accounts and the lot concerned.
abstract contract GasTest is Fixture {
    string private _group;
    ActivityId private project;
    LotId private lot;
    OperationId private proposal;
    OperationId private id;

    constructor(string memory group) {
        _group = group;
    }

    function setUp() public virtual override {
        super.setUp();
        project = register(projectOf("PV-1"));
        lot = issue(project, 19_500, 19_864, 462_000_000);
        transfer(owner, kept, lot, 1_000_000);
        proposal = propose(project, 19_900, 20_264, 462_000_000);
        id = op();
    }

    function test_OpenAccount() external {
        address holder = account("new");
        vm.prank(platform);
        accounts.open(id, holder, AccountKind.Personal, Custody.Holder, keccak256("new"), RECORD);
        _snapshot("open account");
    }

    function test_FreezeAccount() external {
        vm.prank(regulator);
        accounts.freeze(id, buyer, RECORD);
        _snapshot("freeze account");
    }

    function test_PublishMethodology() external {
        IMethodologyRegistry.Publication memory publication =
            publicationOf("NEW", 1, MethodologyKind.Project, ReductionClass.I);
        vm.prank(regulator);
        methodologies.publish(id, publication, RECORD);
        _snapshot("publish methodology");
    }

    function test_RegisterProject() external {
        IActivityRegistry.Registration memory registration = projectOf("PV-2");
        vm.prank(regulator);
        activities.register(id, registration, RECORD);
        _snapshot("register project");
    }

    function test_ProposeIssuance() external {
        vm.prank(centre);
        ledger.proposeIssuance(id, project, day(19_900), day(20_264), 461_000_000, RECORD);
        _snapshot("propose issuance of a year");
    }

    function test_ConfirmIssuance() external {
        vm.prank(regulator);
        ledger.confirmIssuance(id, proposal, RECORD);
        _snapshot("confirm issuance of a year");
    }

    function test_Transfer() external {
        vm.prank(owner);
        ledger.transfer(id, buyer, lot, 1_000_000, RECORD);
        _snapshot("transfer");
    }

    function test_TransferFor() external {
        vm.prank(platform);
        ledger.transferFor(id, kept, buyer, lot, 1000, RECORD);
        _snapshot("transfer for an account in custody");
    }

    function test_Cancel() external {
        vm.prank(owner);
        ledger.cancel(id, lot, 1_000_000, CancellationPurpose.EventNeutrality, RECORD);
        _snapshot("cancel");
    }

    function test_CancelFor() external {
        vm.prank(platform);
        ledger.cancelFor(id, kept, lot, 1000, CancellationPurpose.VoluntaryOffset, RECORD);
        _snapshot("cancel for an account in custody");
    }

    function test_Correct() external {
        vm.prank(regulator);
        ledger.correct(id, lot, 1_000_000, RECORD);
        _snapshot("correct");
    }

    function test_FreezeLot() external {
        vm.prank(regulator);
        ledger.freezeLot(id, lot, RECORD);
        _snapshot("freeze lot");
    }

    function test_Repeat() external {
        vm.prank(owner);
        ledger.transfer(id, buyer, lot, 1_000_000, RECORD);
        vm.prank(owner);
        ledger.transfer(id, buyer, lot, 1_000_000, RECORD);
        _snapshot("transfer sent again");
    }

    function test_Multicall() external {
        bytes[] memory calls = new bytes[](100);
        for (uint256 i = 0; i < calls.length; ++i) {
            calls[i] =
                abi.encodeCall(ledger.cancel, (op(), lot, 1_000_000, CancellationPurpose.EventNeutrality, RECORD));
        }
        vm.prank(owner);
        ledger.multicall(calls);
        _snapshot("100 cancellations in one transaction");
    }

    function _snapshot(string memory operation) private {
        vm.snapshotGasLastCall(_group, operation);
    }
}

/// @notice With a log of some leaves, where an append joins none or one.
contract SmallLogGasTest is GasTest("small-log") {}

/// @notice With a log of 65,535 leaves, where the next append joins sixteen: the worst that a log of this size has.
contract FullLogGasTest is GasTest("log-of-65535-leaves") {
    function setUp() public override {
        super.setUp();
        fillLog(65_535);
    }
}
