CREATE TABLE api_keys (
    key_id TEXT NOT NULL,
    name TEXT NOT NULL,
    key_hash BLOB NOT NULL CONSTRAINT ck_api_keys_key_hash CHECK (length(key_hash) = 32),
    last_four TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at INTEGER NOT NULL CONSTRAINT ck_api_keys_created_at CHECK (created_at >= 0),
    revoked_at INTEGER CONSTRAINT ck_api_keys_revoked_at CHECK (revoked_at >= 0),
    CONSTRAINT pk_api_keys PRIMARY KEY (key_id),
    CONSTRAINT uq_api_keys_key_hash UNIQUE (key_hash),
    CONSTRAINT ck_api_keys_last_four CHECK (length(last_four) = 4)
)
 STRICT;

CREATE TABLE balances (
    book INTEGER NOT NULL CONSTRAINT ck_balances_book CHECK (book BETWEEN 1 AND 8),
    owner BLOB NOT NULL,
    lot_id BLOB NOT NULL CONSTRAINT ck_balances_lot_id CHECK (length(lot_id) = 32),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_balances_quantity_gco2e CHECK (quantity_gco2e >= 1),
    CONSTRAINT pk_balances PRIMARY KEY (book, owner, lot_id),
    CONSTRAINT ck_balances_owner CHECK (length(owner) = CASE WHEN book BETWEEN 5 AND 7 THEN 32 ELSE 20 END)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_balances_lot_id ON balances (lot_id);

CREATE INDEX ix_balances_owner ON balances (owner);

CREATE TABLE batch_files (
    batch_number INTEGER NOT NULL CONSTRAINT ck_batch_files_batch_number CHECK (batch_number >= 1),
    subject BLOB NOT NULL CONSTRAINT ck_batch_files_subject CHECK (length(subject) = 32),
    file_hash BLOB NOT NULL CONSTRAINT ck_batch_files_file_hash CHECK (length(file_hash) = 32),
    state TEXT NOT NULL CONSTRAINT ck_batch_files_state CHECK (state IN ('waiting', 'checked', 'wrong')),
    rule TEXT,
    detail TEXT,
    duplicates INTEGER CONSTRAINT ck_batch_files_duplicates CHECK (duplicates >= 0),
    overdrawn INTEGER CONSTRAINT ck_batch_files_overdrawn CHECK (overdrawn >= 0),
    changed_at INTEGER NOT NULL CONSTRAINT ck_batch_files_changed_at CHECK (changed_at >= 0),
    CONSTRAINT pk_batch_files PRIMARY KEY (batch_number),
    CONSTRAINT ck_batch_files_wrong_has_rule CHECK ((state = 'checked') = (rule IS NULL))
)
 STRICT;

CREATE INDEX ix_batch_files_state ON batch_files (state, batch_number);

CREATE TABLE blocks (
    number INTEGER NOT NULL CONSTRAINT ck_blocks_number CHECK (number >= 0),
    hash BLOB NOT NULL CONSTRAINT ck_blocks_hash CHECK (length(hash) = 32),
    parent_hash BLOB NOT NULL CONSTRAINT ck_blocks_parent_hash CHECK (length(parent_hash) = 32),
    timestamp INTEGER NOT NULL CONSTRAINT ck_blocks_timestamp CHECK (timestamp >= 0),
    CONSTRAINT pk_blocks PRIMARY KEY (number),
    CONSTRAINT uq_blocks_hash UNIQUE (hash)
)
 STRICT;

CREATE TABLE bound_contracts (
    name TEXT NOT NULL,
    address BLOB NOT NULL CONSTRAINT ck_bound_contracts_address CHECK (length(address) = 20),
    code_hash BLOB NOT NULL CONSTRAINT ck_bound_contracts_code_hash CHECK (length(code_hash) = 32),
    CONSTRAINT pk_bound_contracts PRIMARY KEY (name),
    CONSTRAINT uq_bound_contracts_address UNIQUE (address)
)
 STRICT;

CREATE TABLE chain_binding (
    id INTEGER NOT NULL CONSTRAINT ck_chain_binding_one_row CHECK (id = 1),
    chain_id INTEGER NOT NULL CONSTRAINT ck_chain_binding_chain_id CHECK (chain_id >= 1),
    genesis_hash BLOB NOT NULL CONSTRAINT ck_chain_binding_genesis_hash CHECK (length(genesis_hash) = 32),
    first_block INTEGER NOT NULL CONSTRAINT ck_chain_binding_first_block CHECK (first_block >= 1),
    parent_hash BLOB NOT NULL CONSTRAINT ck_chain_binding_parent_hash CHECK (length(parent_hash) = 32),
    parent_timestamp INTEGER NOT NULL CONSTRAINT ck_chain_binding_parent_timestamp CHECK (parent_timestamp >= 0),
    CONSTRAINT pk_chain_binding PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE cursor (
    id INTEGER NOT NULL CONSTRAINT ck_cursor_one_row CHECK (id = 1),
    block_number INTEGER NOT NULL CONSTRAINT ck_cursor_block_number CHECK (block_number >= 0),
    block_hash BLOB NOT NULL CONSTRAINT ck_cursor_block_hash CHECK (length(block_hash) = 32),
    block_timestamp INTEGER NOT NULL CONSTRAINT ck_cursor_block_timestamp CHECK (block_timestamp >= 0),
    log_size INTEGER NOT NULL CONSTRAINT ck_cursor_log_size CHECK (log_size >= 0),
    log_root BLOB NOT NULL CONSTRAINT ck_cursor_log_root CHECK (length(log_root) = 32),
    CONSTRAINT pk_cursor PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE incidents (
    incident_id INTEGER NOT NULL,
    kind INTEGER NOT NULL CONSTRAINT ck_incidents_kind CHECK (kind BETWEEN 1 AND 5),
    detected_at INTEGER NOT NULL CONSTRAINT ck_incidents_detected_at CHECK (detected_at >= 0),
    block_number INTEGER NOT NULL CONSTRAINT ck_incidents_block_number CHECK (block_number >= 0),
    block_hash BLOB NOT NULL CONSTRAINT ck_incidents_block_hash CHECK (length(block_hash) = 32),
    halted_to INTEGER CONSTRAINT ck_incidents_halted_to CHECK (halted_to >= 0),
    batch_number INTEGER CONSTRAINT ck_incidents_batch_number CHECK (batch_number >= 1),
    ancestor_number INTEGER CONSTRAINT ck_incidents_ancestor_number CHECK (ancestor_number >= 0),
    ancestor_hash BLOB CONSTRAINT ck_incidents_ancestor_hash CHECK (length(ancestor_hash) = 32),
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    resolved_at INTEGER CONSTRAINT ck_incidents_resolved_at CHECK (resolved_at >= 0),
    CONSTRAINT pk_incidents PRIMARY KEY (incident_id),
    CONSTRAINT ck_incidents_ancestor CHECK ((ancestor_number IS NULL) = (ancestor_hash IS NULL)),
    CONSTRAINT ck_incidents_batch_number_of_batches CHECK ((kind >= 3) = (batch_number IS NOT NULL)),
    CONSTRAINT ck_incidents_halted_to_of_halts CHECK ((kind = 2) = (halted_to IS NOT NULL))
)
 STRICT;

CREATE TABLE log_tiles (
    level INTEGER NOT NULL CONSTRAINT ck_log_tiles_level CHECK (level >= 0),
    tile_index INTEGER NOT NULL CONSTRAINT ck_log_tiles_tile_index CHECK (tile_index >= 0),
    nodes BLOB NOT NULL CONSTRAINT ck_log_tiles_nodes CHECK (length(nodes) BETWEEN 32 AND 16320 AND length(nodes) & 31 = 0),
    CONSTRAINT pk_log_tiles PRIMARY KEY (level, tile_index)
)
 STRICT;

CREATE TABLE mirror_generation (
    id INTEGER NOT NULL CONSTRAINT ck_mirror_generation_one_row CHECK (id = 1),
    generation BLOB NOT NULL CONSTRAINT ck_mirror_generation_generation CHECK (length(generation) = 16),
    CONSTRAINT pk_mirror_generation PRIMARY KEY (id)
)
 STRICT;

CREATE TABLE outbox (
    sequence INTEGER NOT NULL,
    operation_id BLOB NOT NULL CONSTRAINT ck_outbox_operation_id CHECK (length(operation_id) = 32),
    state TEXT NOT NULL CONSTRAINT ck_outbox_state CHECK (state IN ('saved', 'sent', 'done', 'refused')),
    sender BLOB NOT NULL CONSTRAINT ck_outbox_sender CHECK (length(sender) = 20),
    contract TEXT NOT NULL CONSTRAINT ck_outbox_contract CHECK (contract IN ('access_manager', 'transparency_log', 'account_registry', 'methodology_registry', 'activity_registry', 'reduction_ledger', 'provider_registry', 'campaign_registry', 'point_ledger')),
    kind INTEGER NOT NULL CONSTRAINT ck_outbox_kind CHECK (kind BETWEEN 1 AND 4 OR kind BETWEEN 16 AND 17 OR kind BETWEEN 32 AND 36 OR kind BETWEEN 48 AND 56 OR kind BETWEEN 64 AND 67 OR kind BETWEEN 72 AND 73 OR kind BETWEEN 80 AND 87),
    calldata BLOB NOT NULL,
    record_hash BLOB NOT NULL CONSTRAINT ck_outbox_record_hash CHECK (length(record_hash) = 32),
    nonce INTEGER CONSTRAINT ck_outbox_nonce CHECK (nonce >= 0),
    transaction_hash BLOB CONSTRAINT ck_outbox_transaction_hash CHECK (length(transaction_hash) = 32),
    raw_transaction BLOB,
    block_number INTEGER CONSTRAINT ck_outbox_block_number CHECK (block_number >= 0),
    leaf_index INTEGER CONSTRAINT ck_outbox_leaf_index CHECK (leaf_index >= 0),
    error_code TEXT,
    error_arguments TEXT,
    saved_at INTEGER NOT NULL CONSTRAINT ck_outbox_saved_at CHECK (saved_at >= 0),
    changed_at INTEGER NOT NULL CONSTRAINT ck_outbox_changed_at CHECK (changed_at >= 0),
    CONSTRAINT pk_outbox PRIMARY KEY (sequence),
    CONSTRAINT uq_outbox_operation_id UNIQUE (operation_id),
    CONSTRAINT ck_outbox_sent_is_signed CHECK (state <> 'sent' OR (nonce IS NOT NULL AND raw_transaction IS NOT NULL AND transaction_hash IS NOT NULL)),
    CONSTRAINT ck_outbox_done_has_block CHECK (state <> 'done' OR (block_number IS NOT NULL AND transaction_hash IS NOT NULL)),
    CONSTRAINT ck_outbox_refused_has_error CHECK ((state = 'refused') = (error_code IS NOT NULL))
)
 STRICT;

CREATE INDEX ix_outbox_unfinished ON outbox (sender, sequence) WHERE state IN ('saved', 'sent');

CREATE TABLE point_balances (
    book INTEGER NOT NULL CONSTRAINT ck_point_balances_book CHECK (book BETWEEN 1 AND 7),
    owner BLOB NOT NULL CONSTRAINT ck_point_balances_owner CHECK (length(owner) = 32),
    reduction_class INTEGER NOT NULL CONSTRAINT ck_point_balances_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_point_balances_quantity_gco2e CHECK (quantity_gco2e >= 1),
    CONSTRAINT pk_point_balances PRIMARY KEY (book, owner, reduction_class)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_point_balances_owner ON point_balances (owner);

CREATE TABLE records (
    record_hash BLOB NOT NULL CONSTRAINT ck_records_record_hash CHECK (length(record_hash) = 32),
    kind INTEGER NOT NULL CONSTRAINT ck_records_kind CHECK (kind BETWEEN 1 AND 4 OR kind BETWEEN 16 AND 17 OR kind BETWEEN 32 AND 36 OR kind BETWEEN 48 AND 56 OR kind BETWEEN 64 AND 67 OR kind BETWEEN 72 AND 73 OR kind BETWEEN 80 AND 87),
    document TEXT NOT NULL,
    public TEXT NOT NULL,
    saved_at INTEGER NOT NULL CONSTRAINT ck_records_saved_at CHECK (saved_at >= 0),
    CONSTRAINT pk_records PRIMARY KEY (record_hash)
)
 STRICT;

CREATE TABLE operations (
    leaf_index INTEGER NOT NULL CONSTRAINT ck_operations_leaf_index CHECK (leaf_index >= 0),
    operation_id BLOB NOT NULL CONSTRAINT ck_operations_operation_id CHECK (length(operation_id) = 32),
    kind INTEGER NOT NULL CONSTRAINT ck_operations_kind CHECK (kind BETWEEN 1 AND 4 OR kind BETWEEN 16 AND 17 OR kind BETWEEN 32 AND 36 OR kind BETWEEN 48 AND 56 OR kind BETWEEN 64 AND 67 OR kind BETWEEN 72 AND 73 OR kind BETWEEN 80 AND 87),
    ledger BLOB NOT NULL CONSTRAINT ck_operations_ledger CHECK (length(ledger) = 20),
    subject BLOB NOT NULL CONSTRAINT ck_operations_subject CHECK (length(subject) = 32),
    from_account BLOB CONSTRAINT ck_operations_from_account CHECK (length(from_account) = 20),
    to_account BLOB CONSTRAINT ck_operations_to_account CHECK (length(to_account) = 20),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_operations_quantity_gco2e CHECK (quantity_gco2e >= 0),
    record_hash BLOB NOT NULL CONSTRAINT ck_operations_record_hash CHECK (length(record_hash) = 32),
    timestamp INTEGER NOT NULL CONSTRAINT ck_operations_timestamp CHECK (timestamp >= 0),
    leaf_hash BLOB NOT NULL CONSTRAINT ck_operations_leaf_hash CHECK (length(leaf_hash) = 32),
    block_number INTEGER NOT NULL,
    transaction_hash BLOB NOT NULL CONSTRAINT ck_operations_transaction_hash CHECK (length(transaction_hash) = 32),
    log_index INTEGER NOT NULL CONSTRAINT ck_operations_log_index CHECK (log_index >= 0),
    CONSTRAINT pk_operations PRIMARY KEY (leaf_index),
    CONSTRAINT fk_operations_block_number FOREIGN KEY(block_number) REFERENCES blocks (number)
)
 STRICT;

CREATE INDEX ix_operations_from_account ON operations (from_account, leaf_index) WHERE from_account IS NOT NULL;

CREATE INDEX ix_operations_kind ON operations (kind, leaf_index);

CREATE INDEX ix_operations_subject ON operations (subject, leaf_index);

CREATE INDEX ix_operations_to_account ON operations (to_account, leaf_index) WHERE to_account IS NOT NULL;

CREATE UNIQUE INDEX uq_operations_block_number_log_index ON operations (block_number, log_index);

CREATE UNIQUE INDEX uq_operations_operation_id ON operations (operation_id);

CREATE TABLE accounts (
    account BLOB NOT NULL CONSTRAINT ck_accounts_account CHECK (length(account) = 20),
    kind INTEGER NOT NULL CONSTRAINT ck_accounts_kind CHECK (kind BETWEEN 1 AND 2),
    custody INTEGER NOT NULL CONSTRAINT ck_accounts_custody CHECK (custody BETWEEN 1 AND 2),
    identity_commitment BLOB NOT NULL CONSTRAINT ck_accounts_identity_commitment CHECK (length(identity_commitment) = 32),
    status INTEGER NOT NULL CONSTRAINT ck_accounts_status CHECK (status BETWEEN 1 AND 3),
    opened_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_accounts PRIMARY KEY (account),
    CONSTRAINT uq_accounts_identity_commitment UNIQUE (identity_commitment),
    CONSTRAINT uq_accounts_opened_leaf_index UNIQUE (opened_leaf_index),
    CONSTRAINT fk_accounts_opened_leaf_index FOREIGN KEY(opened_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_accounts_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE methodologies (
    methodology_id BLOB NOT NULL CONSTRAINT ck_methodologies_methodology_id CHECK (length(methodology_id) = 32),
    code TEXT NOT NULL,
    version INTEGER NOT NULL CONSTRAINT ck_methodologies_version CHECK (version >= 1),
    kind INTEGER NOT NULL CONSTRAINT ck_methodologies_kind CHECK (kind BETWEEN 1 AND 2),
    reduction_class INTEGER NOT NULL CONSTRAINT ck_methodologies_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    effective_first_day INTEGER NOT NULL CONSTRAINT ck_methodologies_effective_first_day CHECK (effective_first_day >= 0),
    effective_last_day INTEGER NOT NULL CONSTRAINT ck_methodologies_effective_last_day CHECK (effective_last_day >= 0),
    document_hash BLOB NOT NULL CONSTRAINT ck_methodologies_document_hash CHECK (length(document_hash) = 32),
    status INTEGER NOT NULL CONSTRAINT ck_methodologies_status CHECK (status BETWEEN 1 AND 2),
    published_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_methodologies PRIMARY KEY (methodology_id),
    CONSTRAINT uq_methodologies_code_version UNIQUE (code, version),
    CONSTRAINT uq_methodologies_published_leaf_index UNIQUE (published_leaf_index),
    CONSTRAINT ck_methodologies_effective_first_day_to_effective_last_day CHECK (effective_first_day <= effective_last_day),
    CONSTRAINT fk_methodologies_published_leaf_index FOREIGN KEY(published_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_methodologies_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE point_postings (
    leaf_index INTEGER NOT NULL,
    position INTEGER NOT NULL CONSTRAINT ck_point_postings_position CHECK (position >= 0),
    reduction_class INTEGER NOT NULL CONSTRAINT ck_point_postings_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    debit_book INTEGER NOT NULL CONSTRAINT ck_point_postings_debit_book CHECK (debit_book BETWEEN 1 AND 7),
    debit_owner BLOB NOT NULL CONSTRAINT ck_point_postings_debit_owner CHECK (length(debit_owner) = 32),
    credit_book INTEGER NOT NULL CONSTRAINT ck_point_postings_credit_book CHECK (credit_book BETWEEN 1 AND 7),
    credit_owner BLOB NOT NULL CONSTRAINT ck_point_postings_credit_owner CHECK (length(credit_owner) = 32),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_point_postings_quantity_gco2e CHECK (quantity_gco2e >= 1),
    CONSTRAINT pk_point_postings PRIMARY KEY (leaf_index, position),
    CONSTRAINT fk_point_postings_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE activities (
    activity_id BLOB NOT NULL CONSTRAINT ck_activities_activity_id CHECK (length(activity_id) = 32),
    code TEXT NOT NULL,
    kind INTEGER NOT NULL CONSTRAINT ck_activities_kind CHECK (kind BETWEEN 1 AND 3),
    reduction_class INTEGER NOT NULL CONSTRAINT ck_activities_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    methodology_id BLOB NOT NULL,
    operator_account BLOB NOT NULL,
    feed_signer BLOB CONSTRAINT ck_activities_feed_signer CHECK (length(feed_signer) = 20),
    crediting_first_day INTEGER NOT NULL CONSTRAINT ck_activities_crediting_first_day CHECK (crediting_first_day >= 0),
    crediting_last_day INTEGER NOT NULL CONSTRAINT ck_activities_crediting_last_day CHECK (crediting_last_day >= 0),
    facility_id BLOB CONSTRAINT ck_activities_facility_id CHECK (length(facility_id) = 32),
    debtor_id BLOB NOT NULL CONSTRAINT ck_activities_debtor_id CHECK (length(debtor_id) = 32),
    pledge_hash BLOB CONSTRAINT ck_activities_pledge_hash CHECK (length(pledge_hash) = 32),
    cap_gco2e INTEGER NOT NULL CONSTRAINT ck_activities_cap_gco2e CHECK (cap_gco2e >= 0),
    status INTEGER NOT NULL CONSTRAINT ck_activities_status CHECK (status BETWEEN 1 AND 4),
    registered_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_activities PRIMARY KEY (activity_id),
    CONSTRAINT uq_activities_code UNIQUE (code),
    CONSTRAINT uq_activities_registered_leaf_index UNIQUE (registered_leaf_index),
    CONSTRAINT ck_activities_crediting_first_day_to_crediting_last_day CHECK (crediting_first_day <= crediting_last_day),
    CONSTRAINT fk_activities_methodology_id FOREIGN KEY(methodology_id) REFERENCES methodologies (methodology_id),
    CONSTRAINT fk_activities_operator_account FOREIGN KEY(operator_account) REFERENCES accounts (account),
    CONSTRAINT fk_activities_registered_leaf_index FOREIGN KEY(registered_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_activities_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE UNIQUE INDEX uq_activities_live_facility ON activities (facility_id) WHERE status IN (1, 2);

CREATE TABLE campaigns (
    campaign_id BLOB NOT NULL CONSTRAINT ck_campaigns_campaign_id CHECK (length(campaign_id) = 32),
    code TEXT NOT NULL,
    beneficiary BLOB NOT NULL,
    purpose INTEGER NOT NULL CONSTRAINT ck_campaigns_purpose CHECK (purpose BETWEEN 1 AND 4),
    last_day INTEGER NOT NULL CONSTRAINT ck_campaigns_last_day CHECK (last_day >= 0),
    document_hash BLOB NOT NULL CONSTRAINT ck_campaigns_document_hash CHECK (length(document_hash) = 32),
    status INTEGER NOT NULL CONSTRAINT ck_campaigns_status CHECK (status BETWEEN 1 AND 2),
    opened_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_campaigns PRIMARY KEY (campaign_id),
    CONSTRAINT uq_campaigns_code UNIQUE (code),
    CONSTRAINT uq_campaigns_opened_leaf_index UNIQUE (opened_leaf_index),
    CONSTRAINT fk_campaigns_beneficiary FOREIGN KEY(beneficiary) REFERENCES accounts (account),
    CONSTRAINT fk_campaigns_opened_leaf_index FOREIGN KEY(opened_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_campaigns_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE providers (
    account BLOB NOT NULL,
    status INTEGER NOT NULL CONSTRAINT ck_providers_status CHECK (status BETWEEN 1 AND 3),
    admitted_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_providers PRIMARY KEY (account),
    CONSTRAINT uq_providers_admitted_leaf_index UNIQUE (admitted_leaf_index),
    CONSTRAINT fk_providers_account FOREIGN KEY(account) REFERENCES accounts (account),
    CONSTRAINT fk_providers_admitted_leaf_index FOREIGN KEY(admitted_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_providers_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE TABLE batches (
    batch_number INTEGER NOT NULL CONSTRAINT ck_batches_batch_number CHECK (batch_number >= 1),
    leaf_index INTEGER NOT NULL,
    kind INTEGER NOT NULL CONSTRAINT ck_batches_kind CHECK (kind BETWEEN 1 AND 7),
    reduction_class INTEGER NOT NULL CONSTRAINT ck_batches_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    activity_id BLOB,
    provider BLOB,
    campaign_id BLOB,
    corrected_batch INTEGER,
    after_batch INTEGER,
    root BLOB CONSTRAINT ck_batches_root CHECK (length(root) = 32),
    total INTEGER NOT NULL CONSTRAINT ck_batches_total CHECK (total >= 0),
    entry_count INTEGER NOT NULL CONSTRAINT ck_batches_entry_count CHECK (entry_count >= 0),
    file_hash BLOB CONSTRAINT ck_batches_file_hash CHECK (length(file_hash) = 32),
    withheld_gco2e INTEGER NOT NULL CONSTRAINT ck_batches_withheld_gco2e CHECK (withheld_gco2e >= 0),
    first_certificate INTEGER CONSTRAINT ck_batches_first_certificate CHECK (first_certificate >= 1),
    corrected_gco2e INTEGER CONSTRAINT ck_batches_corrected_gco2e CHECK (corrected_gco2e >= 1),
    bought_back_gco2e INTEGER CONSTRAINT ck_batches_bought_back_gco2e CHECK (bought_back_gco2e >= 0),
    personal_after_gco2e INTEGER CONSTRAINT ck_batches_personal_after_gco2e CHECK (personal_after_gco2e >= 0),
    methodology_id BLOB,
    sequence INTEGER CONSTRAINT ck_batches_sequence CHECK (sequence >= 1),
    first_day INTEGER CONSTRAINT ck_batches_first_day CHECK (first_day >= 0),
    last_day INTEGER CONSTRAINT ck_batches_last_day CHECK (last_day >= 0),
    CONSTRAINT pk_batches PRIMARY KEY (batch_number),
    CONSTRAINT uq_batches_activity_id_sequence UNIQUE (activity_id, sequence),
    CONSTRAINT ck_batches_first_day_to_last_day CHECK (first_day <= last_day),
    CONSTRAINT ck_batches_whole_or_nothing CHECK ((root IS NULL) = (total = 0) AND (file_hash IS NULL) = (total = 0)),
    CONSTRAINT ck_batches_entries CHECK ((entry_count = 0) = (total = 0) AND entry_count <= total),
    CONSTRAINT ck_batches_nothing_is_a_correction CHECK (total > 0 OR kind = 5),
    CONSTRAINT ck_batches_withheld_within_total CHECK (withheld_gco2e <= total),
    CONSTRAINT ck_batches_withheld_of_earn CHECK (withheld_gco2e = 0 OR kind = 1),
    CONSTRAINT ck_batches_activity_id_of_feed CHECK ((activity_id IS NOT NULL) = (kind IN (1, 6))),
    CONSTRAINT ck_batches_methodology_id_of_feed CHECK ((methodology_id IS NOT NULL) = (kind IN (1, 6))),
    CONSTRAINT ck_batches_sequence_of_feed CHECK ((sequence IS NOT NULL) = (kind IN (1, 6))),
    CONSTRAINT ck_batches_first_day_of_feed CHECK ((first_day IS NOT NULL) = (kind IN (1, 6))),
    CONSTRAINT ck_batches_last_day_of_feed CHECK ((last_day IS NOT NULL) = (kind IN (1, 6))),
    CONSTRAINT ck_batches_provider_of_redeem CHECK ((provider IS NOT NULL) = (kind = 2)),
    CONSTRAINT ck_batches_bought_back_gco2e_of_redeem CHECK ((bought_back_gco2e IS NOT NULL) = (kind = 2)),
    CONSTRAINT ck_batches_campaign_id_of_donate CHECK ((campaign_id IS NOT NULL) = (kind = 3)),
    CONSTRAINT ck_batches_first_certificate_of_cancel CHECK ((first_certificate IS NOT NULL) = (kind = 4)),
    CONSTRAINT ck_batches_corrected_batch_of_correct CHECK ((corrected_batch IS NOT NULL) = (kind = 5)),
    CONSTRAINT ck_batches_corrected_gco2e_of_correct CHECK ((corrected_gco2e IS NOT NULL) = (kind = 5)),
    CONSTRAINT ck_batches_after_batch_of_snapshot CHECK ((after_batch IS NOT NULL) = (kind = 7)),
    CONSTRAINT fk_batches_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_batches_activity_id FOREIGN KEY(activity_id) REFERENCES activities (activity_id),
    CONSTRAINT fk_batches_provider FOREIGN KEY(provider) REFERENCES providers (account),
    CONSTRAINT fk_batches_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (campaign_id),
    CONSTRAINT fk_batches_corrected_batch FOREIGN KEY(corrected_batch) REFERENCES batches (batch_number),
    CONSTRAINT fk_batches_after_batch FOREIGN KEY(after_batch) REFERENCES batches (batch_number),
    CONSTRAINT fk_batches_methodology_id FOREIGN KEY(methodology_id) REFERENCES methodologies (methodology_id)
)
 STRICT;

CREATE INDEX ix_batches_activity_id ON batches (activity_id, batch_number) WHERE activity_id IS NOT NULL;

CREATE INDEX ix_batches_campaign_id ON batches (campaign_id, batch_number) WHERE campaign_id IS NOT NULL;

CREATE INDEX ix_batches_corrected_batch ON batches (corrected_batch, batch_number) WHERE corrected_batch IS NOT NULL;

CREATE INDEX ix_batches_file_hash ON batches (file_hash);

CREATE INDEX ix_batches_kind ON batches (kind, reduction_class, batch_number);

CREATE INDEX ix_batches_provider ON batches (provider, batch_number) WHERE provider IS NOT NULL;

CREATE UNIQUE INDEX uq_batches_first_certificate ON batches (first_certificate) WHERE first_certificate IS NOT NULL;

CREATE UNIQUE INDEX uq_batches_leaf_index ON batches (leaf_index);

CREATE TABLE campaign_cancellations (
    certificate_number INTEGER NOT NULL CONSTRAINT ck_campaign_cancellations_certificate_number CHECK (certificate_number >= 1),
    leaf_index INTEGER NOT NULL,
    campaign_id BLOB NOT NULL,
    reduction_class INTEGER NOT NULL CONSTRAINT ck_campaign_cancellations_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    purpose INTEGER NOT NULL CONSTRAINT ck_campaign_cancellations_purpose CHECK (purpose BETWEEN 1 AND 4),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_campaign_cancellations_quantity_gco2e CHECK (quantity_gco2e >= 1),
    CONSTRAINT pk_campaign_cancellations PRIMARY KEY (certificate_number),
    CONSTRAINT fk_campaign_cancellations_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_campaign_cancellations_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns (campaign_id)
)
 STRICT;

CREATE INDEX ix_campaign_cancellations_campaign_id ON campaign_cancellations (campaign_id, certificate_number);

CREATE UNIQUE INDEX uq_campaign_cancellations_leaf_index ON campaign_cancellations (leaf_index);

CREATE TABLE proposals (
    proposal_id BLOB NOT NULL CONSTRAINT ck_proposals_proposal_id CHECK (length(proposal_id) = 32),
    activity_id BLOB NOT NULL,
    proposer BLOB NOT NULL CONSTRAINT ck_proposals_proposer CHECK (length(proposer) = 20),
    first_day INTEGER NOT NULL CONSTRAINT ck_proposals_first_day CHECK (first_day >= 0),
    last_day INTEGER NOT NULL CONSTRAINT ck_proposals_last_day CHECK (last_day >= 0),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_proposals_quantity_gco2e CHECK (quantity_gco2e >= 1),
    status INTEGER NOT NULL CONSTRAINT ck_proposals_status CHECK (status BETWEEN 1 AND 3),
    proposed_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_proposals PRIMARY KEY (proposal_id),
    CONSTRAINT uq_proposals_proposed_leaf_index UNIQUE (proposed_leaf_index),
    CONSTRAINT ck_proposals_first_day_to_last_day CHECK (first_day <= last_day),
    CONSTRAINT fk_proposals_activity_id FOREIGN KEY(activity_id) REFERENCES activities (activity_id),
    CONSTRAINT fk_proposals_proposed_leaf_index FOREIGN KEY(proposed_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_proposals_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_proposals_activity_id ON proposals (activity_id);

CREATE INDEX ix_proposals_status ON proposals (status, proposed_leaf_index);

CREATE TABLE provider_admissions (
    leaf_index INTEGER NOT NULL,
    account BLOB NOT NULL,
    mode INTEGER NOT NULL CONSTRAINT ck_provider_admissions_mode CHECK (mode BETWEEN 1 AND 4),
    application_hash BLOB NOT NULL CONSTRAINT ck_provider_admissions_application_hash CHECK (length(application_hash) = 32),
    evaluation_hash BLOB NOT NULL CONSTRAINT ck_provider_admissions_evaluation_hash CHECK (length(evaluation_hash) = 32),
    agreement_hash BLOB NOT NULL CONSTRAINT ck_provider_admissions_agreement_hash CHECK (length(agreement_hash) = 32),
    CONSTRAINT pk_provider_admissions PRIMARY KEY (leaf_index),
    CONSTRAINT fk_provider_admissions_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_provider_admissions_account FOREIGN KEY(account) REFERENCES providers (account)
)
 STRICT;

CREATE INDEX ix_provider_admissions_account ON provider_admissions (account, leaf_index);

CREATE TABLE lots (
    lot_id BLOB NOT NULL CONSTRAINT ck_lots_lot_id CHECK (length(lot_id) = 32),
    activity_id BLOB,
    methodology_id BLOB,
    reduction_class INTEGER NOT NULL CONSTRAINT ck_lots_reduction_class CHECK (reduction_class BETWEEN 1 AND 2),
    first_day INTEGER CONSTRAINT ck_lots_first_day CHECK (first_day >= 0),
    last_day INTEGER CONSTRAINT ck_lots_last_day CHECK (last_day >= 0),
    credited_account BLOB NOT NULL,
    proposal_id BLOB,
    redeem_operation_id BLOB CONSTRAINT ck_lots_redeem_operation_id CHECK (length(redeem_operation_id) = 32),
    first_serial INTEGER NOT NULL CONSTRAINT ck_lots_first_serial CHECK (first_serial >= 1),
    issued_gco2e INTEGER NOT NULL CONSTRAINT ck_lots_issued_gco2e CHECK (issued_gco2e >= 1),
    withheld_gco2e INTEGER NOT NULL CONSTRAINT ck_lots_withheld_gco2e CHECK (withheld_gco2e >= 0),
    cancelled_gco2e INTEGER NOT NULL CONSTRAINT ck_lots_cancelled_gco2e CHECK (cancelled_gco2e >= 0),
    taken_back_gco2e INTEGER NOT NULL CONSTRAINT ck_lots_taken_back_gco2e CHECK (taken_back_gco2e >= 0),
    corrected_gco2e INTEGER NOT NULL CONSTRAINT ck_lots_corrected_gco2e CHECK (corrected_gco2e >= 0),
    status INTEGER NOT NULL CONSTRAINT ck_lots_status CHECK (status BETWEEN 1 AND 2),
    issued_leaf_index INTEGER NOT NULL,
    status_leaf_index INTEGER NOT NULL,
    CONSTRAINT pk_lots PRIMARY KEY (lot_id),
    CONSTRAINT uq_lots_proposal_id UNIQUE (proposal_id),
    CONSTRAINT uq_lots_first_serial UNIQUE (first_serial),
    CONSTRAINT uq_lots_issued_leaf_index UNIQUE (issued_leaf_index),
    CONSTRAINT uq_lots_redeem_operation_id UNIQUE (redeem_operation_id),
    CONSTRAINT uq_lots_activity_id_first_day UNIQUE (activity_id, first_day),
    CONSTRAINT ck_lots_first_day_to_last_day CHECK (first_day <= last_day),
    CONSTRAINT ck_lots_issued_or_bought_back CHECK ((activity_id IS NULL) = (redeem_operation_id IS NOT NULL) AND (methodology_id IS NULL) = (redeem_operation_id IS NOT NULL) AND (first_day IS NULL) = (redeem_operation_id IS NOT NULL) AND (last_day IS NULL) = (redeem_operation_id IS NOT NULL) AND (proposal_id IS NULL) = (redeem_operation_id IS NOT NULL)),
    CONSTRAINT ck_lots_final_within_issued CHECK (cancelled_gco2e + taken_back_gco2e <= issued_gco2e),
    CONSTRAINT ck_lots_withheld_is_taken_back CHECK (withheld_gco2e <= taken_back_gco2e),
    CONSTRAINT ck_lots_corrected_within_issued CHECK (corrected_gco2e <= issued_gco2e),
    CONSTRAINT fk_lots_activity_id FOREIGN KEY(activity_id) REFERENCES activities (activity_id),
    CONSTRAINT fk_lots_methodology_id FOREIGN KEY(methodology_id) REFERENCES methodologies (methodology_id),
    CONSTRAINT fk_lots_credited_account FOREIGN KEY(credited_account) REFERENCES accounts (account),
    CONSTRAINT fk_lots_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals (proposal_id),
    CONSTRAINT fk_lots_issued_leaf_index FOREIGN KEY(issued_leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_lots_status_leaf_index FOREIGN KEY(status_leaf_index) REFERENCES operations (leaf_index)
)
 WITHOUT ROWID,
 STRICT;

CREATE INDEX ix_lots_activity_id ON lots (activity_id);

CREATE INDEX ix_lots_credited_account ON lots (credited_account, issued_leaf_index);

CREATE INDEX ix_lots_status ON lots (status, issued_leaf_index);

CREATE TABLE certificates (
    number INTEGER NOT NULL CONSTRAINT ck_certificates_number CHECK (number >= 1),
    leaf_index INTEGER NOT NULL,
    lot_id BLOB NOT NULL,
    account BLOB NOT NULL CONSTRAINT ck_certificates_account CHECK (length(account) = 20),
    purpose INTEGER NOT NULL CONSTRAINT ck_certificates_purpose CHECK (purpose BETWEEN 1 AND 4),
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_certificates_quantity_gco2e CHECK (quantity_gco2e >= 1),
    first_serial INTEGER NOT NULL CONSTRAINT ck_certificates_first_serial CHECK (first_serial >= 1),
    CONSTRAINT pk_certificates PRIMARY KEY (number),
    CONSTRAINT fk_certificates_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_certificates_lot_id FOREIGN KEY(lot_id) REFERENCES lots (lot_id)
)
 STRICT;

CREATE INDEX ix_certificates_account ON certificates (account, number);

CREATE INDEX ix_certificates_lot_id ON certificates (lot_id, number);

CREATE UNIQUE INDEX uq_certificates_first_serial ON certificates (first_serial);

CREATE UNIQUE INDEX uq_certificates_leaf_index ON certificates (leaf_index);

CREATE TABLE postings (
    leaf_index INTEGER NOT NULL,
    position INTEGER NOT NULL CONSTRAINT ck_postings_position CHECK (position >= 0),
    lot_id BLOB,
    debit_book INTEGER NOT NULL CONSTRAINT ck_postings_debit_book CHECK (debit_book BETWEEN 1 AND 8),
    debit_owner BLOB NOT NULL,
    credit_book INTEGER NOT NULL CONSTRAINT ck_postings_credit_book CHECK (credit_book BETWEEN 1 AND 8),
    credit_owner BLOB NOT NULL,
    quantity_gco2e INTEGER NOT NULL CONSTRAINT ck_postings_quantity_gco2e CHECK (quantity_gco2e >= 1),
    CONSTRAINT pk_postings PRIMARY KEY (leaf_index, position),
    CONSTRAINT ck_postings_lot_or_debtor CHECK (lot_id IS NOT NULL OR debit_book BETWEEN 5 AND 7),
    CONSTRAINT ck_postings_debit_owner CHECK (length(debit_owner) = CASE WHEN debit_book BETWEEN 5 AND 7 THEN 32 ELSE 20 END),
    CONSTRAINT ck_postings_credit_owner CHECK (length(credit_owner) = CASE WHEN credit_book BETWEEN 5 AND 7 THEN 32 ELSE 20 END),
    CONSTRAINT fk_postings_leaf_index FOREIGN KEY(leaf_index) REFERENCES operations (leaf_index),
    CONSTRAINT fk_postings_lot_id FOREIGN KEY(lot_id) REFERENCES lots (lot_id)
)
 WITHOUT ROWID,
 STRICT;
