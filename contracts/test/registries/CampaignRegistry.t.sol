// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {ICampaignRegistry} from "../../src/interfaces/ICampaignRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    AccountStatus,
    CampaignId,
    CampaignStatus,
    CancellationPurpose,
    OperationId,
    OperationKind
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract CampaignRegistryTest is Fixture {
    CampaignId private id;

    function setUp() public override {
        super.setUp();
        id = Encodings.campaignId("MARATHON");
    }

    function test_Open_RevertWhen_CodeMalformed() external {
        ICampaignRegistry.Campaign memory campaign = campaignFor("CITY RUN");
        _expectRefused(
            campaign, abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_CodeMalformed.selector, campaign.code)
        );
    }

    function test_Open_RevertWhen_AlreadyOpened() external {
        _open();
        _expectRefused(_valid(), _alreadyOpened(CampaignStatus.Open));
        this.close();
        _expectRefused(_valid(), _alreadyOpened(CampaignStatus.Closed));
    }

    function test_Open_RevertWhen_BeneficiaryNotActive() external {
        ICampaignRegistry.Campaign memory campaign = _valid();
        campaign.beneficiary = stranger;
        _expectRefused(
            campaign,
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, stranger, AccountStatus.Unknown)
        );
    }

    function test_Open_RevertWhen_PurposeNotAllowed() external {
        CancellationPurpose[3] memory purposes =
            [CancellationPurpose.None, CancellationPurpose.EcologicalRestoration, CancellationPurpose.EtsCompliance];
        for (uint256 i = 0; i < purposes.length; ++i) {
            ICampaignRegistry.Campaign memory campaign = _valid();
            campaign.purpose = purposes[i];
            _expectRefused(
                campaign,
                abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_PurposeNotAllowed.selector, id, purposes[i])
            );
        }
    }

    function test_Open_RevertWhen_DayTooFar() external {
        ICampaignRegistry.Campaign memory campaign = _valid();
        campaign.lastDay = day(2_932_897);
        _expectRefused(
            campaign,
            abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_DayTooFar.selector, 2_932_897, 2_932_896)
        );
    }

    function test_Open_RevertWhen_Ended() external {
        ICampaignRegistry.Campaign memory campaign = _valid();
        campaign.lastDay = day(TODAY - 1);
        _expectRefused(campaign, _ended(TODAY - 1, TODAY));
    }

    function test_Open_RevertWhen_DocumentMissing() external {
        ICampaignRegistry.Campaign memory campaign = _valid();
        campaign.documentHash = 0;
        _expectRefused(
            campaign, abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_DocumentMissing.selector, id)
        );
    }

    function test_Open() external {
        ICampaignRegistry.Campaign memory campaign = _valid();
        campaign.purpose = CancellationPurpose.VoluntaryOffset;
        OperationId operationId = op();
        vm.expectEmit(address(campaigns));
        emit ICampaignRegistry.CampaignOpened(id, operationId, campaign);
        expectLeaf(address(campaigns), operationId, OperationKind.CAMPAIGN_OPENED, CampaignId.unwrap(id));
        vm.prank(exchange);
        campaigns.open(operationId, campaign, RECORD);
        ICampaignRegistry.StoredCampaign memory expected =
            ICampaignRegistry.StoredCampaign(campaign, CampaignStatus.Open);
        assertEq(abi.encode(campaigns.campaignOf(id)), abi.encode(expected));
    }

    function test_Close_RevertWhen_WrongStatus() external {
        _expectWrongStatus(CampaignStatus.Unknown);
        _open();
        this.close();
        _expectWrongStatus(CampaignStatus.Closed);
    }

    function test_Close() external {
        _open();
        OperationId operationId = op();
        vm.expectEmit(address(campaigns));
        emit ICampaignRegistry.CampaignClosed(id, operationId);
        expectLeaf(address(campaigns), operationId, OperationKind.CAMPAIGN_CLOSED, CampaignId.unwrap(id));
        vm.prank(exchange);
        campaigns.close(operationId, id, RECORD);
        assertEq(uint8(campaigns.campaignOf(id).status), uint8(CampaignStatus.Closed));
    }

    function test_RequireOpen() external {
        _expectNotOpen(CampaignStatus.Unknown);
        _open();
        campaigns.requireOpen(id);
        warpToDay(TODAY + 30);
        campaigns.requireOpen(id);
        warpToDay(TODAY + 31);
        vm.expectRevert(_ended(TODAY + 30, TODAY + 31));
        campaigns.requireOpen(id);
        warpToDay(TODAY);
        this.close();
        _expectNotOpen(CampaignStatus.Closed);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function close() external {
        vm.prank(exchange);
        campaigns.close(op(), id, RECORD);
    }

    function _open() private {
        vm.prank(exchange);
        campaigns.open(op(), _valid(), RECORD);
    }

    function _valid() private view returns (ICampaignRegistry.Campaign memory) {
        return campaignFor("MARATHON");
    }

    function _expectRefused(ICampaignRegistry.Campaign memory campaign, bytes memory reason) private {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(exchange);
        campaigns.open(operationId, campaign, RECORD);
    }

    function _expectWrongStatus(CampaignStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ICampaignRegistry.CampaignRegistry_WrongStatus.selector, id, status, CampaignStatus.Open
            )
        );
        this.close();
    }

    function _expectNotOpen(CampaignStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_NotOpen.selector, id, status));
        campaigns.requireOpen(id);
    }

    function _alreadyOpened(CampaignStatus status) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_AlreadyOpened.selector, id, status);
    }

    function _ended(uint32 lastDay, uint32 on) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_Ended.selector, id, lastDay, on);
    }
}
