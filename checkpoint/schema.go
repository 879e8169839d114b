package checkpoint

// applicationID marks a SQLite file as a checkpoint ("bizb").
const applicationID = 0x62697a62

// migrations make a checkpoint of format n+1 out of one of format n, the first
// of them out of an empty database. What has been released never changes: a new
// format is one more migration, with a file of the format before it in testdata.
var migrations = []string{format1, format2, format3, format4, format5, format6}

// format1 has the tables. The big column of a table comes last, so that reading
// the others does not walk through it. Times are milliseconds since 1970, 0
// where there is none.
const format1 = `
CREATE TABLE meta (            -- endpoint, input, digest, plan, notes; what is current, see SetCurrent
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE settings (        -- what a run sets for all its requests
	id    INTEGER PRIMARY KEY,
	value TEXT NOT NULL UNIQUE
);

CREATE TABLE requests (
	id          INTEGER PRIMARY KEY,
	state       TEXT NOT NULL DEFAULT 'pending',
	position    INTEGER NOT NULL,           -- first row that asks it, 0: none of the last input
	settings    INTEGER NOT NULL REFERENCES settings,
	mode        TEXT NOT NULL,
	subject     INTEGER NOT NULL,           -- hash
	attempts    INTEGER NOT NULL DEFAULT 0,
	interrupted INTEGER NOT NULL DEFAULT 0, -- was running when its run ended without a word
	passing     INTEGER NOT NULL DEFAULT 0, -- failed, but another run may succeed
	run         INTEGER NOT NULL DEFAULT 0, -- last run that sent it
	started     INTEGER NOT NULL DEFAULT 0,
	finished    INTEGER NOT NULL DEFAULT 0,
	cost        INTEGER NOT NULL DEFAULT 0, -- of the answer; of one in flight, if it is charged
	reason      TEXT NOT NULL DEFAULT '',
	error       TEXT NOT NULL DEFAULT '',
	request_id  TEXT NOT NULL DEFAULT '',   -- of the attempt that the error is about
	key         BLOB NOT NULL,              -- SHA-256 of the payload
	payload     BLOB NOT NULL
);
CREATE INDEX requests_running ON requests (id) WHERE state = 'running' OR interrupted;

CREATE TABLE answers (
	request INTEGER PRIMARY KEY REFERENCES requests,
	crc     INTEGER NOT NULL,      -- CRC-32 (IEEE) of the answer
	answer  BLOB NOT NULL
);

` + rowsSchema + `
CREATE TABLE runs (
	id      INTEGER PRIMARY KEY,
	started INTEGER NOT NULL,
	ended   INTEGER NOT NULL DEFAULT 0,     -- 0: on, or it ended without a word
	outcome TEXT NOT NULL DEFAULT '',
	summary TEXT NOT NULL DEFAULT '{}'
);

CREATE TABLE uncertain (       -- attempts without an answer that may have been charged
	id         INTEGER PRIMARY KEY,
	request    INTEGER NOT NULL REFERENCES requests,
	run        INTEGER NOT NULL,
	started    INTEGER NOT NULL,
	finished   INTEGER NOT NULL,
	cost       INTEGER NOT NULL,
	reason     TEXT NOT NULL,
	request_id TEXT NOT NULL,
	partial    TEXT NOT NULL
);

CREATE TABLE outputs (         -- the files this checkpoint's answers were written to
	path    TEXT PRIMARY KEY,
	written INTEGER NOT NULL
) WITHOUT ROWID;
`

// rowsSchema is apart because each import makes the table anew.
const rowsSchema = `
CREATE TABLE rows (            -- the rows of the last input
	position INTEGER PRIMARY KEY,
	request  INTEGER REFERENCES requests,   -- NULL: skipped
	line     INTEGER NOT NULL,
	id       TEXT NOT NULL,
	skip     TEXT NOT NULL,
	fields   BLOB NOT NULL
);
`

