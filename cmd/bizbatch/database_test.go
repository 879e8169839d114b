package main

import (
	"database/sql"
	"errors"

	"github.com/rogpeppe/go-internal/testscript"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// openDatabase opens a checkpoint of the story as another program does.
func openDatabase(ts *testscript.TestScript, name string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+ts.MkAbs(name)+"?_pragma=busy_timeout(30000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

// sql CHECKPOINT STATEMENT carries out a statement of SQL.
func (s *story) sql(ts *testscript.TestScript, args []string) error {
	db, err := openDatabase(ts, args[0])
	if err != nil {
		return err
	}
	_, err = db.Exec(args[1])
	return errors.Join(err, db.Close())
}

// lock CHECKPOINT keeps a checkpoint locked, as a program does in the middle of
// a change, until unlock.
func (s *story) lock(ts *testscript.TestScript, args []string) error {
	db, err := openDatabase(ts, args[0])
	if err != nil {
		return err
	}
	s.locked = db
	_, err = db.Exec("BEGIN IMMEDIATE")
	return err
}

func (s *story) unlock(*testscript.TestScript, []string) error {
	db := s.locked
	s.locked = nil
	return db.Close()
}
