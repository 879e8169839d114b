package postgres

import (
	"fmt"
	"strings"

	"bizbatch/checkpoint"
)

// schemaName is the schema that holds the tables, so that the database can hold
// others' too.
const schemaName = "bizbatch"

// migrations make a database of format n+1 out of one of format n, the first of
// them out of none. What has been released never changes.
var migrations = []string{format1, format2}

// format1 has the tables. Times are milliseconds since 1970, 0 where there is none,
// but those of leases, which the server's clock tells.
const format1 = `
CREATE TABLE accounts (
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	endpoint text NOT NULL UNIQUE,  -- the service whose answers these are
	paused   timestamptz NOT NULL DEFAULT '-infinity', -- nothing is sent before
	closed   timestamptz,           -- since then no request succeeds; NULL: they do
	held_by  bigint,                -- the host that was told so
	said     bytea,                 -- by the service, about either
	pace     bytea                  -- what runs have learned
);

CREATE TABLE batches (
	id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account bigint NOT NULL REFERENCES accounts,
	name    text NOT NULL UNIQUE,
	spend   bigint NOT NULL DEFAULT 0,      -- the most that the runs that are on may spend; 0: no limit
	total   bigint NOT NULL DEFAULT 0       -- the most that all runs may spend
);

CREATE TABLE settings (         -- what a run sets for all its requests
	id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key   bytea NOT NULL UNIQUE,            -- SHA-256
	value bytea NOT NULL
);

CREATE TABLE hosts (            -- processes with a run
	id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name          text NOT NULL,
	lease         interval NOT NULL,
	lease_until   timestamptz NOT NULL,     -- -infinity: the process left
	backend       integer NOT NULL,         -- the connection that renews the lease
	backend_start timestamptz NOT NULL
);

-- A host is alive until its lease is over. It is dead earlier if it left, or if its
-- connection ended and it did not come back. A server that was away judges nobody
-- until all have had time to come back. When a connection of another role began, the
-- server does not say.
CREATE VIEW alive AS SELECT * FROM hosts h WHERE lease_until > '-infinity' AND (
	pg_postmaster_start_time() + lease > now()
	OR lease_until > now() AND (lease_until - lease > now() - lease / 4
		OR EXISTS (SELECT 1 FROM pg_stat_activity WHERE pid = h.backend AND coalesce(backend_start, h.backend_start) = h.backend_start)));

CREATE TABLE requests (
	id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account     bigint NOT NULL REFERENCES accounts,
	key         bytea NOT NULL,             -- SHA-256 of the payload
	state       text NOT NULL DEFAULT 'pending',
	host        bigint,                     -- that claimed it; NULL: none has
	batch       bigint NOT NULL DEFAULT 0,  -- for which it was sent last
	run         bigint NOT NULL DEFAULT 0,  -- of that batch
	mode        text NOT NULL,
	subject     bigint NOT NULL,            -- hash
	attempts    integer NOT NULL DEFAULT 0,
	interrupted boolean NOT NULL DEFAULT false, -- was running when its host died
	passing     boolean NOT NULL DEFAULT false, -- failed, but another run may succeed
	started     bigint NOT NULL DEFAULT 0,
	finished    bigint NOT NULL DEFAULT 0,
	cost        bigint NOT NULL DEFAULT 0,  -- of the answer; of one in flight, if it is charged
	reason      text NOT NULL DEFAULT '',
	error       text NOT NULL DEFAULT '',
	request_id  text NOT NULL DEFAULT '',   -- of the attempt that the error is about
	payload     bytea NOT NULL,
	UNIQUE (account, key)
);
CREATE INDEX requests_host ON requests (host) WHERE host IS NOT NULL;
CREATE INDEX requests_flight ON requests (batch) WHERE state = 'running' OR interrupted;

CREATE TABLE answers (
	request bigint PRIMARY KEY REFERENCES requests,
	answer  bytea NOT NULL
);

CREATE TABLE asked (            -- the requests of a batch
	batch    bigint NOT NULL REFERENCES batches,
	request  bigint NOT NULL REFERENCES requests,
	position bigint NOT NULL,               -- first row that asks it, 0: none of the last input
	settings bigint NOT NULL REFERENCES settings,
	agreed   boolean NOT NULL DEFAULT false, -- asked although its subject is answered under other settings
	PRIMARY KEY (batch, request)
);
CREATE INDEX asked_position ON asked (batch, position);
CREATE INDEX asked_request ON asked (request);

CREATE TABLE rows (             -- the rows of a batch's last input
	batch     bigint NOT NULL REFERENCES batches,
	position  bigint NOT NULL,
	request   bigint REFERENCES requests,   -- NULL: skipped
	line      bigint NOT NULL,
	id        text NOT NULL,
	skip      text NOT NULL,
	fields    bytea NOT NULL,
	originals bytea,                        -- what its request masks
	PRIMARY KEY (batch, position)
);

CREATE TABLE runs (
	batch   bigint NOT NULL REFERENCES batches,
	run     bigint NOT NULL,
	host    bigint NOT NULL,
	alone   boolean NOT NULL DEFAULT false, -- it asks only some requests
	joined  bigint NOT NULL,                -- the first of the runs that are on at the same time
	spent   bigint NOT NULL DEFAULT 0,      -- with what may have been charged
	flying  bigint NOT NULL DEFAULT 0,      -- what is in flight will cost
	started bigint NOT NULL,
	ended   bigint NOT NULL DEFAULT 0,      -- 0: on, or it ended without a word
	outcome text NOT NULL DEFAULT '',
	summary text NOT NULL DEFAULT '{}',
	PRIMARY KEY (batch, run)
);

CREATE TABLE uncertain (        -- attempts without an answer that may have been charged
	id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request    bigint NOT NULL REFERENCES requests,
	batch      bigint NOT NULL,
	run        bigint NOT NULL,
	started    bigint NOT NULL,
	finished   bigint NOT NULL,
	cost       bigint NOT NULL,
	reason     text NOT NULL,
	request_id text NOT NULL,
	partial    text NOT NULL,
	UNIQUE (request, batch, run, started, finished)
);
CREATE INDEX uncertain_batch ON uncertain (batch);

CREATE TABLE unfit (            -- answers that do not fit
	request bigint PRIMARY KEY REFERENCES requests,
	times   integer NOT NULL DEFAULT 0      -- sent again for that, without those that were not charged
);

CREATE TABLE earlier (          -- answers that were replaced, or are about to be
	id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	request  bigint NOT NULL REFERENCES requests,
	batch    bigint NOT NULL,               -- that paid
	run      bigint NOT NULL,
	label    text NOT NULL,
	cost     bigint NOT NULL,
	started  bigint NOT NULL,
	finished bigint NOT NULL,
	waits    text NOT NULL,                 -- why it is the answer until there is another: unfit; empty: it was replaced
	answer   bytea NOT NULL
);
CREATE INDEX earlier_request ON earlier (request);
CREATE INDEX earlier_waits ON earlier (request) WHERE waits <> '';

CREATE TABLE refreshing (       -- answered requests that are asked again: what they have is the answer until there is another
	request bigint PRIMARY KEY REFERENCES requests,
	host    bigint NOT NULL,                -- that claimed it
	batch   bigint NOT NULL,                -- for which
	run     bigint NOT NULL,                -- of that batch
	failed  boolean NOT NULL DEFAULT false, -- it gave up; no other tries while it is on
	started bigint NOT NULL DEFAULT 0,      -- 0: it is not in flight
	cost    bigint NOT NULL DEFAULT 0       -- if what is in flight is charged
);
CREATE INDEX refreshing_host ON refreshing (host);

CREATE TABLE reviews (
	id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	batch   bigint NOT NULL REFERENCES batches,
	subject bigint NOT NULL,                -- of the row's request, 0 where it is skipped
	row     text NOT NULL,                  -- the row's id
	taken   bigint NOT NULL,                -- when it was read
	origin  text NOT NULL,                  -- the file that it was read from
	fields  bytea NOT NULL,                 -- the row as it was
	value   bytea NOT NULL
);
CREATE INDEX reviews_subject ON reviews (batch, subject);

CREATE TABLE orders (
	id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	batch  bigint NOT NULL REFERENCES batches,
	given  bigint NOT NULL,
	by     text NOT NULL,
	what   bytea NOT NULL,
	reason text NOT NULL,
	run    bigint NOT NULL DEFAULT 0        -- that took it up
);

CREATE TABLE notes (            -- small things by name
	batch bigint NOT NULL REFERENCES batches,
	name  text NOT NULL,
	value bytea NOT NULL,
	PRIMARY KEY (batch, name)
);
`

