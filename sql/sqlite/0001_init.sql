-- assay, schema 1: every table, from the first day on.
--
-- Tables `providers` and `models` and their columns belong to the users: their own SQL runs on them
-- unmodified.  All other tables are assay's; read them as you like, write only `providers` and `models`.
--
-- Times:  RFC 3339 text, UTC, milliseconds and Z, in `providers` and `models`;
--         INTEGER milliseconds since 1970 (suffix-less columns such as seen_from, at) everywhere else.
-- Money:  TEXT, a canonical decimal without exponent, per ONE unit.  Never NUMERIC or REAL: SQLite would
--         turn 0.0000006000000000000001 into 6.0e-07.  Order by CAST(pricing_prompt AS REAL), indexed below.
-- Hashes: 64 lower-case hex digits.  Flags: 0, 1, NULL = not said.  JSON: text, checked to be valid.
-- Nothing is ever deleted: a row ends by its *_to column.  Tables are STRICT (SQLite 3.37): a column's
-- type is a promise.  No custom collation or function: the sqlite3 shell reads and writes all of it.
-- (json_valid(NULL) is 0 in SQLite 3.40, hence the "IS NULL OR" beside it.)

-- One applied step of sql/sqlite/.  Written by the migration alone.
CREATE TABLE schema_version (
	version    INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL,
	applied_at INTEGER NOT NULL
) STRICT;

-- A company or gateway that serves models.  Created from its descriptor and following it column by
-- column, except where an operator wrote something else (metadata.descriptor remembers what the
-- descriptor put there).  average_response_time_ms in milliseconds.
CREATE TABLE providers (
	id                        INTEGER PRIMARY KEY,
	name                      TEXT NOT NULL,
	slug                      TEXT NOT NULL UNIQUE,
	description               TEXT,
	base_url                  TEXT,
	api_key_env_var           TEXT,
	logo_url                  TEXT,
	site_url                  TEXT,
	status_page_url           TEXT,
	is_active                 INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
	supports_streaming        INTEGER CHECK (supports_streaming IN (0, 1)),
	supports_function_calling INTEGER CHECK (supports_function_calling IN (0, 1)),
	supports_vision           INTEGER CHECK (supports_vision IN (0, 1)),
	supports_image_generation INTEGER CHECK (supports_image_generation IN (0, 1)),
	average_response_time_ms  REAL,
	health_status             TEXT NOT NULL DEFAULT 'unknown'
	                          CHECK (health_status IN ('healthy', 'degraded', 'down', 'unknown')),
	last_health_check_at      TEXT,
	metadata                  TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
	created_at                TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	updated_at                TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
) STRICT;

-- One model as one provider offers it.  Derived by the sync from model_versions and prices; is_active is
-- the operator's (a sync sets it at insert and does not touch it again while the model is listed).
-- pricing_* in USD per token, image or request; NULL = unpublished or decided at call time, '0' = free.
-- last_seen_at is written when a model goes missing; view models_current knows it for the others.
CREATE TABLE models (
	id                        INTEGER PRIMARY KEY,
	provider_id               INTEGER NOT NULL REFERENCES providers (id),
	model_id                  TEXT GENERATED ALWAYS AS (provider_model_id) VIRTUAL,
	model_name                TEXT NOT NULL,
	provider_model_id         TEXT NOT NULL,
	canonical_id              TEXT,
	description               TEXT,
	context_length            INTEGER,
	max_output_tokens         INTEGER,
	modality                  TEXT,
	architecture              TEXT,
	quantization              TEXT,
	pricing_prompt            TEXT,
	pricing_completion        TEXT,
	pricing_image             TEXT,
	pricing_request           TEXT,
	supports_streaming        INTEGER CHECK (supports_streaming IN (0, 1)),
	supports_function_calling INTEGER CHECK (supports_function_calling IN (0, 1)),
	supports_vision           INTEGER CHECK (supports_vision IN (0, 1)),
	average_response_time_ms  REAL,
	health_status             TEXT NOT NULL DEFAULT 'unknown'
	                          CHECK (health_status IN ('healthy', 'degraded', 'down', 'unknown')),
	last_health_check_at      TEXT,
	success_rate              REAL,
	deprecated_at             TEXT,
	replaced_by               TEXT,
	is_active                 INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
	content_hash              TEXT,
	first_seen_at             TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	last_seen_at              TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	missing_since             TEXT,
	metadata                  TEXT CHECK (metadata IS NULL OR json_valid(metadata)),
	created_at                TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	updated_at                TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
	UNIQUE (provider_id, provider_model_id)
) STRICT;

