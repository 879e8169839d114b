package postgres

import (
	"time"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint/internal/millis"
)

// An Overview is what is on in a database.
type Overview struct {
	Hosts    []Host
	Accounts []Account
}

// A Host is a process with a run.
type Host struct {
	Name     string    `json:"name"`
	Batch    string    `json:"batch"`
	InFlight int       `json:"in_flight"`
	Started  time.Time `json:"started"`
	Alive    bool      `json:"alive"` // else others take up what it had in hand
}

// An Account is what runs know of an account with a service.
type Account struct {
	Endpoint string
	Name     string    // tells it from others with the service
	Closed   bool      // no request is sent until somebody tries again
	Until    time.Time // none is sent before, if that is not over
	Said     []byte    // by the service about either, as the caller of Hold wrote it
	Pace     []byte    // as the caller of Pace wrote it; nil: nothing is known
}

// Look returns what is on in the database at an address.
func Look(address string) (o Overview, err error) {
	s, err := connect(address, Options{}, viewing)
	if err != nil {
		return o, err
	}
	defer s.pool.Close()
	err = s.each("the hosts", func(rows pgx.Rows) (bool, error) {
		var h Host
		err := rows.Scan(&h.Name, &h.Batch, &h.InFlight, millis.Into(&h.Started), &h.Alive)
		o.Hosts = append(o.Hosts, h)
		return true, err
	}, `SELECT h.name, b.name, (SELECT count(*) FROM requests q WHERE q.host = h.id AND q.state = 'running') + (SELECT count(*) FROM refreshing WHERE host = h.id AND started > 0), r.started, h.id IN (SELECT id FROM alive)
		FROM hosts h JOIN runs r ON r.host = h.id JOIN batches b ON b.id = r.batch WHERE r.ended = 0 ORDER BY h.id`)
	if err != nil {
		return o, err
	}
	err = s.each("the accounts", func(rows pgx.Rows) (bool, error) {
		var a Account
		err := rows.Scan(&a.Endpoint, &a.Name, &a.Closed, &a.Until, &a.Said, &a.Pace)
		o.Accounts = append(o.Accounts, a)
		return true, err
	}, `SELECT s.endpoint, a.name, a.closed IS NOT NULL, greatest(a.paused, 'epoch'), a.said, a.pace
		FROM accounts a JOIN services s ON s.id = a.service ORDER BY a.id`)
	return o, err
}
