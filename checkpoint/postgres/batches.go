package postgres

import (
	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// Batches returns the addresses of all batches in the database at an address.
func Batches(address string) (list []string, err error) {
	s, err := connect(address, Options{}, viewing)
	if err != nil {
		return nil, err
	}
	defer s.pool.Close()
	err = s.each("the batches", func(rows pgx.Rows) (bool, error) {
		var name string
		if err := rows.Scan(&name); err != nil {
			return false, err
		}
		at, err := WithBatch(address, name)
		list = append(list, at)
		return true, err
	}, "SELECT name FROM batches ORDER BY name")
	return list, err
}

// An OpenBatch is a batch on which a run is on, or was killed, with questions that
// have no answer.
type OpenBatch struct {
	Address string
	Free    int   // questions that no host has in hand
	Hosts   int   // with a run on it
	Joined  int64 // the first of the runs that are on at the same time, or were last
	Closed  bool  // the account takes no requests, until a host finds that it does or a run begins
	id      int64
}

// A Watch looks for open batches in a database again and again, mostly on one
// connection.
type Watch struct{ s *Store }

// NewWatch connects to the database at an address.
func NewWatch(address string) (*Watch, error) {
	s, err := connect(address, Options{}, viewing)
	return &Watch{s}, err
}

// Close closes the connections.
func (w *Watch) Close() { w.s.pool.Close() }

// Open returns the open batches of a service, as a host with this account is to know
// them, those with the fewest hosts first. Those of which only some questions are asked
// are not among them.
func (w *Watch) Open(endpoint, account string) (list []OpenBatch, err error) {
	err = w.s.each("the batches", func(rows pgx.Rows) (bool, error) {
		var name string
		var b OpenBatch
		err := rows.Scan(&b.id, &name, &b.Joined, &b.Hosts, &b.Closed, &b.Free)
		if err == nil {
			b.Address, err = WithBatch(w.s.name, name)
		}
		list = append(list, b)
		return true, err
	}, `SELECT b.id, b.name, j.joined, (SELECT count(*) FROM runs r JOIN alive h ON h.id = r.host WHERE r.batch = b.id AND r.ended = 0) AS hosts,
			EXISTS (SELECT 1 FROM accounts WHERE service = c.id AND name = $2 AND closed IS NOT NULL),
			count(*) FILTER (WHERE true`+deadHost+`)
		FROM batches b JOIN services c ON c.id = b.service JOIN (SELECT batch, max(joined) AS joined FROM runs GROUP BY batch) j ON j.batch = b.id
			JOIN asked a ON a.batch = b.id JOIN requests q ON q.id = a.request
		WHERE c.endpoint = $1 AND a.position > 0 AND q.state IN ('pending', 'running')
			AND EXISTS (SELECT 1 FROM runs r WHERE r.batch = b.id AND r.ended = 0 AND NOT r.alone AND r.joined = j.joined)
		GROUP BY b.id, c.id, j.joined ORDER BY hosts, b.id`, endpoint, account)
	return list, err
}

// Orders returns what was ordered of the runs on a batch.
func (w *Watch) Orders(b OpenBatch) ([]checkpoint.Order, error) {
	return (&Store{name: b.Address, pool: w.s.pool, batch: b.id}).Orders(0)
}
