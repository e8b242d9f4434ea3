// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPointLedger} from "../interfaces/IPointLedger.sol";
import {BatchKind, ReductionClass} from "../types/Types.sol";
import {PointBooks} from "./PointBooks.sol";

/// @title Batches in memory: what is well formed, before any state is asked
library Batches {
    /// @notice Most entries of one batch.
    uint64 internal constant MAX_ENTRIES = 2 ** 24;

    /// @notice Reverts unless the commitment stands for 1 to 2^24 entries of at least one gram each.
    function requireWellFormed(IPointLedger.BatchCommitment memory commitment) internal pure {
        uint64 total = commitment.total;
        if (commitment.root == 0) revert IPointLedger.PointLedger_RootMissing();
        if (commitment.fileHash == 0) revert IPointLedger.PointLedger_FileHashMissing();
        if (total == 0) revert IPointLedger.PointLedger_ZeroQuantity();
        if (total > PointBooks.LARGEST) revert IPointLedger.PointLedger_QuantityTooLarge(total, PointBooks.LARGEST);
        uint64 largest = total < MAX_ENTRIES ? total : MAX_ENTRIES;
        if (commitment.entryCount == 0 || commitment.entryCount > largest) {
            revert IPointLedger.PointLedger_EntryCountOutOfRange(commitment.entryCount, total, largest);
        }
    }

    /// @notice Whether the commitment says that there are no entries.
    function isNothing(IPointLedger.BatchCommitment memory commitment) internal pure returns (bool) {
        return commitment.root == 0 && commitment.total == 0 && commitment.entryCount == 0 && commitment.fileHash == 0;
    }

    /// @notice What a feed header commits to.
    function commitmentOf(IPointLedger.FeedHeader memory header)
        internal
        pure
        returns (IPointLedger.BatchCommitment memory)
    {
        return IPointLedger.BatchCommitment(header.root, header.total, header.entryCount, header.fileHash);
    }

    /// @notice A batch as it is before the ledger has decided anything about it.
    function make(BatchKind kind, ReductionClass class, bytes32 party, IPointLedger.BatchCommitment memory commitment)
        internal
        pure
        returns (IPointLedger.Batch memory batch)
    {
        batch.kind = kind;
        batch.class = class;
        batch.party = party;
        batch.commitment = commitment;
    }
}
