-- assay, schema 2: what key a suspect list was fetched with.

-- A run that was suspect: the fingerprint of its key, as in snapshots.key_fingerprint ("SALT:MAC", an
-- HMAC-SHA256 of the key under a salt of its own, or "none" for no key; NULL: no key matters there).
-- The next complete list with the same key confirms it.  Written by the sync.
ALTER TABLE sync_runs ADD COLUMN key_fingerprint TEXT COLLATE "C";
