package checkpoint

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// OpenCopy opens a copy of the checkpoint at path, in the temporary folder and
// without its answers. Import on the copy returns the plan that it would return on
// the original. The original does not change, and may be in use by a run: requests
// in flight are pending in the copy. If there is no checkpoint, the copy is empty.
// OpenCopy returns the errors of [Open] except ErrInUse. Close removes the copy.
func OpenCopy(path string, opts Options) (_ *Store, err error) {
	dir, err := os.MkdirTemp("", "bizbatch-plan-*")
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(dir)
		}
	}()
	s, err := Open(filepath.Join(dir, "plan.bizbatch"), Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	s.original = resolve(path)
	if err := errors.Join(s.copyFrom(s.original), s.checkEndpoint(opts.Endpoint)); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// copyFrom copies another checkpoint's content, as it is at one moment.
func (s *Store) copyFrom(path string) error {
	active := inUse(path)
	from, err := Peek(path) // which does not bring it to today's format
	if errors.Is(err, fs.ErrNotExist) {
		return checkNoLog(path)
	}
	if err != nil {
		return err
	}
	defer from.Close()
	tables := []string{"meta", "settings", "requests", "rows", "runs", "uncertain"}
	if from.format > 1 {
		tables = append(tables, "agreed", "reused")
	}
	if from.format > 2 {
		tables = append(tables, "masked")
	}
	if from.format > 3 {
		tables = append(tables, "unfit")
	}
	if from.format > 4 {
		tables = append(tables, "reviews")
	}
	var damaged []int64
	if isQuick(from.path) {
		if damaged, err = damagedAnswers(from.db); err != nil {
			return from.openError(err)
		}
	}
	if err := s.exec("ATTACH ? AS origin", from.attachable()); err != nil {
		return from.openError(err)
	}
	defer s.exec("DETACH origin")
	return s.write(func() error {
		for _, table := range tables {
			if err := s.exec(fmt.Sprintf("INSERT OR REPLACE INTO %s SELECT * FROM origin.%s", table, table)); err != nil {
				return from.openError(err)
			}
		}
		if err := s.copyEarlier(from); err != nil {
			return from.openError(err)
		}
		if err := s.failDamaged(damaged); err != nil || !active {
			return err
		}
		return s.exec("UPDATE requests SET state = 'pending' WHERE state = 'running'")
	})
}

// copyEarlier notes which requests have an earlier answer, without the answers.
func (s *Store) copyEarlier(from *Store) error {
	run, origin, waits := "run", "origin", "waits"
	switch {
	case from.format < 4:
		return nil
	case from.format < 6:
		run, origin, waits = "0", "''", "''"
	}
	err := s.exec("INSERT INTO earlier SELECT id, request, " + run + ", label, cost, started, finished, " + origin + ", " + waits + ", 0, 'null' FROM origin.earlier")
	if err == nil && from.format < 6 {
		err = s.exec(findWaiting)
	}
	return err
}