-- The baseline of a sync (id, content hash, missing or not, of every model of a provider, in order of the
-- id) is read from this index alone: it covers those columns, the rowid `id` being part of every index,
-- and the rows themselves, kilobytes of description each, stay untouched.  It cannot be the index of the
-- UNIQUE above, which may hold no further column.
CREATE INDEX models_baseline ON models (provider_id, provider_model_id, content_hash, missing_since);
CREATE INDEX models_by_prompt_price ON models (CAST(pricing_prompt AS REAL));
CREATE INDEX models_by_canonical ON models (canonical_id) WHERE canonical_id IS NOT NULL;

-- What a provider said of a model (tracked columns, prices apart) from seen_from until before seen_to;
-- open (seen_to NULL) is what it said last.  deprecated_at ms.  capabilities: names said, '!' before a no.
-- Written by the sync.
CREATE TABLE model_versions (
	id                INTEGER PRIMARY KEY,
	model_id          INTEGER NOT NULL REFERENCES models (id),
	name              TEXT,
	context_length    INTEGER,
	max_output_tokens INTEGER,
	modality          TEXT,
	capabilities      TEXT,
	quantization      TEXT,
	deprecated_at     INTEGER,
	replaced_by       TEXT,
	seen_from         INTEGER NOT NULL,
	seen_to           INTEGER
) STRICT;
CREATE UNIQUE INDEX model_versions_open ON model_versions (model_id) WHERE seen_to IS NULL;
-- Two partial indexes instead of one: a row enters the second only when it ends.
CREATE INDEX model_versions_closed ON model_versions (model_id, seen_to) WHERE seen_to IS NOT NULL;

-- When a model was not listed: from the first complete fetch without it until the one that had it again.
-- Versions and prices stay open meanwhile (they are what the provider last said); the state at an instant
-- is the versions and prices of that instant less the models absent then.  Written by the sync.
CREATE TABLE absences (
	id        INTEGER PRIMARY KEY,
	model_id  INTEGER NOT NULL REFERENCES models (id),
	gone_from INTEGER NOT NULL,
	gone_to   INTEGER
) STRICT;
CREATE UNIQUE INDEX absences_open ON absences (model_id) WHERE gone_to IS NULL;
CREATE INDEX absences_closed ON absences (model_id, gone_to) WHERE gone_to IS NOT NULL;

-- What a provider said about one meter of a model under one condition; `unpublished` is the absence of a
-- row.  amount: currency per ONE unit of the meter.  raw, unit, source: as published, and where.
-- valid_*: as the provider states it; seen_*: as we saw it.  suspect: why it is held, or NULL.
-- Written by the sync.
CREATE TABLE prices (
	id         INTEGER PRIMARY KEY,
	model_id   INTEGER NOT NULL REFERENCES models (id),
	meter      TEXT    NOT NULL,
	condition  TEXT    NOT NULL DEFAULT '',
	state      TEXT    NOT NULL CHECK (state IN ('priced', 'free', 'dynamic')),
	amount     TEXT    CHECK ((amount IS NULL) = (state = 'dynamic')),
	currency   TEXT    NOT NULL DEFAULT 'USD',
	raw        TEXT,
	unit       TEXT,
	source     TEXT,
	valid_from INTEGER,
	valid_to   INTEGER,
	seen_from  INTEGER NOT NULL,
	seen_to    INTEGER,
	suspect    TEXT
) STRICT;
CREATE UNIQUE INDEX prices_open ON prices (model_id, meter, condition) WHERE seen_to IS NULL;
CREATE INDEX prices_closed ON prices (model_id, seen_to) WHERE seen_to IS NOT NULL;

