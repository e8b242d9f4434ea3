// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMethodologyRegistry} from "../../src/interfaces/IMethodologyRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    MethodologyId,
    MethodologyKind,
    MethodologyStatus,
    OperationId,
    OperationKind,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract MethodologyRegistryTest is Fixture {
    /// @dev Made once: hashing is a call, and would be taken for the call that a refusal is expected of.
    MethodologyId[3] private _ids;

    function setUp() public override {
        super.setUp();
        _ids[1] = Encodings.methodologyId("NEW", 1);
        _ids[2] = Encodings.methodologyId("NEW", 2);
    }

    function test_Publish_RevertWhen_CodeMalformed() external {
        string[4] memory codes =
            ["", "SH PV", unicode"光伏", "01234567890123456789012345678901234567890123456789012345678901234"];
        for (uint256 i = 0; i < codes.length; ++i) {
            IMethodologyRegistry.Publication memory publication = _valid();
            publication.code = codes[i];
            _expectRefused(
                publication,
                abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_CodeMalformed.selector, codes[i])
            );
        }
    }

    function test_Publish_RevertWhen_VersionNotNext() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.version = 0;
        _expectVersionNotNext(publication, 1);
        publication.version = 2;
        _expectVersionNotNext(publication, 1);

        publication.version = 1;
        _publish(publication);
        _expectVersionNotNext(publication, 2);
        publication.version = 3;
        _expectVersionNotNext(publication, 2);
    }

    function test_Publish_RevertWhen_KindMissing() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.kind = MethodologyKind.None;
        _expectRefused(
            publication, abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_KindMissing.selector, "NEW")
        );
    }

    function test_Publish_RevertWhen_ClassMissing() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.class = ReductionClass.None;
        _expectRefused(
            publication, abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_ClassMissing.selector, "NEW")
        );
    }

    function test_Publish_RevertWhen_PeriodEmpty() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.effectiveFirstDay = day(20_001);
        publication.effectiveLastDay = day(20_000);
        _expectRefused(
            publication,
            abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_PeriodEmpty.selector, 20_001, 20_000)
        );
    }

    function test_Publish_RevertWhen_DayTooFar() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.effectiveLastDay = day(2_932_897);
        _expectRefused(
            publication,
            abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_DayTooFar.selector, 2_932_897, 2_932_896)
        );
        publication.effectiveLastDay = day(2_932_896);
        vm.prank(regulator);
        methodologies.publish(op(), publication, RECORD);
    }

    function test_Publish_WhenPeriodIsOneDay() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.effectiveFirstDay = day(20_001);
        publication.effectiveLastDay = day(20_001);
        _publish(publication);
        methodologies.requireEffective(_id(1), day(20_001));
    }

    function test_Publish_RevertWhen_DocumentMissing() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        publication.documentHash = 0;
        _expectRefused(
            publication,
            abi.encodeWithSelector(IMethodologyRegistry.MethodologyRegistry_DocumentMissing.selector, "NEW")
        );
    }

    function test_Publish() external {
        IMethodologyRegistry.Publication memory publication = _valid();
        OperationId operationId = op();
        vm.expectEmit(address(methodologies));
        emit IMethodologyRegistry.MethodologyPublished(
            _id(1),
            operationId,
            publication.code,
            publication.version,
            publication.kind,
            publication.class,
            publication.effectiveFirstDay,
            publication.effectiveLastDay,
            publication.documentHash
        );
        bytes32 subject = MethodologyId.unwrap(_id(1));
        expectLeaf(address(methodologies), operationId, OperationKind.METHODOLOGY_PUBLISHED, subject);
        vm.prank(regulator);
        methodologies.publish(operationId, publication, RECORD);
        _checkStored(1, publication, MethodologyStatus.Published);
    }

    function test_Publish_WhenRevised() external {
        IMethodologyRegistry.Publication memory original = _valid();
        _publish(original);
        IMethodologyRegistry.Publication memory revision = _valid();
        revision.version = 2;
        revision.class = ReductionClass.II;
        revision.documentHash = keccak256("revised text");
        _publish(revision);
        _checkStored(1, original, MethodologyStatus.Published);
        _checkStored(2, revision, MethodologyStatus.Published);
    }

    function test_Withdraw_RevertWhen_WrongStatus() external {
        _expectWrongStatus(MethodologyStatus.Unknown);
        _withdraw();
        _publish(_valid());
        _withdraw();
        _expectWrongStatus(MethodologyStatus.Withdrawn);
        _withdraw();
    }

    function test_Withdraw() external {
        _publish(_valid());
        OperationId operationId = op();
        vm.expectEmit(address(methodologies));
        emit IMethodologyRegistry.MethodologyWithdrawn(_id(1), operationId);
        bytes32 subject = MethodologyId.unwrap(_id(1));
        expectLeaf(address(methodologies), operationId, OperationKind.METHODOLOGY_WITHDRAWN, subject);
        vm.prank(regulator);
        methodologies.withdraw(operationId, _id(1), RECORD);
        _checkStored(1, _valid(), MethodologyStatus.Withdrawn);
    }

    function test_RequireEffective_RevertWhen_WrongStatus() external {
        _expectWrongStatus(MethodologyStatus.Unknown);
        methodologies.requireEffective(_id(1), day(TODAY));
        _publish(_valid());
        _withdraw();
        _expectWrongStatus(MethodologyStatus.Withdrawn);
        methodologies.requireEffective(_id(1), day(TODAY));
    }

    function test_RequireEffective_RevertWhen_NotEffective() external {
        _publish(_valid());
        uint32[2] memory outside = [EFFECTIVE_FIRST - 1, EFFECTIVE_LAST + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMethodologyRegistry.MethodologyRegistry_NotEffective.selector,
                    _id(1),
                    outside[i],
                    EFFECTIVE_FIRST,
                    EFFECTIVE_LAST
                )
            );
            methodologies.requireEffective(_id(1), day(outside[i]));
        }
    }

    function test_RequireEffective_WhenWithin() external {
        _publish(_valid());
        methodologies.requireEffective(_id(1), day(EFFECTIVE_FIRST));
        methodologies.requireEffective(_id(1), day(TODAY));
        methodologies.requireEffective(_id(1), day(EFFECTIVE_LAST));
    }

    function _valid() private pure returns (IMethodologyRegistry.Publication memory) {
        return publicationOf("NEW", 1, MethodologyKind.Scenario, ReductionClass.I);
    }

    function _id(uint32 version) private view returns (MethodologyId) {
        return _ids[version];
    }

    function _publish(IMethodologyRegistry.Publication memory publication) private {
        vm.prank(regulator);
        methodologies.publish(op(), publication, RECORD);
    }

    function _withdraw() private {
        vm.prank(regulator);
        methodologies.withdraw(op(), _id(1), RECORD);
    }

    function _checkStored(uint32 version, IMethodologyRegistry.Publication memory publication, MethodologyStatus status)
        private
        view
    {
        IMethodologyRegistry.Methodology memory stored = methodologies.methodologyOf(_id(version));
        assertEq(abi.encode(stored.publication), abi.encode(publication));
        assertEq(uint8(stored.status), uint8(status));
    }

    function _expectRefused(IMethodologyRegistry.Publication memory publication, bytes memory reason) private {
        vm.expectRevert(reason);
        _publish(publication);
    }

    function _expectVersionNotNext(IMethodologyRegistry.Publication memory publication, uint32 expected) private {
        _expectRefused(
            publication,
            abi.encodeWithSelector(
                IMethodologyRegistry.MethodologyRegistry_VersionNotNext.selector, "NEW", publication.version, expected
            )
        );
    }

    function _expectWrongStatus(MethodologyStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMethodologyRegistry.MethodologyRegistry_WrongStatus.selector,
                _id(1),
                status,
                MethodologyStatus.Published
            )
        );
    }
}
