// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CampaignId, CampaignStatus, CancellationPurpose, CivilDay, OperationId} from "../types/Types.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Campaigns: what points are donated to (G5.3)
/// @notice An event or an enterprise whose neutrality persons help with. Its donated points are cancelled for it and
/// never come out otherwise.
interface ICampaignRegistry is IOperationLedger {
    /// @param code the campaign's public code, 1 to 64 bytes of printable ASCII without spaces
    /// @param beneficiary account for whose event or offset the points are cancelled
    /// @param purpose event neutrality or voluntary offset
    /// @param lastDay last day on which the campaign takes donations
    /// @param documentHash SHA-256 of the published announcement
    struct Campaign {
        string code;
        address beneficiary;
        CancellationPurpose purpose;
        CivilDay lastDay;
        bytes32 documentHash;
    }

    struct StoredCampaign {
        Campaign campaign;
        CampaignStatus status;
    }

    event CampaignOpened(CampaignId indexed campaignId, OperationId indexed operationId, Campaign campaign);
    event CampaignClosed(CampaignId indexed campaignId, OperationId indexed operationId);

    error CampaignRegistry_CodeMalformed(string code);
    error CampaignRegistry_AlreadyOpened(CampaignId campaignId, CampaignStatus status);
    /// @notice Points are donated for the neutrality of an event or of an enterprise, for nothing else (G5.3).
    error CampaignRegistry_PurposeNotAllowed(CampaignId campaignId, CancellationPurpose purpose);
    error CampaignRegistry_DocumentMissing(CampaignId campaignId);
    /// @notice Campaigns end by 9999-12-31, so that every reader can name the day.
    error CampaignRegistry_DayTooFar(CivilDay day, CivilDay latestDay);
    /// @notice The campaign is not in a status from which this step is allowed (docs/spec/05-points.md §5.5).
    error CampaignRegistry_WrongStatus(CampaignId campaignId, CampaignStatus status, CampaignStatus expected);
    error CampaignRegistry_NotOpen(CampaignId campaignId, CampaignStatus status);
    /// @notice The campaign's last day is over.
    error CampaignRegistry_Ended(CampaignId campaignId, CivilDay lastDay, CivilDay today);

    /// @notice Unknown -> Open. `restricted` to the exchange.
    function open(OperationId operationId, Campaign calldata campaign, bytes32 recordHash) external;

    /// @notice Open -> Closed: takes no more donations; its pool is still cancelled for it. `restricted` to the exchange.
    function close(OperationId operationId, CampaignId campaignId, bytes32 recordHash) external;

    /// @notice Reverts unless the campaign takes donations today.
    function requireOpen(CampaignId campaignId) external view;

    /// @notice The campaign as stored; status Unknown if never opened.
    function campaignOf(CampaignId campaignId) external view returns (StoredCampaign memory);
}