-- The state of a provider's catalog, run-length: a row per CHANGE of its hash.  The newest row of a
-- provider is open: each complete fetch that finds the same state moves last_at and counts in syncs.
-- models, prices: how many the state has.  key_fingerprint: HMAC of the key it was fetched with.
-- Written by the sync.
CREATE TABLE snapshots (
	id              INTEGER PRIMARY KEY,
	provider_id     INTEGER NOT NULL REFERENCES providers (id),
	hash            TEXT    NOT NULL,
	first_at        INTEGER NOT NULL,
	last_at         INTEGER NOT NULL,
	syncs           INTEGER NOT NULL,
	models          INTEGER NOT NULL,
	prices          INTEGER NOT NULL,
	prev_id         INTEGER REFERENCES snapshots (id),
	key_fingerprint TEXT
) STRICT;
CREATE INDEX snapshots_of_provider ON snapshots (provider_id, id);
CREATE INDEX snapshots_by_hash ON snapshots (hash);

-- A typed difference between two states; ids ascend in the order of commits.  model: provider_model_id,
-- NULL for a change of the provider as a whole.  old, new: exact text.  ratio: new/old, 12 significant
-- digits.  tags: JSON array ("suspect", "reverted", "incident:ID").  Written by the sync.
CREATE TABLE changes (
	id          INTEGER PRIMARY KEY,
	at          INTEGER NOT NULL,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	model       TEXT,
	kind        TEXT    NOT NULL,
	field       TEXT,
	old         TEXT,
	new         TEXT,
	ratio       TEXT,
	tags        TEXT CHECK (tags IS NULL OR json_valid(tags))
) STRICT;
CREATE INDEX changes_by_time ON changes (at);
CREATE INDEX changes_of_provider ON changes (provider_id, id);
CREATE INDEX changes_of_model ON changes (provider_id, model, id) WHERE model IS NOT NULL;

-- One sync of one provider that was not a dry run.  bytes: on the wire.  http_status -1: no answer.
-- notes: JSON array of {"id","reason"} skips and warnings.  suspect_missing: JSON array of the ids that a
-- suspect list lacked.  Written by the sync; a task to come rolls successes older
-- than 30 days up into sync_days.
CREATE TABLE sync_runs (
	id              INTEGER PRIMARY KEY,
	provider_id     INTEGER NOT NULL REFERENCES providers (id),
	started_at      INTEGER NOT NULL,
	ended_at        INTEGER NOT NULL,
	completeness    TEXT    NOT NULL
	                CHECK (completeness IN ('complete', 'partial', 'suspect', 'failed')),
	http_status     INTEGER NOT NULL,
	bytes           INTEGER NOT NULL,
	attempts        INTEGER NOT NULL,
	fetched         INTEGER NOT NULL,
	transformed     INTEGER NOT NULL,
	skipped         INTEGER NOT NULL,
	written         INTEGER NOT NULL,
	prices_written  INTEGER NOT NULL,
	added           INTEGER NOT NULL,
	changed         INTEGER NOT NULL,
	missing         INTEGER NOT NULL,
	returned        INTEGER NOT NULL,
	unchanged       INTEGER NOT NULL CHECK (unchanged IN (0, 1)),
	snapshot        TEXT,
	error_kind      TEXT,
	error           TEXT,
	notes           TEXT CHECK (notes IS NULL OR json_valid(notes)),
	suspect_missing TEXT CHECK (suspect_missing IS NULL OR json_valid(suspect_missing))
) STRICT;
CREATE INDEX sync_runs_of_provider ON sync_runs (provider_id, id);

-- The successful runs of one provider on one UTC day, added up; day is its midnight in ms.
-- duration_ms: sum.  Written by the expiry task.
CREATE TABLE sync_days (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	day         INTEGER NOT NULL,
	runs        INTEGER NOT NULL,
	unchanged   INTEGER NOT NULL,
	bytes       INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	written     INTEGER NOT NULL,
	added       INTEGER NOT NULL,
	changed     INTEGER NOT NULL,
	missing     INTEGER NOT NULL,
	returned    INTEGER NOT NULL,
	UNIQUE (provider_id, day)
) STRICT;

-- The last accepted body of each list of a provider, compressed, with what a conditional request and a
-- re-reading need.  body_bytes: before compression; body_hash: likewise.  Written by the sync.
CREATE TABLE documents (
	id              INTEGER PRIMARY KEY,
	provider_id     INTEGER NOT NULL REFERENCES providers (id),
	list            TEXT    NOT NULL,
	url             TEXT,
	encoding        TEXT    NOT NULL,
	body_bytes      INTEGER NOT NULL,
	body_hash       TEXT    NOT NULL,
	etag            TEXT,
	last_modified   TEXT,
	descriptor_hash TEXT    NOT NULL,
	reader_version  INTEGER NOT NULL,
	fetched_at      INTEGER NOT NULL,
	body            BLOB, -- last: the columns before it are read without walking its pages
	UNIQUE (provider_id, list)
) STRICT;

