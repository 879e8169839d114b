package checkpoint

import (
	"cmp"
	"fmt"
)

// checkEndpoint refuses another service than the one that the checkpoint remembers,
// unless that has cost nothing: its address may have been mistyped.
func (s *Store) checkEndpoint(want string) error {
	have, err := s.meta("endpoint")
	if err != nil {
		return s.openError(err)
	}
	if s.endpoint = cmp.Or(want, have); s.endpoint == have {
		return nil
	}
	if have != "" {
		paid, err := s.mayHavePaid()
		if err != nil {
			return s.openError(err)
		}
		if paid {
			s.endpoint = have
			return &EndpointError{Path: s.Path(), Have: have, Want: want}
		}
	}
	return s.setEndpoint(want)
}

// mayHavePaid reports whether the checkpoint holds an answer, or a request that may
// have been charged.
func (s *Store) mayHavePaid() (paid bool, err error) {
	if s.original != "" && s.Active() { // what is in flight is not in a copy
		return true, nil
	}
	err = s.db.QueryRow(`SELECT EXISTS (SELECT 1 FROM requests WHERE state IN ('answered', 'running') OR interrupted)
		OR EXISTS (SELECT 1 FROM answers) OR EXISTS (SELECT 1 FROM earlier) OR EXISTS (SELECT 1 FROM uncertain)`).Scan(&paid)
	return paid, err
}

// setEndpoint remembers the service. What another one refused, this one has not.
func (s *Store) setEndpoint(endpoint string) error {
	tx, err := s.db.Begin()
	if err != nil {
		return s.openError(err)
	}
	defer tx.Rollback()
	for _, step := range []struct {
		text string
		args []any
	}{
		{"INSERT OR REPLACE INTO meta VALUES ('endpoint', ?)", []any{endpoint}},
		{"UPDATE requests SET state = 'pending', passing = 0, attempts = 0, reason = '', error = '', request_id = '' WHERE state <> 'answered' AND (attempts > 0 OR reason <> '')", nil},
		{"DELETE FROM meta WHERE name >= ? AND name < ?", []any{currentPrefix, currentEnd}},
	} {
		if _, err := tx.Exec(step.text, step.args...); err != nil {
			return s.openError(err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write %s: %w", s.path, err)
	}
	return nil
}
