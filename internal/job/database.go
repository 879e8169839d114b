package job

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"bizbatch/batch"
	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// Database returns the address of the database in which checkpoints are, by the
// environment. Empty: they are files.
func Database() string {
	if at := os.Getenv("BIZBATCH_CHECKPOINT"); postgres.Is(at) {
		return at
	}
	return ""
}

// InDatabase returns the address of a batch in the database at an address.
func InDatabase(address, batch string) (string, error) {
	at, err := postgres.WithBatch(address, batch)
	if err != nil {
		return "", exit.Unsent(databaseError(err, ""))
	}
	return at, nil
}

// viewDatabase opens for reading what a name stands for in a database: its address,
// or the name of the question file, where the environment names the database. It
// returns nil if the name is that of a file.
func viewDatabase(path *string) (*postgres.Store, error) {
	names := []string{""}
	at := *path
	if !postgres.Is(at) {
		if at = Database(); at == "" || strings.HasSuffix(*path, ".bizbatch") {
			return nil, nil
		}
		names = []string{filepath.Base(*path), filepath.Base(*path) + sandboxBatch}
	}
	for i, name := range names {
		if name != "" {
			named, err := InDatabase(at, name)
			if err != nil {
				return nil, err
			}
			at = named
		}
		store, err := postgres.View(at)
		if errors.Is(err, os.ErrNotExist) && i+1 < len(names) {
			continue
		}
		if err != nil {
			if i > 0 {
				at, _ = postgres.WithBatch(at, names[0]) // it was one
			}
			return nil, databaseError(err, at)
		}
		*path = at
		return store, nil
	}
	return nil, nil
}

// ViewAt opens for reading the checkpoint whose own name a path is: that of its file,
// or the address of its batch.
func ViewAt(path string) (batch.Checkpoint, error) {
	if !postgres.Is(path) {
		return opened(checkpoint.View(path))
	}
	store, err := postgres.View(path)
	if err != nil {
		return nil, databaseError(err, path)
	}
	return store, nil
}

// sandboxBatch ends the name of a batch whose answers are the sandbox's.
const sandboxBatch = ".sandbox"

// BatchOf names the batch of a question file.
func BatchOf(file string, sandbox bool) string {
	name := filepath.Base(file)
	if sandbox {
		name += sandboxBatch
	}
	return name
}

// Give leaves an order in a checkpoint, also while a run is on.
func Give(store batch.Checkpoint, o checkpoint.Order) (int64, error) {
	if s, is := store.(*postgres.Store); is {
		return s.Give(o)
	}
	return checkpoint.Give(store.Path(), o)
}

// databaseError returns the error of a database that cannot be used.
func databaseError(err error, address string) error {
	var setting *postgres.SettingError
	var said *pgconn.PgError
	switch {
	case errors.Is(err, postgres.ErrPassword):
		return exit.Usage(fmt.Errorf("%w, which others could read", err), "leave it out of the address, and put it into PGPASSWORD, the file ~/.pgpass or the service of PGSERVICE")
	case errors.Is(err, postgres.ErrAddress):
		return exit.Usage(err, "such as postgres://bizbatch@db.example/answers")
	case errors.Is(err, os.ErrNotExist):
		return exit.Usage(fmt.Errorf("there is no batch %s in the database", postgres.Batch(address)), "bizbatch status lists them; a run makes one: bizbatch run FILE")
	case errors.As(err, &setting):
		return &exit.Error{Code: exit.Unexpected, Err: fmt.Errorf("the database cannot keep what bizbatch promises: %w", err), Hint: setting.Hint}
	case errors.Is(err, postgres.ErrAway):
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "see that the server is up, and that its address and the network to it are right, then try again"}
	case errors.Is(err, checkpoint.ErrNewer):
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "use the newer bizbatch"}
	case !errors.As(err, &said):
	case strings.HasPrefix(said.Code, "28"): // it refuses who we are
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "give the user in the address, and the password in PGPASSWORD, the file ~/.pgpass or the service of PGSERVICE"}
	case said.Code == "3D000": // it has no such database
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "make it: createdb NAME"}
	case said.Code == "42501": // it does not allow that
		return &exit.Error{Code: exit.Unexpected, Err: err, Hint: "the role needs rights for the schema bizbatch; the first run needs the right to make it"}
	}
	return &exit.Error{Code: exit.Unexpected, Err: err}
}

// Checkpoints lists the batches in the database at an address, or in that of the
// environment, or else the checkpoints in this folder.
func Checkpoints(address string) ([]string, error) {
	at := cmp.Or(address, Database())
	if at == "" {
		return filepath.Glob("*.bizbatch")
	}
	list, err := postgres.Batches(at)
	if err != nil {
		return nil, databaseError(err, at)
	}
	return list, nil
}

// quoteCheckpoint writes the name of a checkpoint for a shell: of a batch in the
// database of the environment, its name alone.
func quoteCheckpoint(path string) string {
	if at := Database(); at != "" && postgres.Is(path) {
		if named, err := postgres.WithBatch(at, postgres.Batch(path)); err == nil && named == path {
			path = postgres.Batch(path)
		}
	}
	return terminal.QuoteFile(path)
}

// Look tells what is on in the database at an address, or in that of the environment:
// the machines, and what their services said. It is empty where checkpoints are
// files.
func Look(address string) (lines []string, err error) {
	at := cmp.Or(address, Database())
	if at == "" {
		return nil, nil
	}
	o, err := postgres.Look(at)
	if err != nil {
		return nil, databaseError(err, at)
	}
	for _, h := range o.Hosts {
		line := fmt.Sprintf("host %s: %s, %d in flight, since %s", h.Name, h.Batch, h.InFlight, h.Started.Local().Format("2006-01-02 15:04"))
		if !h.Alive {
			line += "; it was not heard of, and others take up what it had"
		}
		lines = append(lines, line)
	}
	for _, a := range o.Accounts {
		lines = append(lines, accountLine(a, time.Now()))
	}
	return lines, nil
}

// accountLine says what is known of an account.
func accountLine(a postgres.Account, now time.Time) string {
	line := a.Endpoint
	if a.Name != "" {
		line += ", account " + a.Name
	}
	said := &batch.Error{Message: "it is not known why"}
	_ = json.Unmarshal(a.Said, said) // else it is not
	switch {
	case a.Closed:
		line += fmt.Sprintf(": takes no requests (%s), until a run tries again", said)
		if said.HasBalance {
			line += fmt.Sprintf("; the balance was %s", said.Balance)
		}
		return line
	case a.Until.After(now):
		line += fmt.Sprintf(": left alone until %s (%s)", a.Until.Local().Format("15:04:05"), said)
	default:
		line += ": open"
	}
	if pace, used := pace.Of(a.Pace); pace > 0 {
		line += fmt.Sprintf(", %.3g requests a second (used until %s)", pace, used.Local().Format("2006-01-02 15:04"))
	}
	return line
}