-- An operator's value for one column of `models` or one price (field as in changes.field), laid over what
-- is observed; open while unset_at is NULL.  Written by `assay override` and the API.
CREATE TABLE overrides (
	id                INTEGER PRIMARY KEY,
	provider_id       INTEGER NOT NULL REFERENCES providers (id),
	provider_model_id TEXT    NOT NULL,
	field             TEXT    NOT NULL,
	value             TEXT,
	reason            TEXT,
	set_by            TEXT,
	set_at            INTEGER NOT NULL,
	unset_at          INTEGER
) STRICT;
CREATE UNIQUE INDEX overrides_open ON overrides (provider_id, provider_model_id, field)
	WHERE unset_at IS NULL;

-- A held price and what became of it.  sightings: later complete fetches that repeated it.  decision:
-- NULL while open; `auto` when it was seen often enough.  Written by the sync and `assay review`.
CREATE TABLE reviews (
	id         INTEGER PRIMARY KEY,
	price_id   INTEGER NOT NULL REFERENCES prices (id),
	change_id  INTEGER REFERENCES changes (id),
	accepted   TEXT, -- amount in force while this one is held; NULL: none
	reason     TEXT    NOT NULL,
	opened_at  INTEGER NOT NULL,
	sightings  INTEGER NOT NULL DEFAULT 0,
	decision   TEXT CHECK (decision IN ('accepted', 'refused', 'auto', 'superseded')),
	decided_at INTEGER,
	decided_by TEXT
) STRICT;
CREATE UNIQUE INDEX reviews_of_price ON reviews (price_id);
CREATE INDEX reviews_open ON reviews (opened_at) WHERE decision IS NULL;

