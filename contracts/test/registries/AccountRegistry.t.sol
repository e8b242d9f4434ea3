// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry, IHoldings} from "../../src/interfaces/IAccountRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {AccountKind, AccountStatus, Custody, LotId, OperationId, OperationKind} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

/// @notice Says that everybody holds the same.
contract FixedHoldings is IHoldings {
    uint256 private immutable _grams;

    constructor(uint256 grams) {
        _grams = grams;
    }

    function heldGrams(address) external view returns (uint256) {
        return _grams;
    }
}

contract AccountRegistryTest is Fixture {
    address private holder = account("new holder");
    bytes32 private constant COMMITMENT = keccak256("commitment");

    // ----------------------------------------------------------------------------------------------------------- open

    function test_Open_RevertWhen_ZeroAccount() external {
        vm.expectRevert(IAccountRegistry.AccountRegistry_ZeroAccount.selector);
        _open(address(0), AccountKind.Personal, Custody.Holder, COMMITMENT);
    }

    function test_Open_RevertWhen_AlreadyOpened() external {
        _expectAlreadyOpened(owner, AccountStatus.Active);
        freezeAccount(owner);
        _expectAlreadyOpened(owner, AccountStatus.Frozen);
        closeAccount(buyer);
        _expectAlreadyOpened(buyer, AccountStatus.Closed);
    }

    function test_Open_RevertWhen_KindMissing() external {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_KindMissing.selector, holder));
        _open(holder, AccountKind.None, Custody.Holder, COMMITMENT);
    }

    function test_Open_RevertWhen_CustodyMissing() external {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_CustodyMissing.selector, holder));
        _open(holder, AccountKind.Personal, Custody.None, COMMITMENT);
    }

    function test_Open_RevertWhen_CommitmentMissing() external {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_CommitmentMissing.selector, holder));
        _open(holder, AccountKind.Personal, Custody.Holder, 0);
    }

    function test_Open_RevertWhen_CommitmentInUse() external {
        _open(holder, AccountKind.Personal, Custody.Holder, COMMITMENT);
        bytes memory reason =
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_CommitmentInUse.selector, COMMITMENT, holder);
        vm.expectRevert(reason);
        _open(stranger, AccountKind.Personal, Custody.Holder, COMMITMENT);
        closeAccount(holder);
        vm.expectRevert(reason);
        _open(stranger, AccountKind.Personal, Custody.Holder, COMMITMENT);
    }

    function test_Open_RevertWhen_NotCustodyAddress() external {
        address expected = Encodings.custodyAddress(COMMITMENT);
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotCustodyAddress.selector, holder, expected)
        );
        _open(holder, AccountKind.Personal, Custody.Platform, COMMITMENT);
    }

    function test_Open_WhenInHolderCustody() external {
        _checkOpen(holder, AccountKind.Institution, Custody.Holder);
    }

    function test_Open_WhenInPlatformCustody() external {
        _checkOpen(Encodings.custodyAddress(COMMITMENT), AccountKind.Personal, Custody.Platform);
    }

    // --------------------------------------------------------------------------------------------------------- states

    /// @dev docs/spec/02-states.md §2.1: from each status each step, allowed exactly where the table has a line.
    function test_Steps_AsTheTable() external {
        AccountStatus frozen = AccountStatus.Frozen;
        AccountStatus active = AccountStatus.Active;
        for (uint8 status = 0; status < 4; ++status) {
            _checkStep(AccountStatus(status), active, frozen, this.freezeStep);
            _checkStep(AccountStatus(status), frozen, active, this.unfreezeStep);
            _checkStep(AccountStatus(status), active, AccountStatus.Closed, this.closeStep);
        }
    }

    function test_Freeze() external {
        OperationId operationId = op();
        vm.expectEmit(address(accounts));
        emit IAccountRegistry.AccountFrozen(owner, operationId);
        expectLeaf(address(accounts), operationId, OperationKind.ACCOUNT_FROZEN, Encodings.accountSubject(owner));
        vm.prank(regulator);
        accounts.freeze(operationId, owner, RECORD);
    }

    function test_Unfreeze() external {
        freezeAccount(owner);
        OperationId operationId = op();
        vm.expectEmit(address(accounts));
        emit IAccountRegistry.AccountUnfrozen(owner, operationId);
        expectLeaf(address(accounts), operationId, OperationKind.ACCOUNT_UNFROZEN, Encodings.accountSubject(owner));
        vm.prank(regulator);
        accounts.unfreeze(operationId, owner, RECORD);
    }

    function test_Close() external {
        OperationId operationId = op();
        vm.expectEmit(address(accounts));
        emit IAccountRegistry.AccountClosed(owner, operationId);
        expectLeaf(address(accounts), operationId, OperationKind.ACCOUNT_CLOSED, Encodings.accountSubject(owner));
        vm.prank(platform);
        accounts.close(operationId, owner, RECORD);
    }

    function test_Close_RevertWhen_StillHolding() external {
        LotId lot = issue(register(projectOf("PV-1")), 19_500, 19_501, 250);
        _expectStillHolding(250);
        closeAccount(owner);

        FixedHoldings other = new FixedHoldings(17);
        vm.prank(admin);
        accounts.addHoldingsSource(other);
        _expectStillHolding(267);
        closeAccount(owner);

        transfer(owner, buyer, lot, 250);
        _expectStillHolding(17);
        closeAccount(owner);
        assertEq(uint8(accounts.accountOf(owner).status), uint8(AccountStatus.Active));
    }

    function test_Close_WhenNothingIsHeldAnyMore() external {
        LotId lot = issue(register(projectOf("PV-1")), 19_500, 19_501, 250);
        transfer(owner, buyer, lot, 250);
        closeAccount(owner);
        assertEq(uint8(accounts.accountOf(owner).status), uint8(AccountStatus.Closed));
    }

    // -------------------------------------------------------------------------------------------------------- sources

    function test_AddHoldingsSource_RevertWhen_SourceKnown() external {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_SourceKnown.selector, ledger));
        vm.prank(admin);
        accounts.addHoldingsSource(ledger);
    }

    function test_AddHoldingsSource() external {
        FixedHoldings source = new FixedHoldings(1);
        vm.expectEmit(address(accounts));
        emit IAccountRegistry.HoldingsSourceAdded(source);
        vm.prank(admin);
        accounts.addHoldingsSource(source);
    }

    // -------------------------------------------------------------------------------------------------- requireActive

    function test_RequireActive_RevertWhen_NotActive() external {
        _expectNotActive(stranger, AccountStatus.Unknown);
        freezeAccount(owner);
        _expectNotActive(owner, AccountStatus.Frozen);
        closeAccount(buyer);
        _expectNotActive(buyer, AccountStatus.Closed);
    }

    function test_RequireActive_WhenActive() external view {
        accounts.requireActive(owner);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function freezeStep(address of_) external {
        freezeAccount(of_);
    }

    function unfreezeStep(address of_) external {
        vm.prank(regulator);
        accounts.unfreeze(op(), of_, RECORD);
    }

    function closeStep(address of_) external {
        closeAccount(of_);
    }

    function _checkStep(AccountStatus from, AccountStatus expected, AccountStatus to, function(address) external step)
        private
    {
        uint256 before = vm.snapshotState();
        if (from != AccountStatus.Unknown) _open(holder, AccountKind.Personal, Custody.Holder, COMMITMENT);
        if (from == AccountStatus.Frozen) freezeAccount(holder);
        if (from == AccountStatus.Closed) closeAccount(holder);

        if (from == expected) {
            step(holder);
            assertEq(uint8(accounts.accountOf(holder).status), uint8(to));
        } else {
            vm.expectRevert(
                abi.encodeWithSelector(IAccountRegistry.AccountRegistry_WrongStatus.selector, holder, from, expected)
            );
            step(holder);
        }
        vm.revertToState(before);
    }

    function _checkOpen(address who, AccountKind kind, Custody custody) private {
        OperationId operationId = op();
        vm.expectEmit(address(accounts));
        emit IAccountRegistry.AccountOpened(who, operationId, kind, custody, COMMITMENT);
        expectLeaf(address(accounts), operationId, OperationKind.ACCOUNT_OPENED, Encodings.accountSubject(who));
        vm.prank(platform);
        accounts.open(operationId, who, kind, custody, COMMITMENT, RECORD);

        IAccountRegistry.Account memory stored = accounts.accountOf(who);
        assertEq(uint8(stored.kind), uint8(kind));
        assertEq(uint8(stored.custody), uint8(custody));
        assertEq(uint8(stored.status), uint8(AccountStatus.Active));
        assertEq(stored.identityCommitment, COMMITMENT);
    }

    function _open(address who, AccountKind kind, Custody custody, bytes32 commitment) private {
        vm.prank(platform);
        accounts.open(op(), who, kind, custody, commitment, RECORD);
    }

    function _expectAlreadyOpened(address who, AccountStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_AlreadyOpened.selector, who, status));
        _open(who, AccountKind.Personal, Custody.Holder, COMMITMENT);
    }

    function _expectStillHolding(uint256 grams) private {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_StillHolding.selector, owner, grams));
    }

    function _expectNotActive(address who, AccountStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, who, status));
        accounts.requireActive(who);
    }
}
