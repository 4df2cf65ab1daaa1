CREATE TABLE app_user (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	email VARCHAR(255) COLLATE "C",
	is_super_admin BOOLEAN NOT NULL,
	has_seat BOOLEAN NOT NULL,
	is_active BOOLEAN NOT NULL,
	locale VARCHAR(35) COLLATE "C",
	time_zone VARCHAR(63) COLLATE "C",
	external_id VARCHAR(255) COLLATE "C",
	persona VARCHAR(63) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT app_user_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT app_user_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX app_user_email ON app_user (portal_id, email);

ALTER TABLE app_user ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON app_user USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE association_label (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	from_type VARCHAR(63) COLLATE "C" NOT NULL,
	to_type VARCHAR(63) COLLATE "C" NOT NULL,
	key VARCHAR(63) COLLATE "C" NOT NULL,
	label VARCHAR(255) NOT NULL,
	inverse_label VARCHAR(255),
	CONSTRAINT association_label_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT association_label_key_key UNIQUE (portal_id, from_type, to_type, key)
);

ALTER TABLE association_label ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON association_label USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE custom_object (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	label VARCHAR(100) NOT NULL,
	label_folded VARCHAR(255) COLLATE "C" NOT NULL,
	plural_label VARCHAR(100) NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT custom_object_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT custom_object_object_type_key UNIQUE (portal_id, object_type)
);

ALTER TABLE custom_object ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON custom_object USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE node_lease (
	node INTEGER NOT NULL,
	holder VARCHAR(64) NOT NULL,
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (node)
);

CREATE TABLE outbox_event (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	position BIGINT NOT NULL,
	kind VARCHAR(63) COLLATE "C" NOT NULL,
	subject_type VARCHAR(63) COLLATE "C" NOT NULL,
	subject_id BIGINT,
	payload JSON NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT outbox_event_pkey PRIMARY KEY (portal_id, id)
);

CREATE INDEX outbox_event_position ON outbox_event (portal_id, position, id);

ALTER TABLE outbox_event ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON outbox_event USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE page_layout (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(100) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	kind VARCHAR(16) COLLATE "C" NOT NULL,
	properties JSON NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT page_layout_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT page_layout_name_key UNIQUE (portal_id, object_type, name_folded)
);

ALTER TABLE page_layout ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON page_layout USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE pipeline (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	key VARCHAR(63) COLLATE "C" NOT NULL,
	label VARCHAR(255) NOT NULL,
	display_order INTEGER NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT pipeline_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT pipeline_key_key UNIQUE (portal_id, object_type, key)
);

ALTER TABLE pipeline ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON pipeline USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE portal (
	id BIGINT NOT NULL,
	key VARCHAR(63) COLLATE "C" NOT NULL,
	name VARCHAR(255) NOT NULL,
	plan VARCHAR(16) COLLATE "C" NOT NULL,
	time_zone VARCHAR(63) COLLATE "C" NOT NULL,
	locale VARCHAR(35) COLLATE "C" NOT NULL,
	currency VARCHAR(3) COLLATE "C" NOT NULL,
	features JSON NOT NULL,
	account_object VARCHAR(63) COLLATE "C",
	settings_version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (id),
	UNIQUE (key)
);

ALTER TABLE portal ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON portal USING (id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE property_definition (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	key VARCHAR(63) COLLATE "C" NOT NULL,
	label VARCHAR(255) NOT NULL,
	description TEXT,
	group_key VARCHAR(63) COLLATE "C" NOT NULL,
	kind VARCHAR(16) COLLATE "C" NOT NULL,
	options JSON NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT property_definition_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT property_definition_key_key UNIQUE (portal_id, object_type, key)
);

ALTER TABLE property_definition ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON property_definition USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE team (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	external_id VARCHAR(255) COLLATE "C",
	CONSTRAINT team_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT team_external_id_key UNIQUE (portal_id, external_id)
);

ALTER TABLE team ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON team USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE workspace (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(100) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	description VARCHAR(500),
	slot SMALLINT NOT NULL,
	version BIGINT NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT workspace_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT workspace_slot_range CHECK (slot BETWEEN 0 AND 5),
	CONSTRAINT workspace_name_key UNIQUE (portal_id, name_folded),
	CONSTRAINT workspace_slot_key UNIQUE (portal_id, slot)
);

ALTER TABLE workspace ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON workspace USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE association (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	from_type VARCHAR(63) COLLATE "C" NOT NULL,
	from_id BIGINT NOT NULL,
	to_type VARCHAR(63) COLLATE "C" NOT NULL,
	to_id BIGINT NOT NULL,
	label_id BIGINT,
	is_inverse BOOLEAN NOT NULL,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT association_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT association_label_id_fkey FOREIGN KEY(portal_id, label_id) REFERENCES association_label (portal_id, id),
	CONSTRAINT association_labelled_key UNIQUE (portal_id, from_id, to_id, label_id)
);

CREATE INDEX association_from ON association (portal_id, from_id, to_type, to_id);

CREATE UNIQUE INDEX association_unlabelled_key ON association (portal_id, from_id, to_id) WHERE label_id IS NULL;

ALTER TABLE association ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON association USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE audit_entry (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	at TIMESTAMP WITH TIME ZONE NOT NULL,
	actor_id BIGINT,
	action VARCHAR(63) COLLATE "C" NOT NULL,
	subject_type VARCHAR(63) COLLATE "C" NOT NULL,
	subject_id BIGINT,
	changes JSON NOT NULL,
	CONSTRAINT audit_entry_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT audit_entry_actor_id_fkey FOREIGN KEY(portal_id, actor_id) REFERENCES app_user (portal_id, id)
);

CREATE INDEX audit_entry_at ON audit_entry (portal_id, at, id);

CREATE INDEX audit_entry_subject ON audit_entry (portal_id, subject_id, at, id);

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON audit_entry USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE company (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	domain VARCHAR(255) COLLATE "C",
	industry VARCHAR(255),
	country VARCHAR(255),
	employee_count INTEGER,
	annual_revenue_minor BIGINT,
	annual_revenue_currency VARCHAR(3) COLLATE "C",
	renewal_on DATE,
	parent_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT company_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT company_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT company_parent_id_fkey FOREIGN KEY(portal_id, parent_id) REFERENCES company (portal_id, id),
	CONSTRAINT company_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX company_created_at ON company (portal_id, created_at DESC, id, archived_at);

CREATE INDEX company_name ON company (portal_id, name_folded, id);

CREATE INDEX company_owner_id ON company (portal_id, owner_id, created_at DESC, id, archived_at);

CREATE INDEX company_parent_id ON company (portal_id, parent_id, name_folded, id, archived_at);

ALTER TABLE company ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON company USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE idempotency_record (
	portal_id BIGINT NOT NULL,
	actor_id BIGINT NOT NULL,
	key VARCHAR(255) COLLATE "C" NOT NULL,
	path VARCHAR(255) COLLATE "C" NOT NULL,
	input_hash VARCHAR(64) COLLATE "C" NOT NULL,
	outcome JSON,
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT idempotency_record_pkey PRIMARY KEY (portal_id, actor_id, key, path),
	CONSTRAINT idempotency_record_actor_id_fkey FOREIGN KEY(portal_id, actor_id) REFERENCES app_user (portal_id, id) ON DELETE CASCADE
);

CREATE INDEX idempotency_record_age ON idempotency_record (portal_id, created_at);

ALTER TABLE idempotency_record ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON idempotency_record USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE property_history (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	record_id BIGINT NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	property_key VARCHAR(63) COLLATE "C" NOT NULL,
	value JSON,
	user_value BIGINT,
	changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
	source VARCHAR(16) COLLATE "C" NOT NULL,
	source_label VARCHAR(255),
	actor_id BIGINT,
	CONSTRAINT property_history_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT property_history_actor_id_fkey FOREIGN KEY(portal_id, actor_id) REFERENCES app_user (portal_id, id)
);

CREATE INDEX property_history_assigned ON property_history (portal_id, object_type, property_key, user_value, changed_at);

CREATE INDEX property_history_record ON property_history (portal_id, record_id, property_key, changed_at, id);

ALTER TABLE property_history ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON property_history USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE property_value (
	portal_id BIGINT NOT NULL,
	record_id BIGINT NOT NULL,
	property_id BIGINT NOT NULL,
	text_value TEXT,
	text_folded VARCHAR(255) COLLATE "C",
	number_value BIGINT,
	currency VARCHAR(3) COLLATE "C",
	date_value DATE,
	instant_value TIMESTAMP WITH TIME ZONE,
	user_id BIGINT,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	CONSTRAINT property_value_pkey PRIMARY KEY (portal_id, record_id, property_id),
	CONSTRAINT property_value_property_id_fkey FOREIGN KEY(portal_id, property_id) REFERENCES property_definition (portal_id, id) ON DELETE CASCADE,
	CONSTRAINT property_value_user_id_fkey FOREIGN KEY(portal_id, user_id) REFERENCES app_user (portal_id, id)
);

CREATE INDEX property_value_date ON property_value (portal_id, property_id, date_value, record_id);

CREATE INDEX property_value_instant ON property_value (portal_id, property_id, instant_value, record_id);

CREATE INDEX property_value_number ON property_value (portal_id, property_id, number_value, record_id);

CREATE INDEX property_value_text ON property_value (portal_id, property_id, text_folded, record_id);

CREATE INDEX property_value_user ON property_value (portal_id, property_id, user_id, record_id);

ALTER TABLE property_value ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON property_value USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE stage (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	pipeline_id BIGINT NOT NULL,
	key VARCHAR(63) COLLATE "C" NOT NULL,
	label VARCHAR(255) NOT NULL,
	display_order INTEGER NOT NULL,
	is_closed BOOLEAN NOT NULL,
	is_won BOOLEAN NOT NULL,
	probability BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT stage_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT stage_pipeline_id_fkey FOREIGN KEY(portal_id, pipeline_id) REFERENCES pipeline (portal_id, id) ON DELETE CASCADE,
	CONSTRAINT stage_key_key UNIQUE (portal_id, pipeline_id, key)
);

ALTER TABLE stage ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON stage USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE tab_setting (
	portal_id BIGINT NOT NULL,
	workspace_id BIGINT NOT NULL,
	tab VARCHAR(63) COLLATE "C" NOT NULL,
	is_visible BOOLEAN,
	setting_values JSON NOT NULL,
	version BIGINT NOT NULL,
	CONSTRAINT tab_setting_pkey PRIMARY KEY (portal_id, workspace_id, tab),
	CONSTRAINT tab_setting_workspace_id_fkey FOREIGN KEY(portal_id, workspace_id) REFERENCES workspace (portal_id, id) ON DELETE CASCADE
);

ALTER TABLE tab_setting ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON tab_setting USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE team_member (
	portal_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	team_id BIGINT NOT NULL,
	is_primary BOOLEAN NOT NULL,
	CONSTRAINT team_member_pkey PRIMARY KEY (portal_id, user_id, team_id),
	CONSTRAINT team_member_team_id_fkey FOREIGN KEY(portal_id, team_id) REFERENCES team (portal_id, id) ON DELETE CASCADE,
	CONSTRAINT team_member_user_id_fkey FOREIGN KEY(portal_id, user_id) REFERENCES app_user (portal_id, id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX team_member_one_primary ON team_member (portal_id, user_id) WHERE is_primary;

CREATE INDEX team_member_team ON team_member (portal_id, team_id);

ALTER TABLE team_member ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON team_member USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE user_permission (
	portal_id BIGINT NOT NULL,
	user_id BIGINT NOT NULL,
	permission VARCHAR(63) COLLATE "C" NOT NULL,
	CONSTRAINT user_permission_pkey PRIMARY KEY (portal_id, user_id, permission),
	CONSTRAINT user_permission_user_id_fkey FOREIGN KEY(portal_id, user_id) REFERENCES app_user (portal_id, id) ON DELETE CASCADE
);

ALTER TABLE user_permission ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON user_permission USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE workspace_team (
	portal_id BIGINT NOT NULL,
	team_id BIGINT NOT NULL,
	workspace_id BIGINT NOT NULL,
	CONSTRAINT workspace_team_pkey PRIMARY KEY (portal_id, team_id),
	CONSTRAINT workspace_team_team_id_fkey FOREIGN KEY(portal_id, team_id) REFERENCES team (portal_id, id) ON DELETE CASCADE,
	CONSTRAINT workspace_team_workspace_id_fkey FOREIGN KEY(portal_id, workspace_id) REFERENCES workspace (portal_id, id) ON DELETE CASCADE
);

CREATE INDEX workspace_team_workspace ON workspace_team (portal_id, workspace_id);

ALTER TABLE workspace_team ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON workspace_team USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE contact (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	email VARCHAR(255) COLLATE "C",
	phone VARCHAR(63),
	job_title VARCHAR(255),
	company_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT contact_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT contact_company_id_fkey FOREIGN KEY(portal_id, company_id) REFERENCES company (portal_id, id),
	CONSTRAINT contact_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT contact_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX contact_company_id ON contact (portal_id, company_id, name_folded, id, archived_at);

CREATE INDEX contact_created_at ON contact (portal_id, created_at DESC, id, archived_at);

CREATE INDEX contact_owner_id ON contact (portal_id, owner_id, created_at DESC, id, archived_at);

ALTER TABLE contact ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON contact USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE custom_record (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	object_type VARCHAR(63) COLLATE "C" NOT NULL,
	pipeline_id BIGINT,
	stage_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT custom_record_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT custom_record_object_type_fkey FOREIGN KEY(portal_id, object_type) REFERENCES custom_object (portal_id, object_type),
	CONSTRAINT custom_record_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT custom_record_pipeline_id_fkey FOREIGN KEY(portal_id, pipeline_id) REFERENCES pipeline (portal_id, id),
	CONSTRAINT custom_record_stage_id_fkey FOREIGN KEY(portal_id, stage_id) REFERENCES stage (portal_id, id),
	CONSTRAINT custom_record_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX custom_record_created_at ON custom_record (portal_id, created_at DESC, id, archived_at);

CREATE INDEX custom_record_object_type ON custom_record (portal_id, object_type, created_at DESC, id, archived_at);

CREATE INDEX custom_record_owner_id ON custom_record (portal_id, owner_id, created_at DESC, id, archived_at);

CREATE INDEX custom_record_pipeline_id ON custom_record (portal_id, pipeline_id, created_at DESC, id, archived_at);

CREATE INDEX custom_record_stage_id ON custom_record (portal_id, stage_id, created_at DESC, id, archived_at);

ALTER TABLE custom_record ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON custom_record USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE deal (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	amount_minor BIGINT,
	amount_currency VARCHAR(3) COLLATE "C",
	close_on DATE,
	company_id BIGINT,
	pipeline_id BIGINT,
	stage_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT deal_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT deal_company_id_fkey FOREIGN KEY(portal_id, company_id) REFERENCES company (portal_id, id),
	CONSTRAINT deal_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT deal_pipeline_id_fkey FOREIGN KEY(portal_id, pipeline_id) REFERENCES pipeline (portal_id, id),
	CONSTRAINT deal_stage_id_fkey FOREIGN KEY(portal_id, stage_id) REFERENCES stage (portal_id, id),
	CONSTRAINT deal_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX deal_company_id ON deal (portal_id, company_id, created_at DESC, id, archived_at);

CREATE INDEX deal_created_at ON deal (portal_id, created_at DESC, id, archived_at);

CREATE INDEX deal_owner_id ON deal (portal_id, owner_id, created_at DESC, id, archived_at);

CREATE INDEX deal_pipeline_id ON deal (portal_id, pipeline_id, created_at DESC, id, archived_at);

CREATE INDEX deal_stage_amount ON deal (portal_id, stage_id, amount_currency, archived_at, amount_minor);

CREATE INDEX deal_stage_id ON deal (portal_id, stage_id, created_at DESC, id, archived_at);

ALTER TABLE deal ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON deal USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE ticket (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	description TEXT,
	priority VARCHAR(16) COLLATE "C",
	company_id BIGINT,
	pipeline_id BIGINT,
	stage_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT ticket_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT ticket_company_id_fkey FOREIGN KEY(portal_id, company_id) REFERENCES company (portal_id, id),
	CONSTRAINT ticket_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT ticket_pipeline_id_fkey FOREIGN KEY(portal_id, pipeline_id) REFERENCES pipeline (portal_id, id),
	CONSTRAINT ticket_stage_id_fkey FOREIGN KEY(portal_id, stage_id) REFERENCES stage (portal_id, id),
	CONSTRAINT ticket_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX ticket_company_id ON ticket (portal_id, company_id, created_at DESC, id, archived_at);

CREATE INDEX ticket_created_at ON ticket (portal_id, created_at DESC, id, archived_at);

CREATE INDEX ticket_owner_id ON ticket (portal_id, owner_id, created_at DESC, id, archived_at);

CREATE INDEX ticket_pipeline_id ON ticket (portal_id, pipeline_id, created_at DESC, id, archived_at);

CREATE INDEX ticket_stage_id ON ticket (portal_id, stage_id, created_at DESC, id, archived_at);

ALTER TABLE ticket ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON ticket USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

CREATE TABLE migration (
	plugin VARCHAR(63) COLLATE "C" NOT NULL,
	revision VARCHAR(127) COLLATE "C" NOT NULL,
	applied_at TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (plugin)
);

CREATE TABLE service (
	portal_id BIGINT NOT NULL,
	id BIGINT NOT NULL,
	name VARCHAR(255) NOT NULL,
	name_folded VARCHAR(255) COLLATE "C" NOT NULL,
	category VARCHAR(255),
	total_cost_minor BIGINT,
	total_cost_currency VARCHAR(3) COLLATE "C",
	starts_on DATE,
	target_end_on DATE,
	renewal_on DATE,
	company_id BIGINT,
	pipeline_id BIGINT,
	stage_id BIGINT,
	owner_id BIGINT,
	external_id VARCHAR(255) COLLATE "C",
	created_at TIMESTAMP WITH TIME ZONE NOT NULL,
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
	last_activity_at TIMESTAMP WITH TIME ZONE,
	archived_at TIMESTAMP WITH TIME ZONE,
	merged_into_id BIGINT,
	version BIGINT NOT NULL,
	CONSTRAINT service_pkey PRIMARY KEY (portal_id, id),
	CONSTRAINT service_company_id_fkey FOREIGN KEY(portal_id, company_id) REFERENCES company (portal_id, id),
	CONSTRAINT service_owner_id_fkey FOREIGN KEY(portal_id, owner_id) REFERENCES app_user (portal_id, id),
	CONSTRAINT service_pipeline_id_fkey FOREIGN KEY(portal_id, pipeline_id) REFERENCES pipeline (portal_id, id),
	CONSTRAINT service_stage_id_fkey FOREIGN KEY(portal_id, stage_id) REFERENCES stage (portal_id, id),
	CONSTRAINT service_external_id_key UNIQUE (portal_id, external_id)
);

CREATE INDEX service_company_id ON service (portal_id, company_id, created_at DESC, id, archived_at);

CREATE INDEX service_created_at ON service (portal_id, created_at DESC, id, archived_at);

CREATE INDEX service_owner_id ON service (portal_id, owner_id, created_at DESC, id, archived_at);

CREATE INDEX service_pipeline_id ON service (portal_id, pipeline_id, created_at DESC, id, archived_at);

CREATE INDEX service_stage_id ON service (portal_id, stage_id, created_at DESC, id, archived_at);

ALTER TABLE service ENABLE ROW LEVEL SECURITY;

CREATE POLICY portal_rows ON service USING (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint) WITH CHECK (portal_id = nullif(current_setting('tabard.portal_id', true), '')::bigint);

INSERT INTO migration (plugin, revision, applied_at) VALUES ('core', 'core_0001', '2026-01-01 00:00:00.000000');

INSERT INTO migration (plugin, revision, applied_at) VALUES ('services', 'services_0001', '2026-01-01 00:00:00.000000');

