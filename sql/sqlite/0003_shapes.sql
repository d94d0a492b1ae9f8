-- assay, schema 3: what the providers' documents look like, and how that drifts.
--
-- The shape of a list's rows is remembered, not observed anew: it grows by what was never there before,
-- and a place ends (vanished_at) when it was usual and stood in no row of a complete fetch at all.  A sync
-- that finds nothing new writes none of these tables; the provider's last complete fetch
-- (snapshots.last_at) is how recent all of it is.

-- One list of a provider.  fingerprint: SHA-256 of the lines PATH TAB TYPES LF of its places that have not
-- vanished, sorted by bytes; places: how many those are.  Written by the sync.
CREATE TABLE document_shapes (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	list        TEXT    NOT NULL,
	fingerprint TEXT    NOT NULL,
	places      INTEGER NOT NULL,
	first_at    INTEGER NOT NULL,
	changed_at  INTEGER NOT NULL,
	UNIQUE (provider_id, list)
) STRICT;

-- One place in the rows of a list.  path: a JSON Pointer from the row down, '*' for any element of an array
-- and for members whose names are data.  types: what has stood there, as in 'integer, numeric string'; usual:
-- those of them that stand in a fifth of the rows or more.  stood_in, of_rows: in how many rows, when the
-- row was last written (changed_at), which is when one of the others changed, not with each sync.
-- Written by the sync.
CREATE TABLE document_places (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	list        TEXT    NOT NULL,
	path        TEXT    NOT NULL,
	types       TEXT    NOT NULL,
	usual       TEXT    NOT NULL,
	stood_in    INTEGER NOT NULL,
	of_rows     INTEGER NOT NULL,
	first_at    INTEGER NOT NULL,
	changed_at  INTEGER NOT NULL,
	vanished_at INTEGER,
	UNIQUE (provider_id, list, path)
) STRICT;

-- What was told of it: once, when it was first seen; of a whole object that came or went only the object.
-- closed: under an object of which every key ought to be known, a price most likely.  stood_in, of_rows: rows
-- in which it stands now.  example: what stands there, cut short.  Written by the sync.
CREATE TABLE schema_drift (
	id          INTEGER PRIMARY KEY,
	at          INTEGER NOT NULL,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	list        TEXT    NOT NULL,
	path        TEXT    NOT NULL,
	kind        TEXT    NOT NULL CHECK (kind IN ('new', 'type', 'vanished', 'returned')),
	closed      INTEGER NOT NULL CHECK (closed IN (0, 1)),
	old_types   TEXT    NOT NULL,
	new_types   TEXT    NOT NULL,
	stood_in    INTEGER NOT NULL,
	of_rows     INTEGER NOT NULL,
	example     TEXT
) STRICT;
CREATE INDEX schema_drift_of_provider ON schema_drift (provider_id, id);

-- A sentence about what the reader did not understand, less its numbers of rows, that was told already.
-- Written by the sync.
CREATE TABLE known_notes (
	id          INTEGER PRIMARY KEY,
	provider_id INTEGER NOT NULL REFERENCES providers (id),
	note        TEXT    NOT NULL,
	first_at    INTEGER NOT NULL,
	UNIQUE (provider_id, note)
) STRICT;
