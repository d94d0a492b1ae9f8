-- assay, schema 7: what a service that runs for years needs: to find what is old, and to know a message again.

-- A webhook that was taken, so that it is not taken again, after a restart neither.  provider: a slug; webhook_id:
-- as its sender calls it.  Rows older than such a message may be are dropped when the next one is taken.
-- Written by the service.
CREATE TABLE webhook_receipts (
	id         INTEGER PRIMARY KEY,
	provider   TEXT    NOT NULL,
	webhook_id TEXT    NOT NULL,
	at         INTEGER NOT NULL,
	UNIQUE (provider, webhook_id)
) STRICT;
CREATE INDEX webhook_receipts_in_time ON webhook_receipts (at);

-- How often a provider was asked lately, and what came of it.
CREATE INDEX sync_runs_in_time ON sync_runs (started_at);

-- The newest samples of a provider.
CREATE INDEX samples_of_provider ON samples (provider, started_at);

-- A sample that became part of its hour is gone: samples are kept for ASSAY_SAMPLES_DAYS, those whose row of CSV
-- waits in csv_spool or in a batch that is not pushed yet for longer.  Its row of ledger stays, sample_id NULL.
-- samples: all of them; ok: those with outcome `ok`; counted: those that say something of health; well: those of
-- them that ended well, wrong answers and refusals among them.  Percentiles (nearest rank) are of `well` alone, out
-- of digest, which has {"duration":[[us,times],...],"first_content":[[us,times],...],"outcomes":{"ok":times,...}}, times
-- in microseconds to three significant digits.
ALTER TABLE sample_rollups ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sample_rollups ADD COLUMN well INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ledger_of_sample ON ledger (sample_id);

-- The payload of a notice that was delivered a month ago is emptied: {}.
CREATE INDEX outbox_full ON outbox (done_at) WHERE given_up IS NULL AND payload <> '{}';
