// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {AccountStatus, OperationId, OperationKind, ProviderMode, ProviderStatus} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract ProviderRegistryTest is Fixture {
    // ---------------------------------------------------------------------------------------------------------- admit

    function test_Admit_RevertWhen_AlreadyAdmitted() external {
        this.admitStep(owner);
        _expectRefused(owner, _valid(), _alreadyAdmitted(ProviderStatus.Active));
        this.suspendStep(owner);
        _expectRefused(owner, _valid(), _alreadyAdmitted(ProviderStatus.Suspended));
    }

    function test_Admit_RevertWhen_AccountNotActive() external {
        _expectRefused(stranger, _valid(), _notActive(stranger, AccountStatus.Unknown));
        freezeAccount(owner);
        _expectRefused(owner, _valid(), _notActive(owner, AccountStatus.Frozen));
        closeAccount(buyer);
        _expectRefused(buyer, _valid(), _notActive(buyer, AccountStatus.Closed));
    }

    function test_Admit_RevertWhen_NotAnInstitution() external {
        _expectRefused(
            kept, _valid(), abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_NotAnInstitution.selector, kept)
        );
    }

    function test_Admit_RevertWhen_ModeMissing() external {
        IProviderRegistry.Admission memory admission = _valid();
        admission.mode = ProviderMode.None;
        _expectRefused(
            owner, admission, abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_ModeMissing.selector, owner)
        );
    }

    function test_Admit_RevertWhen_DocumentMissing() external {
        IProviderRegistry.Admission[3] memory admissions = [_valid(), _valid(), _valid()];
        admissions[0].applicationHash = 0;
        admissions[1].evaluationHash = 0;
        admissions[2].agreementHash = 0;
        bytes memory reason = abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_DocumentMissing.selector, owner);
        for (uint256 i = 0; i < admissions.length; ++i) {
            _expectRefused(owner, admissions[i], reason);
        }
    }

    function test_Admit_WhenClosed() external {
        this.admitStep(owner);
        this.closeStep(owner);
        IProviderRegistry.Admission memory admission = admissionOf("second");
        admission.mode = ProviderMode.LimitedEvent;
        vm.prank(exchange);
        providers.admit(op(), owner, admission, RECORD);
        IProviderRegistry.Provider memory expected = IProviderRegistry.Provider(admission, ProviderStatus.Active);
        assertEq(abi.encode(providers.providerOf(owner)), abi.encode(expected));
    }

    function test_Admit() external {
        IProviderRegistry.Admission memory admission = _valid();
        OperationId operationId = op();
        vm.expectEmit(address(providers));
        emit IProviderRegistry.ProviderAdmitted(
            owner,
            operationId,
            admission.mode,
            admission.applicationHash,
            admission.evaluationHash,
            admission.agreementHash
        );
        _expectLeaf(operationId, OperationKind.PROVIDER_ADMITTED);
        vm.prank(exchange);
        providers.admit(operationId, owner, admission, RECORD);
        IProviderRegistry.Provider memory expected = IProviderRegistry.Provider(admission, ProviderStatus.Active);
        assertEq(abi.encode(providers.providerOf(owner)), abi.encode(expected));
        assertEq(uint8(providers.providerOf(buyer).status), uint8(ProviderStatus.Unknown));
    }

    // ---------------------------------------------------------------------------------------------------------- steps

    /// @dev docs/spec/05-points.md §5.5: rows are Unknown, Active, Suspended, Closed.
    function test_Steps_AsTheTable() external {
        _checkStep(this.suspendStep, [false, true, false, false], ProviderStatus.Suspended, ProviderStatus.Active);
        _checkStep(this.resumeStep, [false, false, true, false], ProviderStatus.Active, ProviderStatus.Suspended);
        _checkStep(this.closeStep, [false, true, true, false], ProviderStatus.Closed, ProviderStatus.Active);
    }

    function test_Suspend() external {
        this.admitStep(owner);
        OperationId operationId = op();
        vm.expectEmit(address(providers));
        emit IProviderRegistry.ProviderSuspended(owner, operationId);
        _expectLeaf(operationId, OperationKind.PROVIDER_SUSPENDED);
        vm.prank(exchange);
        providers.suspend(operationId, owner, RECORD);
    }

    function test_Resume() external {
        this.admitStep(owner);
        this.suspendStep(owner);
        OperationId operationId = op();
        vm.expectEmit(address(providers));
        emit IProviderRegistry.ProviderResumed(owner, operationId);
        _expectLeaf(operationId, OperationKind.PROVIDER_RESUMED);
        vm.prank(exchange);
        providers.resume(operationId, owner, RECORD);
    }

    function test_Close() external {
        this.admitStep(owner);
        OperationId operationId = op();
        vm.expectEmit(address(providers));
        emit IProviderRegistry.ProviderClosed(owner, operationId);
        _expectLeaf(operationId, OperationKind.PROVIDER_CLOSED);
        vm.prank(exchange);
        providers.close(operationId, owner, RECORD);
    }

    // -------------------------------------------------------------------------------------------------- requireActive

    function test_RequireActive() external {
        _expectNotActive(ProviderStatus.Unknown);
        this.admitStep(owner);
        providers.requireActive(owner);
        this.suspendStep(owner);
        _expectNotActive(ProviderStatus.Suspended);
        this.closeStep(owner);
        _expectNotActive(ProviderStatus.Closed);
        this.admitStep(owner);
        providers.requireActive(owner);
    }

    function test_RequireActive_RevertWhen_AccountFrozen() external {
        this.admitStep(owner);
        freezeAccount(owner);
        vm.expectRevert(_notActive(owner, AccountStatus.Frozen));
        providers.requireActive(owner);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function admitStep(address provider) external {
        vm.prank(exchange);
        providers.admit(op(), provider, _valid(), RECORD);
    }

    function suspendStep(address provider) external {
        vm.prank(exchange);
        providers.suspend(op(), provider, RECORD);
    }

    function resumeStep(address provider) external {
        vm.prank(exchange);
        providers.resume(op(), provider, RECORD);
    }

    function closeStep(address provider) external {
        vm.prank(exchange);
        providers.close(op(), provider, RECORD);
    }

    function _checkStep(
        function(address) external step,
        bool[4] memory allowed,
        ProviderStatus next,
        ProviderStatus expected
    ) private {
        for (uint8 status = 0; status < 4; ++status) {
            uint256 before = vm.snapshotState();
            _bringTo(ProviderStatus(status));
            if (!allowed[status]) {
                vm.expectRevert(
                    abi.encodeWithSelector(
                        IProviderRegistry.ProviderRegistry_WrongStatus.selector, owner, status, expected
                    )
                );
            }
            step(owner);
            if (allowed[status]) assertEq(uint8(providers.providerOf(owner).status), uint8(next));
            vm.revertToState(before);
        }
    }

    function _bringTo(ProviderStatus status) private {
        if (status == ProviderStatus.Unknown) return;
        this.admitStep(owner);
        if (status == ProviderStatus.Suspended) this.suspendStep(owner);
        if (status == ProviderStatus.Closed) this.closeStep(owner);
    }

    function _valid() private pure returns (IProviderRegistry.Admission memory) {
        return admissionOf("mall");
    }

    function _expectRefused(address provider, IProviderRegistry.Admission memory admission, bytes memory reason)
        private
    {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(exchange);
        providers.admit(operationId, provider, admission, RECORD);
    }

    function _expectNotActive(ProviderStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_NotActive.selector, owner, status));
        providers.requireActive(owner);
    }

    function _expectLeaf(OperationId operationId, uint16 kind) private {
        expectLeaf(address(providers), operationId, kind, Encodings.accountSubject(owner));
    }

    function _alreadyAdmitted(ProviderStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_AlreadyAdmitted.selector, owner, status);
    }

    function _notActive(address holder, AccountStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, holder, status);
    }
}
