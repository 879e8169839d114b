// Package postgres keeps requests and their answers in a PostgreSQL database, for
// several batches and machines. It is an engine of package checkpoint: the words and
// the rules are described there, and this says where it differs.
//
// The database holds services and their accounts, and batches, which are what a
// checkpoint's file is to SQLite. A request belongs to a service: what was answered
// for one batch is the answer in every other, at no cost.
//
// A process with a run is a host. It claims requests before it sends them, and keeps
// them as long as it renews its lease. When a host is dead, what it had in flight
// counts as perhaps charged, and is asked again. An answer that comes late is taken
// all the same.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/internal/saves"
)

// Options are the options of [Open]. The zero value is ready to use.
type Options struct {
	// Endpoint names the service that answers. A batch remembers the first endpoint,
	// and once it holds an answer, or a request that may have been charged, Open refuses
	// any other. If it is empty, it is not checked.
	Endpoint string
	// Account tells the account with the service from others. Runs with the same one
	// keep one pace, and what the service says to one of them holds for all.
	Account string
	// LastResort receives the answers that neither the database nor a rescue file
	// could store, as lines of JSON. Default: standard error.
	LastResort io.Writer
	// Lease is how long a host that is not heard of counts as alive. Default:
	// DefaultLease.
	Lease time.Duration
}

// Times that tests of programs make shorter.
var (
	// DefaultLease is the default of Options.Lease.
	DefaultLease = 20 * time.Second
	// AwayWait is how long a run waits for a server that is away.
	AwayWait = 2 * time.Minute
)

// A Store is a batch in a database. Its methods are safe for concurrent use.
type Store struct {
	name     string // the address
	opts     Options
	pool     *pgxpool.Pool
	identity string // of the database
	endpoint string
	service  int64
	account  int64 // of the last run
	batch    int64 // 0: it is not there, and this is a plan
	mode     mode
	moves    bool // to the service of Options.Endpoint
	created  bool // by this Open; Close removes it unless something was imported
	closed   bool
	refresh  func() ([]checkpoint.Chosen, error) // what the next run asks for again; nil: nothing
	begun    atomic.Pointer[run]                 // the run in progress
	ran      atomic.Int64                        // the number of the last run
	hasty    atomic.Bool                         // the last write waited for the server in vain: the next waits only shortly
	saves    *saves.Queue[db]                    // nil with View and OpenCopy
}

// A mode says what a store is open for.
type mode int

const (
	running  mode = iota
	viewing       // runs nothing
	planning      // and keeps nothing
)

// bg is the context of calls that wait as long as it takes.
var bg = context.Background()

// Open opens the batch of an address for a run. It creates the tables and the batch
// if they do not exist, and upgrades an older format. It returns a [*SettingError] if
// the server cannot keep what it promises, or a [*checkpoint.EndpointError]. Several
// runs may use a batch at once, also on several machines.
func Open(address string, opts Options) (*Store, error) {
	s, err := connect(address, opts, running)
	if err != nil {
		return nil, err
	}
	if err = s.waitForKilled(); err == nil {
		err = s.write(s.findBatch)
	}
	if err != nil {
		s.pool.Close()
		return nil, err
	}
	s.moves = false
	s.saves = saves.New(s.saveGroup, failsAlone)
	return s, nil
}

// OpenCopy opens the batch of an address to plan with: an import plans as it would
// after Open, also while a run is on, and nothing changes.
func OpenCopy(address string, opts Options) (*Store, error) {
	return connect(address, opts, planning)
}

// View opens the batch of an address for reading, even during a run. The error wraps
// fs.ErrNotExist if there is none.
func View(address string) (*Store, error) {
	s, err := connect(address, Options{}, viewing)
	if err == nil && s.batch == 0 {
		s.pool.Close()
		return nil, fmt.Errorf("%s: there is no batch %s: %w", address, Batch(address), fs.ErrNotExist)
	}
	return s, err
}