// format2 tells the accounts of a service apart. What was known of the one that a
// service had before is found out again.
const format2 = `
ALTER TABLE accounts RENAME TO services;
ALTER TABLE services DROP COLUMN paused, DROP COLUMN closed, DROP COLUMN held_by, DROP COLUMN said, DROP COLUMN pace;
ALTER TABLE batches RENAME COLUMN account TO service;
ALTER TABLE requests RENAME COLUMN account TO service;

CREATE TABLE accounts (
	id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	service bigint NOT NULL REFERENCES services,
	name    text NOT NULL,          -- tells it from the others of the service
	paused  timestamptz NOT NULL DEFAULT '-infinity', -- nothing is sent before
	closed  timestamptz,            -- since then no request succeeds; NULL: they do
	held_by bigint,                 -- the host that was told so
	said    bytea,                  -- by the service, about either
	pace    bytea,                  -- what runs know of it
	UNIQUE (service, name)
);
`

// migrationLock is the advisory lock under which one process at a time looks at the
// format ("bizb").
const migrationLock = 0x62697a62

// migrate brings the tables to today's format, within a transaction. Of several
// processes that begin at once one does it.
func migrate(d db) error {
	if _, err := d.exec("SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
		return err
	}
	have, err := format(d)
	if err != nil || have == len(migrations) {
		return err
	}
	text := strings.Join(migrations[have:], "")
	if have == 0 {
		text = "CREATE SCHEMA IF NOT EXISTS " + schemaName + "; CREATE TABLE format (version integer NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid()); INSERT INTO format VALUES (0);" + text
	}
	text += fmt.Sprintf("UPDATE format SET version = %d", len(migrations))
	if _, err := d.exec(text); err != nil { // without arguments it may be many statements
		return fmt.Errorf("bring the tables from format %d to %d: %w", have, len(migrations), err)
	}
	return nil
}

// format returns the format of the tables, 0 where there are none.
func format(d db) (have int, err error) {
	var there bool
	if err := d.get("SELECT count(*) > 0 FROM pg_tables WHERE schemaname = $1 AND tablename = 'format'", []any{schemaName}, &there); err != nil || !there {
		return 0, err
	}
	if err = d.get("SELECT version FROM format", nil, &have); err == nil && have > len(migrations) {
		err = fmt.Errorf("%w (format %d, this one knows up to %d)", checkpoint.ErrNewer, have, len(migrations))
	}
	return have, err
}
