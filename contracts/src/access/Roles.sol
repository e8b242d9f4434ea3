// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Who acts (regulations, "Who acts")
/// @notice Role ids of the one AccessManager. Its own ADMIN_ROLE is 0. Deploy scripts bind functions to them.
library Roles {
    /// @notice Bureau of Ecology and Environment: publishes, registers, confirms, corrects, freezes (M5, M8, M11).
    uint64 internal constant REGULATOR = 1;

    /// @notice Technical centre: evaluates and proposes issuance (M5, M11).
    uint64 internal constant TECHNICAL_CENTRE = 2;

    /// @notice Exchange: settles trades, admits mall providers (M17, G7).
    uint64 internal constant EXCHANGE = 3;

    /// @notice Platform: opens and closes accounts, acts for those in its custody (M7).
    uint64 internal constant PLATFORM = 4;

    /// @notice The ledgers themselves: append to the log and book against activities. Held by contracts only.
    uint64 internal constant LEDGER = 5;
}