func connect(address string, opts Options, m mode) (_ *Store, err error) {
	c, err := config(address)
	if err != nil {
		return nil, err
	}
	if opts.LastResort == nil {
		opts.LastResort = os.Stderr
	}
	if opts.Lease == 0 {
		opts.Lease = DefaultLease
	}
	c.MaxConns = max(c.MaxConns, 4)
	s := &Store{name: address, opts: opts, mode: m}
	if s.pool, err = pgxpool.NewWithConfig(bg, c); err != nil {
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	if err = s.prepare(); err != nil {
		s.pool.Close()
		return nil, fmt.Errorf("open %s: %w", address, away(err))
	}
	return s, nil
}

// prepare checks the server, brings its tables to today's format, and finds the
// batch if it is there.
func (s *Store) prepare() error {
	ctx, cancel := context.WithTimeout(bg, time.Minute)
	defer cancel()
	d := db{ctx: ctx, querier: s.pool}
	if s.mode != viewing {
		settings, err := readSettings(d)
		if err == nil {
			err = settings.check()
		}
		if err != nil {
			return err
		}
	}
	have, err := format(d)
	if err == nil && have < len(migrations) {
		err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error { return migrate(db{ctx: ctx, querier: tx}) })
	}
	if err == nil {
		err = d.get("SELECT id::text FROM format", nil, &s.identity)
	}
	if err != nil {
		return err
	}
	return s.readBatch(d)
}

// readBatch finds the batch, and refuses the answers of another service. A batch
// without any goes over to this one.
func (s *Store) readBatch(d db) error {
	s.endpoint = s.opts.Endpoint
	var have string
	err := d.get("SELECT b.id, b.service, s.endpoint FROM batches b JOIN services s ON s.id = b.service WHERE b.name = $1",
		[]any{Batch(s.name)}, &s.batch, &s.service, &have)
	switch want := s.opts.Endpoint; {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	case want != "" && have != want:
		if s.moves, err = s.unpaid(d); err != nil || s.moves {
			return err
		}
		return &checkpoint.EndpointError{Path: s.name, Have: have, Want: want}
	}
	s.endpoint = have
	return nil
}

// findBatch finds the batch, or creates it, within a transaction.
func (s *Store) findBatch(d db) error {
	switch {
	case s.moves:
		return s.move(d)
	case s.batch != 0:
		return nil
	}
	if err := s.addService(d); err != nil {
		return err
	}
	added, err := d.exec("INSERT INTO batches (service, name) SELECT id, $2 FROM services WHERE endpoint = $1 ON CONFLICT DO NOTHING", s.endpoint, Batch(s.name))
	if err != nil {
		return err
	}
	s.created = added > 0
	return s.readBatch(d)
}

// findAccount finds the account, or adds it, within a transaction.
func (s *Store) findAccount(d db) error {
	_, err := d.exec("INSERT INTO accounts (service, name) VALUES ($1, $2) ON CONFLICT DO NOTHING", s.service, s.opts.Account)
	if err != nil {
		return err
	}
	return d.get("SELECT id FROM accounts WHERE service = $1 AND name = $2", []any{s.service, s.opts.Account}, &s.account)
}

// Path returns the address of the batch.
func (s *Store) Path() string { return s.name }

// Name returns the name of the batch.
func (s *Store) Name() string { return Batch(s.name) }

// Close closes the connections. Everything saved is on disk before. A run that is on
// counts as killed. Calling Close again has no effect.
func (s *Store) Close() (err error) {
	if s.closed {
		return nil
	}
	s.closed = true
	s.saves.Close()
	if r := s.begun.Load(); r != nil {
		r.leave()
	}
	if s.created {
		_, _ = s.pool.Exec(bg, "DELETE FROM batches WHERE id = $1", s.batch) // one that holds anything stays
	}
	s.pool.Close()
	return nil
}

// Saves returns how many changes were saved since Open, and how many transactions
// that took.
func (s *Store) Saves() (saves, syncs int64) { return s.saves.Saves() }
