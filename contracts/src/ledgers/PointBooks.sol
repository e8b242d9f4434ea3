// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPointLedger} from "../interfaces/IPointLedger.sol";
import {ReductionClass} from "../types/Types.sol";

/// @title The books of one class of points
/// @notice Every step takes from one book what it gives to another, so that
/// issued = personal + pooledByProviders + pooledByCampaigns + boughtBack + cancelled + takenBack holds after each.
library PointBooks {
    /// @notice Grams of a ledger, and with them every sum, stay within a signed 64-bit integer.
    uint128 internal constant LARGEST = uint128(uint64(type(int64).max));

    /// @notice Reverts unless `grams` more can be issued.
    function requireRoom(IPointLedger.PointTotals storage self, uint128 grams) internal view {
        uint256 sum = uint256(self.issued) + grams;
        if (sum > LARGEST) revert IPointLedger.PointLedger_QuantityTooLarge(sum, LARGEST);
    }

    /// @notice Reverts unless persons have `grams`.
    function requirePersonal(IPointLedger.PointTotals storage self, ReductionClass class, uint64 grams) internal view {
        uint128 personal = self.personal;
        if (grams > personal) revert IPointLedger.PointLedger_ExceedsPersonal(class, personal, grams);
    }

    /// @notice Persons are credited what a deficit leaves.
    function earn(IPointLedger.PointTotals storage self, uint128 grams, uint128 withheldGrams) internal {
        self.issued += grams;
        self.personal += grams - withheldGrams;
        self.takenBack += withheldGrams;
    }

    function redeem(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.personal -= grams;
        self.pooledByProviders += grams;
    }

    function buyBack(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.pooledByProviders -= grams;
        self.boughtBack += grams;
    }

    function donate(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.personal -= grams;
        self.pooledByCampaigns += grams;
    }

    function cancel(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.personal -= grams;
        self.cancelled += grams;
    }

    function cancelDonated(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.pooledByCampaigns -= grams;
        self.cancelled += grams;
    }

    function takeBack(IPointLedger.PointTotals storage self, uint128 grams) internal {
        self.personal -= grams;
        self.takenBack += grams;
    }
}
