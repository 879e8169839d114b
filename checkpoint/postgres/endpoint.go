package postgres

import (
	"errors"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
)

// unpaid reports whether the batch holds no answer and no request that may have been
// charged, and no run is on that may send one.
func (s *Store) unpaid(d db) (bool, error) {
	used, _, err := s.used(d)
	if err != nil || used {
		return false, err
	}
	var paid bool
	err = d.get(`SELECT EXISTS (SELECT 1 FROM asked a JOIN requests q ON q.id = a.request WHERE a.batch = $1 AND (q.state IN ('answered', 'running') OR q.interrupted))
		OR EXISTS (SELECT 1 FROM requests WHERE batch = $1 AND (state IN ('answered', 'running') OR interrupted))
		OR EXISTS (SELECT 1 FROM earlier WHERE batch = $1) OR EXISTS (SELECT 1 FROM uncertain WHERE batch = $1)`, []any{s.batch}, &paid)
	return !paid, err
}

// move gives a batch that has cost nothing to the service of Options.Endpoint, within a
// transaction. Its rows ask that service: what another one refused, this one has not.
func (s *Store) move(d db) error {
	if err := s.lockImports(d); err != nil { // another host may be taking rows in
		return err
	}
	var have string
	err := d.get("SELECT s.endpoint FROM batches b JOIN services s ON s.id = b.service WHERE b.id = $1 FOR NO KEY UPDATE OF b", []any{s.batch}, &have)
	if err != nil {
		return err
	}
	free, err := s.unpaid(d)
	if err != nil {
		return err
	}
	if !free {
		return &checkpoint.EndpointError{Path: s.name, Have: have, Want: s.endpoint}
	}
	if err := s.addService(d); err != nil {
		return err
	}
	for _, text := range []string{
		"UPDATE batches SET service = (SELECT id FROM services WHERE endpoint = $2) WHERE id = $1",
		`INSERT INTO requests (service, key, mode, subject, payload) SELECT n.id, q.key, q.mode, q.subject, q.payload
			FROM services n, asked a JOIN requests q ON q.id = a.request WHERE n.endpoint = $2 AND a.batch = $1 ON CONFLICT DO NOTHING`,
		"UPDATE rows r SET request = n.id" + sameRequest + "AND r.batch = $1 AND r.request = q.id",
		"UPDATE asked r SET request = n.id" + sameRequest + "AND r.batch = $1 AND r.request = q.id",
		"DELETE FROM notes WHERE batch = $1 AND starts_with(name, '" + currentPrefix + "') AND $2 <> ''",
	} {
		if _, err := d.exec(text, s.batch, s.endpoint); err != nil {
			return err
		}
	}
	return d.get("SELECT service FROM batches WHERE id = $1", []any{s.batch}, &s.service)
}

// stays returns an error if another process gave the batch to another service since
// this one opened it.
func (s *Store) stays(d db) error {
	var now string
	err := d.get("SELECT s.endpoint FROM batches b JOIN services s ON s.id = b.service WHERE b.id = $1 AND b.service <> $2", []any{s.batch, s.service}, &now)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	return &checkpoint.EndpointError{Path: s.name, Have: now, Want: s.endpoint}
}

// sameRequest joins a request q to the request n for the service with endpoint $2 that
// is the same.
const sameRequest = " FROM requests q JOIN requests n ON n.key = q.key JOIN services v ON v.id = n.service WHERE v.endpoint = $2 "

// addService adds the service of the batch, if it is new, within a transaction.
func (s *Store) addService(d db) error {
	_, err := d.exec("INSERT INTO services (endpoint) VALUES ($1) ON CONFLICT DO NOTHING", s.endpoint)
	return err
}
