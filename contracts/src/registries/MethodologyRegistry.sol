// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IMethodologyRegistry} from "../interfaces/IMethodologyRegistry.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {CivilDays} from "../types/CivilDays.sol";
import {Encodings} from "../types/Encodings.sol";
import {
    CivilDay,
    MethodologyId,
    MethodologyKind,
    MethodologyStatus,
    OperationId,
    OperationKind,
    ReductionClass
} from "../types/Types.sol";

/// @title MethodologyRegistry
contract MethodologyRegistry is IMethodologyRegistry, OperationLedger {
    using CivilDays for CivilDay;

    mapping(MethodologyId => Methodology) private _methodologies;
    mapping(string code => uint32) private _latestVersion;

    constructor(address initialAuthority, ITransparencyLog log) OperationLedger(initialAuthority, log) {}

    /// @inheritdoc IMethodologyRegistry
    function publish(OperationId operationId, Publication calldata publication, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        _checkPublication(publication);

        // Effect:
        MethodologyId id = Encodings.methodologyId(publication.code, publication.version);
        _methodologies[id] = Methodology(publication, MethodologyStatus.Published);
        _latestVersion[publication.code] = publication.version;
        _emitPublished(id, operationId, publication);
        _append(operationId, OperationKind.METHODOLOGY_PUBLISHED, MethodologyId.unwrap(id), recordHash);
    }

    /// @inheritdoc IMethodologyRegistry
    function withdraw(OperationId operationId, MethodologyId methodologyId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        _requirePublished(methodologyId);

        // Effect:
        _methodologies[methodologyId].status = MethodologyStatus.Withdrawn;
        emit MethodologyWithdrawn(methodologyId, operationId);
        _append(operationId, OperationKind.METHODOLOGY_WITHDRAWN, MethodologyId.unwrap(methodologyId), recordHash);
    }

    /// @inheritdoc IMethodologyRegistry
    function methodologyOf(MethodologyId methodologyId) external view returns (Methodology memory) {
        return _methodologies[methodologyId];
    }

    /// @inheritdoc IMethodologyRegistry
    function requireEffective(MethodologyId methodologyId, CivilDay day) external view {
        _requirePublished(methodologyId);
        Publication storage publication = _methodologies[methodologyId].publication;
        CivilDay first = publication.effectiveFirstDay;
        CivilDay last = publication.effectiveLastDay;
        if (!day.isWithin(first, last)) revert MethodologyRegistry_NotEffective(methodologyId, day, first, last);
    }

    function _checkPublication(Publication calldata publication) private view {
        string calldata code = publication.code;
        if (!Encodings.isCode(code)) revert MethodologyRegistry_CodeMalformed(code);
        uint32 next = _latestVersion[code] + 1;
        if (publication.version != next) {
            revert MethodologyRegistry_VersionNotNext(code, publication.version, next);
        }
        if (publication.kind == MethodologyKind.None) revert MethodologyRegistry_KindMissing(code);
        if (publication.class == ReductionClass.None) revert MethodologyRegistry_ClassMissing(code);
        CivilDay first = publication.effectiveFirstDay;
        CivilDay last = publication.effectiveLastDay;
        if (CivilDays.isEmpty(first, last)) revert MethodologyRegistry_PeriodEmpty(first, last);
        if (CivilDays.isEmpty(last, CivilDays.LATEST)) revert MethodologyRegistry_DayTooFar(last, CivilDays.LATEST);
        if (publication.documentHash == 0) revert MethodologyRegistry_DocumentMissing(code);
    }

    function _requirePublished(MethodologyId methodologyId) private view {
        MethodologyStatus status = _methodologies[methodologyId].status;
        if (status != MethodologyStatus.Published) {
            revert MethodologyRegistry_WrongStatus(methodologyId, status, MethodologyStatus.Published);
        }
    }

    /// @dev Apart from `publish` because the stack does not reach all of it at once.
    function _emitPublished(MethodologyId id, OperationId operationId, Publication calldata publication) private {
        emit MethodologyPublished(
            id,
            operationId,
            publication.code,
            publication.version,
            publication.kind,
            publication.class,
            publication.effectiveFirstDay,
            publication.effectiveLastDay,
            publication.documentHash
        );
    }
}
