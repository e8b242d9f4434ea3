// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    CivilDay,
    MethodologyId,
    MethodologyKind,
    MethodologyStatus,
    OperationId,
    ReductionClass
} from "../types/Types.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Methodologies as versioned objects (M8)
/// @notice A version is never edited. A revision is a new version and leaves what the old one issued as it is.
interface IMethodologyRegistry is IOperationLedger {
    /// @param code the publisher's code, 1 to 64 bytes of printable ASCII without spaces
    /// @param version 1 for the first, then each the next
    /// @param effectiveFirstDay first day on which the version may issue
    /// @param effectiveLastDay last day on which the version may issue
    /// @param documentHash SHA-256 of the published text
    struct Publication {
        string code;
        uint32 version;
        MethodologyKind kind;
        ReductionClass class;
        CivilDay effectiveFirstDay;
        CivilDay effectiveLastDay;
        bytes32 documentHash;
    }

    struct Methodology {
        Publication publication;
        MethodologyStatus status;
    }

    event MethodologyPublished(
        MethodologyId indexed methodologyId,
        OperationId indexed operationId,
        string code,
        uint32 version,
        MethodologyKind kind,
        ReductionClass class,
        CivilDay effectiveFirstDay,
        CivilDay effectiveLastDay,
        bytes32 documentHash
    );
    event MethodologyWithdrawn(MethodologyId indexed methodologyId, OperationId indexed operationId);

    error MethodologyRegistry_CodeMalformed(string code);
    error MethodologyRegistry_VersionNotNext(string code, uint32 given, uint32 expected);
    error MethodologyRegistry_KindMissing(string code);
    error MethodologyRegistry_ClassMissing(string code);
    error MethodologyRegistry_PeriodEmpty(CivilDay firstDay, CivilDay lastDay);
    /// @notice Periods end by 9999-12-31, so that every reader can name their days.
    error MethodologyRegistry_DayTooFar(CivilDay day, CivilDay latestDay);
    error MethodologyRegistry_DocumentMissing(string code);
    error MethodologyRegistry_WrongStatus(
        MethodologyId methodologyId, MethodologyStatus status, MethodologyStatus expected
    );
    /// @notice The version may not issue on `day`: outside its effective period.
    error MethodologyRegistry_NotEffective(
        MethodologyId methodologyId, CivilDay day, CivilDay effectiveFirstDay, CivilDay effectiveLastDay
    );

    /// @notice Publishes a version. `restricted` to the regulator.
    function publish(OperationId operationId, Publication calldata publication, bytes32 recordHash) external;

    /// @notice Published -> Withdrawn: no further issuance under this version. `restricted` to the regulator.
    function withdraw(OperationId operationId, MethodologyId methodologyId, bytes32 recordHash) external;

    /// @notice The version as stored; status Unknown if never published.
    function methodologyOf(MethodologyId methodologyId) external view returns (Methodology memory);

    /// @notice Reverts unless the version is published and `day` lies in its effective period.
    function requireEffective(MethodologyId methodologyId, CivilDay day) external view;
}
