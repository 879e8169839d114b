package main

import (
	"errors"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"bizbatch/internal/job"
	"bizbatch/internal/pgtest"
)

// database makes a database of the story's own, in which its checkpoints are from
// then on, and sets DB to its address.
func (s *story) makeDatabase(ts *testscript.TestScript, _ []string) (err error) {
	if s.database, s.drop, err = pgtest.Create(); err != nil {
		return err
	}
	ts.Setenv("DB", s.database)
	ts.Setenv("BIZBATCH_CHECKPOINT", s.database)
	return nil
}

// checkpoint returns what a checkpoint of the story is called: a file, or a batch in
// the story's database.
func (s *story) checkpoint(ts *testscript.TestScript, name string) string {
	if s.database == "" || strings.HasSuffix(name, ".bizbatch") {
		return ts.MkAbs(name)
	}
	at, err := job.InDatabase(s.database, name)
	ts.Check(err)
	return at
}

// eachBatch calls do with the status of every batch of the sandbox in the story's
// database.
func (s *story) eachBatch(do func(*status)) error {
	list, err := job.Checkpoints(s.database)
	for _, at := range list {
		st, err2 := statusAt(at)
		err = errors.Join(err, err2)
		if err2 == nil && strings.HasPrefix(st.Endpoint, s.server.URL) {
			do(st)
		}
	}
	return err
}
