-- assay, schema 6: what a probe leaves behind, what it may cost, and where its row of CSV stands.

-- provider: the slug where a descriptor knows it, else the router's name; provider_name: as the router's list
-- spells it.  via: `router` or `direct`.  dns_us, as the other stamps: NULL when there was nothing to look up.
-- lateness_us: how much later than intended_at the first attempt began.  total_us: from there to the end, retries
-- and waits (waited_ms) included; duration_us is the recorded attempt alone.  lag_us: the longest time that we
-- did not look at our sockets meanwhile.  counted: whether it says anything of health; not when we were late
-- ourselves (lag_us above 5000) or our own network was away.  chunks: pieces of a stream that brought something; gaps: how
-- many gaps between them, gap_*_us NULL when there is none.  reused: the connection was kept alive from before.
-- expected: the right answer; agrees: whether the answer is that of most in its group_key, NULL: not known.
-- price_source: which price cost was reckoned with.  model_id is found by (provider, provider_model_id).
ALTER TABLE samples ADD COLUMN provider_name TEXT;
ALTER TABLE samples ADD COLUMN via TEXT;
ALTER TABLE samples ADD COLUMN dns_us INTEGER;
ALTER TABLE samples ADD COLUMN lateness_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN total_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN lag_us INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN counted INTEGER NOT NULL DEFAULT 1 CHECK (counted IN (0, 1));
ALTER TABLE samples ADD COLUMN streamed INTEGER NOT NULL DEFAULT 0 CHECK (streamed IN (0, 1));
ALTER TABLE samples ADD COLUMN reused INTEGER NOT NULL DEFAULT 0 CHECK (reused IN (0, 1));
ALTER TABLE samples ADD COLUMN chunks INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN gaps INTEGER NOT NULL DEFAULT 0;
ALTER TABLE samples ADD COLUMN gap_p50_us INTEGER;
ALTER TABLE samples ADD COLUMN gap_p95_us INTEGER;
ALTER TABLE samples ADD COLUMN gap_max_us INTEGER;
ALTER TABLE samples ADD COLUMN finish TEXT;
ALTER TABLE samples ADD COLUMN expected TEXT;
ALTER TABLE samples ADD COLUMN price_source TEXT;
-- What health looks back on.  When an endpoint was last probed is the last entry of samples_by_endpoint.
CREATE INDEX samples_in_time ON samples (started_at);

-- One file of CSV: the open buffer of a path on a host (batch NULL), or a batch on its way to the dataset.
-- bytes, row_count: how much of it is committed; what lies behind that in the file is not ours.  batch: its id,
-- written before the file is renamed to rotated_path.  target: its path in the dataset, fixed by the first attempt
-- to push it.  done_at: it is in the dataset (commit_url), and the file may go.  samples.csv_file is the id of a
-- row here, as text; samples.csv_end: where the sample's row ends in that file.  Written by the probe and the push.
CREATE TABLE csv_files (
	id           INTEGER PRIMARY KEY,
	host         TEXT    NOT NULL,
	path         TEXT    NOT NULL,
	begun_at     INTEGER NOT NULL,
	bytes        INTEGER NOT NULL DEFAULT 0,
	row_count    INTEGER NOT NULL DEFAULT 0,
	first_cycle  INTEGER,
	last_cycle   INTEGER,
	batch        TEXT UNIQUE,
	rotated_path TEXT,
	target       TEXT,
	attempts     INTEGER NOT NULL DEFAULT 0,
	last_error   TEXT,
	commit_url   TEXT,
	done_at      INTEGER
) STRICT;
CREATE UNIQUE INDEX csv_files_open ON csv_files (host, path) WHERE batch IS NULL;
CREATE INDEX csv_files_waiting ON csv_files (host, id) WHERE batch IS NOT NULL AND done_at IS NULL;

-- Rows of CSV, with their line ends, that could not be written to the file when their samples were committed.
-- They go there as soon as it can be written, and from here: the one table that empties.  Written by the probe.
CREATE TABLE csv_spool (
	id          INTEGER PRIMARY KEY,
	sample_id   INTEGER NOT NULL UNIQUE REFERENCES samples (id),
	csv_file_id INTEGER NOT NULL REFERENCES csv_files (id),
	line        TEXT    NOT NULL
) STRICT;
CREATE INDEX csv_spool_of_file ON csv_spool (csv_file_id);

-- amount is what counts.  state: `reserved`, the worst case (reserved) of a request that is about to be sent, or
-- was, and of which nobody knows the cost: a process that died leaves it so; `settled`, what was charged by the
-- usage that was reported, or the worst case where none was; `released`, it was not sent.  reserved NULL: no
-- budget was set.  Rows before this schema are settled.
ALTER TABLE ledger ADD COLUMN state TEXT NOT NULL DEFAULT 'settled'
	CHECK (state IN ('reserved', 'settled', 'released'));
ALTER TABLE ledger ADD COLUMN reserved TEXT;
CREATE INDEX ledger_reserved ON ledger (at) WHERE state = 'reserved';

-- The settled amounts of one provider on one UTC day (its midnight, of ledger.at), added up as they are settled.
-- With what is still reserved it is what a budget is compared with.  Written by the probe.
CREATE TABLE ledger_days (
	id       INTEGER PRIMARY KEY,
	provider TEXT    NOT NULL,
	day      INTEGER NOT NULL,
	amount   TEXT    NOT NULL,
	requests INTEGER NOT NULL,
	UNIQUE (day, provider)
) STRICT;

-- What an endpoint's own 400 taught of how it wants to be asked, laid over its descriptor.  recipe: JSON; reason:
-- what was changed and why.  One row per endpoint, overwritten.  Written by the probe; an operator who wants it
-- forgotten deletes the row.
CREATE TABLE recipe_corrections (
	id                INTEGER PRIMARY KEY,
	provider          TEXT    NOT NULL,
	provider_model_id TEXT    NOT NULL,
	recipe            TEXT    NOT NULL CHECK (json_valid(recipe)),
	reason            TEXT,
	learned_at        INTEGER NOT NULL,
	UNIQUE (provider, provider_model_id)
) STRICT;

-- Health is rewritten where samples are, and where it has to be taken back: of few models.  It is kept in models
-- and providers (success_rate 0..1 of what counts, average_response_time_ms of what ended well; both NULL while
-- health_status is `unknown`: no data is not 0); updated_at does not move with it, last_health_check_at does.
CREATE INDEX models_by_health ON models (provider_id, health_status) WHERE health_status <> 'unknown';
