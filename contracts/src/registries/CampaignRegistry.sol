// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../interfaces/IAccountRegistry.sol";
import {ICampaignRegistry} from "../interfaces/ICampaignRegistry.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {CivilDays} from "../types/CivilDays.sol";
import {Encodings} from "../types/Encodings.sol";
import {
    CampaignId,
    CampaignStatus,
    CancellationPurpose,
    CivilDay,
    OperationId,
    OperationKind
} from "../types/Types.sol";

/// @title CampaignRegistry
contract CampaignRegistry is ICampaignRegistry, OperationLedger {
    IAccountRegistry private immutable _accountRegistry;

    mapping(CampaignId => StoredCampaign) private _campaigns;

    constructor(address initialAuthority, ITransparencyLog log, IAccountRegistry accounts)
        OperationLedger(initialAuthority, log)
    {
        _accountRegistry = accounts;
    }

    /// @inheritdoc ICampaignRegistry
    function open(OperationId operationId, Campaign calldata campaign, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        CampaignId id = Encodings.campaignId(campaign.code);
        _checkCampaign(id, campaign);

        // Effect:
        _campaigns[id] = StoredCampaign(campaign, CampaignStatus.Open);
        emit CampaignOpened(id, operationId, campaign);
        _append(operationId, OperationKind.CAMPAIGN_OPENED, CampaignId.unwrap(id), recordHash);
    }

    /// @inheritdoc ICampaignRegistry
    function close(OperationId operationId, CampaignId campaignId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        CampaignStatus status = _campaigns[campaignId].status;
        if (status != CampaignStatus.Open) {
            revert CampaignRegistry_WrongStatus(campaignId, status, CampaignStatus.Open);
        }

        // Effect:
        _campaigns[campaignId].status = CampaignStatus.Closed;
        emit CampaignClosed(campaignId, operationId);
        _append(operationId, OperationKind.CAMPAIGN_CLOSED, CampaignId.unwrap(campaignId), recordHash);
    }

    /// @inheritdoc ICampaignRegistry
    function requireOpen(CampaignId campaignId) external view {
        StoredCampaign storage stored = _campaigns[campaignId];
        if (stored.status != CampaignStatus.Open) revert CampaignRegistry_NotOpen(campaignId, stored.status);
        _requireNotEnded(campaignId, stored.campaign.lastDay);
    }

    /// @inheritdoc ICampaignRegistry
    function campaignOf(CampaignId campaignId) external view returns (StoredCampaign memory) {
        return _campaigns[campaignId];
    }

    function _checkCampaign(CampaignId id, Campaign calldata campaign) private view {
        if (!Encodings.isCode(campaign.code)) revert CampaignRegistry_CodeMalformed(campaign.code);
        CampaignStatus status = _campaigns[id].status;
        if (status != CampaignStatus.Unknown) revert CampaignRegistry_AlreadyOpened(id, status);
        _accountRegistry.requireActive(campaign.beneficiary);
        CancellationPurpose purpose = campaign.purpose;
        if (purpose != CancellationPurpose.EventNeutrality && purpose != CancellationPurpose.VoluntaryOffset) {
            revert CampaignRegistry_PurposeNotAllowed(id, purpose);
        }
        CivilDay last = campaign.lastDay;
        if (CivilDays.isEmpty(last, CivilDays.LATEST)) revert CampaignRegistry_DayTooFar(last, CivilDays.LATEST);
        _requireNotEnded(id, last);
        if (campaign.documentHash == 0) revert CampaignRegistry_DocumentMissing(id);
    }

    function _requireNotEnded(CampaignId id, CivilDay lastDay) private view {
        CivilDay today = CivilDays.today();
        if (CivilDays.isEmpty(today, lastDay)) revert CampaignRegistry_Ended(id, lastDay, today);
    }
}
