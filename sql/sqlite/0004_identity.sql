-- Why a model has its canonical_id, or has none.
--
-- canonical_evidence is the rule that found models.canonical_id and the text it read (`id "gpt-4o"`), or
-- `none: ` and the reason; NULL: nobody has looked at the row yet.  Both columns are written by the sync.
-- They are worked out from the row itself and the aliases: no change of the market, in no hash.
ALTER TABLE models ADD COLUMN canonical_evidence TEXT;
CREATE INDEX models_unidentified ON models (provider_id) WHERE canonical_evidence IS NULL;

-- What the canonical ids of a provider's models were worked out with: basis is the version of the rules and
-- the fingerprint of the aliases.  Where another one holds by now they are worked out anew.  One row per
-- provider, overwritten.  Written by the sync.
--
-- Of table `aliases` the open rows hold (ended_at NULL), before those of the alias file; an empty
-- canonical_id says that the alias is to stay unmatched.
CREATE TABLE identity_bases (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL UNIQUE REFERENCES providers (id),
	basis       TEXT    NOT NULL
) STRICT;
