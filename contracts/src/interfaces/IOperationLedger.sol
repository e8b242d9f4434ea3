// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperationId} from "../types/Types.sol";
import {ITransparencyLog} from "./ITransparencyLog.sol";

/// @title What every ledger has in common: operations that take effect exactly once and leave a leaf
interface IOperationLedger {
    /// @notice The operation had been applied before with the same content; nothing was changed now.
    event OperationRepeated(OperationId indexed operationId);

    /// @notice The log that this ledger appends to.
    function transparencyLog() external view returns (ITransparencyLog);
}