// format2 remembers what the user agreed to pay again, and which answers another
// checkpoint paid for. The files of answers move to the table meta.
const format2 = `
CREATE TABLE agreed (          -- asked although their subject is answered under other settings
	request INTEGER PRIMARY KEY REFERENCES requests
);

CREATE TABLE reused (          -- answered by another checkpoint
	request INTEGER PRIMARY KEY REFERENCES requests,
	origin  TEXT NOT NULL          -- that checkpoint, as seen from this one's folder
);

INSERT OR REPLACE INTO meta SELECT 'output ' || path, 'unknown' FROM outputs;
DROP TABLE outputs;
`

// format3 keeps what was masked in the requests of rows, for the outputs, and what
// somebody wants of a run that is on.
const format3 = `
CREATE TABLE masked (
	position  INTEGER PRIMARY KEY,  -- of the row
	originals BLOB NOT NULL
);

CREATE TABLE orders (
	id     INTEGER PRIMARY KEY,
	given  INTEGER NOT NULL,
	by     TEXT NOT NULL,
	what   BLOB NOT NULL,
	reason TEXT NOT NULL,
	run    INTEGER NOT NULL DEFAULT 0  -- that took it up
);
`

// format4 remembers which answers do not fit what was asked for, how often each was
// asked for again, and the answers before.
const format4 = `
CREATE TABLE unfit (           -- answers that do not fit
	request INTEGER PRIMARY KEY REFERENCES requests,
	times   INTEGER NOT NULL DEFAULT 0      -- sent again for that, without those that were not charged
);

CREATE TABLE earlier (         -- answers that were asked for again
	id       INTEGER PRIMARY KEY,
	request  INTEGER NOT NULL REFERENCES requests,
	label    TEXT NOT NULL,
	cost     INTEGER NOT NULL,
	started  INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	crc      INTEGER NOT NULL,
	answer   BLOB NOT NULL
);
CREATE INDEX earlier_request ON earlier (request);
`

// format5 keeps what people wrote beside the rows. Nothing is ever removed or
// changed there: the last review of a row is the one that counts.
const format5 = `
CREATE TABLE reviews (
	id      INTEGER PRIMARY KEY,
	subject INTEGER NOT NULL,  -- of the row's request, 0 where it is skipped
	row     TEXT NOT NULL,     -- the row's id
	taken   INTEGER NOT NULL,  -- when it was read
	origin  TEXT NOT NULL,     -- the file that it was read from
	fields  BLOB NOT NULL,     -- the row as it was
	value   TEXT NOT NULL
);
CREATE INDEX reviews_subject ON reviews (subject);
`

// format6 keeps of an earlier answer, too, which run it came from or which other
// checkpoint, and whether it is its request's answer until there is another.
const format6 = `
DROP INDEX earlier_request;
ALTER TABLE earlier RENAME TO earlier5;
CREATE TABLE earlier (         -- answers that were replaced, or are about to be
	id       INTEGER PRIMARY KEY,
	request  INTEGER NOT NULL REFERENCES requests,
	run      INTEGER NOT NULL,     -- that sent it; 0: not known
	label    TEXT NOT NULL,
	cost     INTEGER NOT NULL,
	started  INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	origin   TEXT NOT NULL,        -- the checkpoint that paid for it; empty: this one
	waits    TEXT NOT NULL,        -- until there is another: unfit or refresh, why that is asked for; empty: it was replaced
	crc      INTEGER NOT NULL,
	answer   BLOB NOT NULL         -- empty: it was pruned
);
INSERT INTO earlier SELECT id, request, 0, label, cost, started, finished, '', '', crc, answer FROM earlier5;
DROP TABLE earlier5;
CREATE INDEX earlier_request ON earlier (request);
CREATE INDEX earlier_waits ON earlier (request) WHERE waits <> '';
` + findWaiting

// findWaiting finds the answers that wait in a checkpoint of a format that did not
// note that.
const findWaiting = `
UPDATE earlier SET waits = 'unfit' WHERE id IN (SELECT max(e.id) FROM earlier e JOIN requests q ON q.id = e.request
	WHERE q.state IN ('pending', 'running') GROUP BY e.request);
`