-- Many models of one provider vanishing in one fetch: members need longer to count as removed.
-- members: how many; which ones say changes tagged incident:ID.  Written by the sync.
CREATE TABLE incidents (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	kind        TEXT    NOT NULL,
	opened_at   INTEGER NOT NULL,
	closed_at   INTEGER,
	members     INTEGER NOT NULL,
	returned    INTEGER NOT NULL DEFAULT 0,
	detail      TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT;
CREATE INDEX incidents_of_provider ON incidents (provider_id, id);

-- Another spelling of a canonical model: rows beside the alias file that ships with assay.  provider_id
-- NULL: whichever provider writes it so.  Written by the operator.
CREATE TABLE aliases (
	id           INTEGER PRIMARY KEY,
	alias        TEXT    NOT NULL,
	provider_id  INTEGER REFERENCES providers (id),
	canonical_id TEXT    NOT NULL,
	reason       TEXT,
	added_at     INTEGER NOT NULL,
	ended_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX aliases_open ON aliases (alias, ifnull(provider_id, 0)) WHERE ended_at IS NULL;

-- What a probe asks: a request, how its answer is extracted and with which answers it is compared.
-- body: JSON; hash: of body, so a changed recipe is a new row.  Written when first used.
CREATE TABLE recipes (
	id         INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL,
	hash       TEXT    NOT NULL UNIQUE,
	body       TEXT    NOT NULL CHECK (json_valid(body)),
	first_used INTEGER NOT NULL
) STRICT;

-- The outcome of one probe of one endpoint; no bodies (answer, sizes and hash instead).  *_at wall ms of
-- the recorded attempt; *_us microseconds since started_at, NULL when that point was not reached.
-- duration_ms with three decimals is duration_us / 1000.0.  status -1: no HTTP answer.  cost: exact USD.
-- group_key: the probes of one cycle whose answers are compared.  csv_*: where its row stands in the
-- buffer, for continuing after a crash.  Written by the probe.
CREATE TABLE samples (
	id                 INTEGER PRIMARY KEY,
	cycle_at           INTEGER NOT NULL,
	model_id           INTEGER REFERENCES models (id), -- NULL: an endpoint no catalog lists
	recipe_id          INTEGER REFERENCES recipes (id),
	hf_model           TEXT,
	provider           TEXT    NOT NULL,
	provider_model_id  TEXT    NOT NULL,
	url                TEXT    NOT NULL,
	intended_at        INTEGER NOT NULL,
	started_at         INTEGER NOT NULL,
	connected_us       INTEGER,
	tls_us             INTEGER,
	sent_us            INTEGER,
	first_byte_us      INTEGER,
	first_event_us     INTEGER,
	first_reasoning_us INTEGER,
	first_content_us   INTEGER,
	last_token_us      INTEGER,
	duration_us        INTEGER NOT NULL,
	attempts           INTEGER NOT NULL,
	waited_ms          INTEGER NOT NULL DEFAULT 0,
	status             INTEGER NOT NULL,
	outcome            TEXT    NOT NULL,
	error              TEXT,
	request_bytes      INTEGER,
	response_bytes     INTEGER,
	response_hash      TEXT,
	input_tokens       INTEGER,
	output_tokens      INTEGER,
	reasoning_tokens   INTEGER,
	cached_tokens      INTEGER,
	cost               TEXT,
	answer             TEXT,
	group_key          TEXT,
	agrees             INTEGER CHECK (agrees IN (0, 1)),
	csv_file           TEXT,
	csv_end            INTEGER
) STRICT;
CREATE INDEX samples_by_cycle ON samples (cycle_at);
CREATE INDEX samples_of_model ON samples (model_id, started_at) WHERE model_id IS NOT NULL;
CREATE INDEX samples_by_endpoint ON samples (provider, provider_model_id, started_at);

-- Samples of one endpoint in one period (bucket: its begin, ms; width_ms: 1 h or 1 day), added up.
-- *_p50/_p95/_p99 in microseconds; digest: JSON, mergeable.  Written by the expiry task.
CREATE TABLE sample_rollups (
	id                INTEGER PRIMARY KEY,
	provider          TEXT    NOT NULL,
	provider_model_id TEXT    NOT NULL,
	bucket            INTEGER NOT NULL,
	width_ms          INTEGER NOT NULL,
	samples           INTEGER NOT NULL,
	ok                INTEGER NOT NULL,
	disagreed         INTEGER NOT NULL DEFAULT 0,
	duration_p50      INTEGER,
	duration_p95      INTEGER,
	duration_p99      INTEGER,
	first_content_p50 INTEGER,
	first_content_p95 INTEGER,
	output_tokens     INTEGER NOT NULL DEFAULT 0,
	cost              TEXT,
	digest            TEXT CHECK (digest IS NULL OR json_valid(digest)),
	UNIQUE (provider, provider_model_id, width_ms, bucket)
) STRICT;

-- What probes were charged, exact USD; against the budget.  price_source: which price it was reckoned
-- with ("assumed" when the endpoint publishes none).  Written by the probe.
CREATE TABLE ledger (
	id           INTEGER PRIMARY KEY,
	at           INTEGER NOT NULL,
	sample_id    INTEGER REFERENCES samples (id),
	provider     TEXT    NOT NULL,
	amount       TEXT    NOT NULL,
	price_source TEXT    NOT NULL
) STRICT;
CREATE INDEX ledger_by_time ON ledger (at);

-- A notice that is owed, written in the transaction of the change it tells of.  kind: `hook` (a pair of
-- hashes) or `webhook` (grouped changes).  payload: JSON.  Written by the sync; done_at by the announcer.
CREATE TABLE outbox (
	id          INTEGER PRIMARY KEY,
	at          INTEGER NOT NULL,
	provider_id INTEGER REFERENCES providers (id),
	kind        TEXT    NOT NULL CHECK (kind IN ('hook', 'webhook')),
	endpoint_id INTEGER REFERENCES webhook_endpoints (id),
	first_change INTEGER,
	last_change INTEGER,
	payload     TEXT    NOT NULL CHECK (json_valid(payload)),
	attempts    INTEGER NOT NULL DEFAULT 0,
	due_at      INTEGER NOT NULL,
	done_at     INTEGER,
	given_up    TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at, id) WHERE done_at IS NULL;

-- Who is told.  The secret itself never enters the database: secret_env names the variable that has it.
-- filter: JSON.  Written from the settings at start and by the API.
CREATE TABLE webhook_endpoints (
	id         INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL UNIQUE,
	url        TEXT    NOT NULL,
	format     TEXT    NOT NULL,
	secret_env TEXT,
	filter     TEXT CHECK (filter IS NULL OR json_valid(filter)),
	is_active  INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)),
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;

-- One attempt to deliver a notice.  duration_ms.  status: HTTP status, or exit code of a hook; -1 none.
-- Written by the announcer.
CREATE TABLE deliveries (
	id          INTEGER PRIMARY KEY,
	outbox_id   INTEGER NOT NULL REFERENCES outbox (id),
	at          INTEGER NOT NULL,
	attempt     INTEGER NOT NULL,
	status      INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	error       TEXT
) STRICT;
CREATE INDEX deliveries_of_notice ON deliveries (outbox_id, attempt);

-- Who holds what until when: `sync:SLUG`.  A lease is a courtesy between processes (wait instead of
-- fetching twice); correctness rests on the transaction alone.  pid_started: clock ticks since boot, so
-- that a reused pid is told apart.  One row per name, overwritten.  Written by whoever takes it.
CREATE TABLE leases (
	id          INTEGER PRIMARY KEY,
	name        TEXT    NOT NULL UNIQUE,
	host        TEXT    NOT NULL,
	pid         INTEGER NOT NULL,
	pid_started INTEGER NOT NULL,
	taken_at    INTEGER NOT NULL,
	expires_at  INTEGER NOT NULL
) STRICT;

-- What repeats, and what it must remember across processes (state: JSON; the probe's cycle count, the id
-- of a batch about to be renamed).  One row per name, overwritten.  Written by the scheduler and tasks.
CREATE TABLE jobs (
	id         INTEGER PRIMARY KEY,
	name       TEXT    NOT NULL UNIQUE,
	due_at     INTEGER,
	last_start INTEGER,
	last_end   INTEGER,
	last_error TEXT,
	state      TEXT CHECK (state IS NULL OR json_valid(state))
) STRICT;

-- What an operator did, by API or command.  detail: JSON of before and after, no secrets.
CREATE TABLE audit_log (
	id     INTEGER PRIMARY KEY,
	at     INTEGER NOT NULL,
	actor  TEXT    NOT NULL,
	action TEXT    NOT NULL,
	object TEXT,
	detail TEXT CHECK (detail IS NULL OR json_valid(detail))
) STRICT;
CREATE INDEX audit_log_by_time ON audit_log (at);

-- A change of health_status of a provider (model_id NULL) or a model.  Written by the probe.
CREATE TABLE health_history (
	id              INTEGER PRIMARY KEY,
	at              INTEGER NOT NULL,
	provider_id     INTEGER NOT NULL REFERENCES providers (id),
	model_id        INTEGER REFERENCES models (id),
	status          TEXT    NOT NULL CHECK (status IN ('healthy', 'degraded', 'down', 'unknown')),
	success_rate    REAL,
	response_ms     REAL,
	reason          TEXT
) STRICT;
CREATE INDEX health_history_of ON health_history (provider_id, model_id, at);

-- `models` with the true last_seen_at (a present model was last seen in its provider's last complete
-- fetch, kept once in `snapshots`) and two columns more: provider_slug, is_missing.
CREATE VIEW models_current AS
SELECT m.id, m.provider_id, m.model_id, m.model_name, m.provider_model_id, m.canonical_id, m.description,
       m.context_length, m.max_output_tokens, m.modality, m.architecture, m.quantization,
       m.pricing_prompt, m.pricing_completion, m.pricing_image, m.pricing_request,
       m.supports_streaming, m.supports_function_calling, m.supports_vision,
       m.average_response_time_ms, m.health_status, m.last_health_check_at, m.success_rate,
       m.deprecated_at, m.replaced_by, m.is_active, m.content_hash, m.first_seen_at,
       CASE WHEN m.missing_since IS NULL
            THEN ifnull((SELECT strftime('%Y-%m-%dT%H:%M:%fZ', s.last_at / 1000.0, 'unixepoch')
                         FROM snapshots s WHERE s.provider_id = m.provider_id
                         ORDER BY s.id DESC LIMIT 1), m.last_seen_at)
            ELSE m.last_seen_at END AS last_seen_at,
       m.missing_since, m.metadata, m.created_at, m.updated_at,
       p.slug AS provider_slug, m.missing_since IS NOT NULL AS is_missing
FROM models m JOIN providers p ON p.id = m.provider_id;
