// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOperationLedger} from "../interfaces/IOperationLedger.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationId} from "../types/Types.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

/// @title OperationLedger
/// @notice Base of every ledger: permissions from the AccessManager, operations that take effect once, a leaf for each.
/// @dev `multicall` runs a batch of operations as one transaction that takes effect wholly or not at all. It adds no
/// power: each inner call is a delegatecall to this contract itself, so `msg.sender` stays the caller and `msg.data` is
/// the inner call's own, which is what both `restricted` and the operation's digest read. No function is payable, so no
/// value can be counted twice.
abstract contract OperationLedger is IOperationLedger, AccessManaged, Multicall {
    ITransparencyLog private immutable _transparencyLog;

    /// @dev Lets an operation take effect once. The same id with the same content is answered by an event, so that a
    /// submitter who lost the answer can simply send again; the same id with other content is refused.
    modifier once(OperationId operationId) {
        if (_isRepeated(operationId)) {
            emit OperationRepeated(operationId);
        } else {
            _;
        }
    }

    constructor(address initialAuthority, ITransparencyLog log) AccessManaged(initialAuthority) {
        _transparencyLog = log;
    }

    /// @inheritdoc IOperationLedger
    function transparencyLog() public view returns (ITransparencyLog) {
        return _transparencyLog;
    }

    /// @dev Leaf of an operation that moves no grams. It also marks the operation as done.
    function _append(OperationId operationId, uint16 kind, bytes32 subject, bytes32 recordHash) internal {
        _append(operationId, kind, subject, address(0), address(0), 0, recordHash);
    }

    /// @dev Leaf of an operation. It also marks the operation as done.
    function _append(
        OperationId operationId,
        uint16 kind,
        bytes32 subject,
        address from,
        address to,
        uint128 grams,
        bytes32 recordHash
    ) internal {
        _transparencyLog.append(
            ITransparencyLog.Entry({
                operationId: operationId,
                digest: _digest(),
                kind: kind,
                subject: subject,
                from: from,
                to: to,
                grams: grams,
                recordHash: recordHash
            })
        );
    }

    function _isRepeated(OperationId operationId) private view returns (bool) {
        bytes32 recorded = _transparencyLog.operationDigest(operationId);
        if (recorded == 0) return false;
        bytes32 given = _digest();
        if (recorded != given) {
            revert ITransparencyLog.TransparencyLog_OperationConflict(operationId, recorded, given);
        }
        return true;
    }

    /// @dev Who asks this contract for what: content of an operation, its sender included.
    function _digest() private view returns (bytes32) {
        return keccak256(abi.encode(address(this), msg.sender, msg.data));
    }
}
