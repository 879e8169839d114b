package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// A SettingError reports a setting of the server, or of the connection to it, with
// which a promise could not be kept.
type SettingError struct {
	Name string // of the setting
	Why  string
	Hint string
}

func (e *SettingError) Error() string { return fmt.Sprintf("%s: %s", e.Name, e.Why) }

// serverSettings are what the promises rest on.
type serverSettings struct {
	version              int // as 150003
	standby              bool
	fsync, commit, pages string
}

func readSettings(d db) (s serverSettings, err error) {
	err = d.get(`SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), current_setting('fsync'),
		current_setting('synchronous_commit'), current_setting('full_page_writes')`, nil, &s.version, &s.standby, &s.fsync, &s.commit, &s.pages)
	return s, err
}

// check refuses a server that may lose what it reported as saved.
func (s serverSettings) check() error {
	const on = "set it to on: answers that are paid for must survive a power cut"
	switch {
	case s.version < 150000:
		return &SettingError{"server_version", fmt.Sprintf("the server is PostgreSQL %d, and 15 or later is needed", s.version/10000), "use a newer server"}
	case s.standby:
		return &SettingError{"in_recovery", "the server is a standby, which takes no answers", "give the address of the primary, or add target_session_attrs=read-write"}
	case s.fsync != "on":
		return &SettingError{"fsync", "it is off", on}
	case s.commit == "off":
		return &SettingError{"synchronous_commit", "it is off", on}
	case s.pages != "on":
		return &SettingError{"full_page_writes", "it is off", on}
	}
	return nil
}

// ErrAway: the server cannot be reached, or does not take anything now.
var ErrAway = errors.New("the server of the checkpoint cannot be reached")

// away wraps an error in ErrAway if it is about the server and not about what was
// asked of it.
func away(err error) error {
	if err == nil || errors.Is(err, ErrAway) {
		return err
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		// A connection that failed, too few resources, an operator's intervention, an I/O error.
		if !slices.Contains([]string{"08", "53", "57", "58"}, said.Code[:2]) && said.Code != idled {
			return err
		}
	} else if !broken(err) {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) { // the server's socket, which is not to be taken for a batch
		return fmt.Errorf("%w: %v", ErrAway, err)
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// idled is how the server says that it ended a transaction whose program was away.
const idled = "25P03"

// broken reports whether an error is one of the network.
func broken(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) || pgconn.SafeToRetry(err) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed)
}

// conflicted reports whether a transaction met another one, and may be tried again.
func conflicted(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (said.Code == "40P01" || said.Code == "40001")
}

// shortAwayWait is how long a run waits for the server after a wait in vain: answers
// wait behind it. Tests make it shorter.
var shortAwayWait = time.Second

// callWait is how long a transaction of a run may take before its connection counts
// as dead.
const callWait = 30 * time.Second

// write runs fn in a transaction. While a run is on it waits for a server that is
// away, so that nothing is sent meanwhile and no answer is given up.
func (s *Store) write(fn func(db) error) error {
	ctx, wait := bg, time.Duration(0)
	if s.begun.Load() != nil {
		if wait = AwayWait; s.hasty.Load() {
			wait = shortAwayWait
		}
	}
	for end, pause := time.Now().Add(wait), 50*time.Millisecond; ; pause = min(2*pause, time.Second) {
		cancel := func() {}
		if wait > 0 {
			ctx, cancel = context.WithTimeout(bg, callWait)
		}
		err := s.begin(ctx, s.pool, fn)
		cancel()
		if !conflicted(err) {
			err = away(err)
			inVain := errors.Is(err, ErrAway)
			if !inVain || time.Now().After(end) {
				s.hasty.Store(inVain)
				return err
			}
		}
		time.Sleep(pause)
	}
}

// begin runs fn in a transaction. If this machine is away in the middle of it, the
// server ends it before the lease is over, so that it holds up nobody.
func (s *Store) begin(ctx context.Context, on beginner, fn func(db) error) error {
	return beginFor(ctx, on, s.opts.Lease/2, fn)
}

// beginFor runs fn in a transaction, which the server ends if nothing is heard of it for
// so long.
func beginFor(ctx context.Context, on beginner, idle time.Duration, fn func(db) error) error {
	text := fmt.Sprintf("BEGIN; SET LOCAL idle_in_transaction_session_timeout = %d", idle.Milliseconds())
	return pgx.BeginTxFunc(ctx, on, pgx.TxOptions{BeginQuery: text}, func(tx pgx.Tx) error { return fn(db{ctx, tx, &gate{}}) })
}

// A beginner is the pool, or a connection.
type beginner interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// A querier is the database, or a transaction.
type querier interface {
	Exec(ctx context.Context, text string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, text string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, text string, args ...any) pgx.Row
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

// A db is a querier with the context of its calls.
type db struct {
	ctx context.Context
	querier
	gate *gate // of a transaction
}

// exec runs a statement and returns how many rows it changed.
func (d db) exec(text string, args ...any) (int64, error) {
	tag, err := d.Exec(d.ctx, text, args...)
	return tag.RowsAffected(), err
}

// get reads one row. The error is pgx.ErrNoRows if there is none.
func (d db) get(text string, args []any, into ...any) error {
	return d.QueryRow(d.ctx, text, args...).Scan(into...)
}

// each calls fn for every row of a result, until it returns false.
func (d db) each(fn func(pgx.Rows) (bool, error), text string, args ...any) error {
	rows, err := d.Query(d.ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if more, err := fn(rows); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}
