// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CancellationPurpose, ReductionClass} from "./Types.sol";

/// @title Which class of reduction may be used for what (M12)
library Purposes {
    /// @notice Whether a reduction of `class` may be cancelled for `purpose`.
    ///
    /// |                          | I   | II  |
    /// |--------------------------|-----|-----|
    /// | EcologicalRestoration    | yes | yes |
    /// | EventNeutrality          | yes | yes |
    /// | VoluntaryOffset          | yes | yes |
    /// | EtsCompliance            | yes | no  |
    function isAllowed(ReductionClass class, CancellationPurpose purpose) internal pure returns (bool) {
        if (class == ReductionClass.None || purpose == CancellationPurpose.None) return false;
        return class == ReductionClass.I || purpose != CancellationPurpose.EtsCompliance;
    }
}
