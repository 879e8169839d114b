package postgres

import "github.com/jackc/pgx/v5"

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
	Free    int // questions that no host has in hand
	Claimed int // those that one has
}

// OpenBatches returns the open batches of a service in the database at an address,
// without those of which only some questions are asked.
func OpenBatches(address, endpoint string) (list []OpenBatch, err error) {
	s, err := connect(address, Options{}, viewing)
	if err != nil {
		return nil, err
	}
	defer s.pool.Close()
	err = s.each("the batches", func(rows pgx.Rows) (bool, error) {
		var name string
		var b OpenBatch
		err := rows.Scan(&name, &b.Free, &b.Claimed)
		if err == nil {
			b.Address, err = WithBatch(address, name)
		}
		list = append(list, b)
		return true, err
	}, `SELECT b.name, count(*) FILTER (WHERE true`+deadHost+`), count(*) FILTER (WHERE q.host IN (SELECT id FROM alive))
		FROM batches b JOIN services c ON c.id = b.service JOIN asked a ON a.batch = b.id JOIN requests q ON q.id = a.request
		WHERE c.endpoint = $1 AND a.position > 0 AND q.state IN ('pending', 'running') AND EXISTS (SELECT 1 FROM runs r WHERE r.batch = b.id AND r.ended = 0
			AND NOT r.alone AND r.joined = (SELECT max(joined) FROM runs WHERE batch = b.id)) GROUP BY b.id ORDER BY b.id`, endpoint)
	return list, err
}
