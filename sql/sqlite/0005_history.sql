-- assay, schema 5: when a missing model counts as removed, and whom a sync tells.

-- incident_id: it went with many others at once.  removed_at: the sync that confirmed the removal, NULL: still
-- missing.  was_active: models.is_active as it was then, to be given back when the model returns.  Written by
-- the sync.
ALTER TABLE absences ADD COLUMN incident_id INTEGER REFERENCES incidents (id);
ALTER TABLE absences ADD COLUMN removed_at INTEGER;
ALTER TABLE absences ADD COLUMN was_active INTEGER CHECK (was_active IN (0, 1));
CREATE INDEX absences_pending ON absences (model_id) WHERE gone_to IS NULL AND removed_at IS NULL;

-- incidents.kind: `suspect`, a list that lacked too many was not taken over; `missing`, many went missing in
-- one list that was.  closed_at: each member is back or counts as removed.
CREATE INDEX incidents_open ON incidents (provider_id) WHERE closed_at IS NULL;
-- Of a provider those that keep another amount in force than the one observed: open ones, and refused ones as
-- long as their price is open.
ALTER TABLE reviews ADD COLUMN provider_id INTEGER REFERENCES providers (id);
CREATE INDEX reviews_in_force ON reviews (provider_id) WHERE decision IS NULL OR decision = 'refused';
-- What the provider says meanwhile in a column that no other table keeps (description).
ALTER TABLE overrides ADD COLUMN said TEXT;
-- Notices that are owed for a range of changes (assay changes --undelivered).
CREATE INDEX outbox_owed ON outbox (provider_id, first_change) WHERE done_at IS NULL AND first_change IS NOT NULL;
-- Which state was in force at an instant.
CREATE INDEX snapshots_in_force ON snapshots (provider_id, first_at);
-- Of syncs those in which an optional list that adds models did not come, or a row had no readable id: they say
-- nothing of who is missing.
ALTER TABLE snapshots ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0;

-- url tells the host alone, for a path or a query may be a key; url_print: a salted print of the whole of it, so
-- that another URL is known for what it is (and makes an endpoint active again that had answered 410).
ALTER TABLE webhook_endpoints ADD COLUMN url_print TEXT;
-- keep_days: so long a run is kept, then it is added to sync_days and deleted; NULL: for good (failed, partial,
-- suspect).  1: it left the state as it was and told nothing new.  Written by the sync, which looks after the
-- older ones of its provider, too.  snapshot: from now on NULL in a run that opened none.
ALTER TABLE sync_runs ADD COLUMN keep_days INTEGER;
UPDATE sync_runs SET keep_days = CASE
	WHEN written + prices_written + added + changed + missing + returned = 0 AND notes IS NULL THEN 1 ELSE 30 END
	WHERE completeness = 'complete';
CREATE INDEX sync_runs_kept ON sync_runs (provider_id, keep_days) WHERE keep_days IS NOT NULL;

-- model_id: of model, so that what was said of it before is found through a number and not through
-- a second copy of the text.
ALTER TABLE changes ADD COLUMN model_id INTEGER REFERENCES models (id);
UPDATE changes SET model_id = (SELECT m.id FROM models m WHERE m.provider_id = changes.provider_id
	AND m.provider_model_id = changes.model) WHERE model IS NOT NULL;
CREATE INDEX changes_by_model ON changes (model_id) WHERE model_id IS NOT NULL;
DROP INDEX changes_of_model;
-- One index instead of two: a provider's changes come in the order of their times, everybody's from as many
-- places as there are providers.
CREATE INDEX changes_in_time ON changes (provider_id, at);
DROP INDEX changes_by_time;
DROP INDEX changes_of_provider;
-- Eight digits tell states apart; the whole name is compared in the row.
CREATE INDEX snapshots_by_name ON snapshots (substr(hash, 1, 8));
DROP INDEX snapshots_by_hash;
