// Package pgtest makes databases for tests, on the PostgreSQL server that the
// environment names.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

// variable names the server: its address, of a role that may make databases.
const variable = "BIZBATCH_TEST_POSTGRES"

// Without is what a test says that is skipped because there is no server.
const Without = variable + " names no server"

// Server reports whether there is a server to test with.
func Server() bool { return os.Getenv(variable) != "" }

// New returns the address of a new database, which goes with the test. Without a
// server the test is skipped.
func New(t testing.TB) string {
	t.Helper()
	if !Server() {
		t.Skip(Without)
	}
	address, drop, err := Create()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := drop(); err != nil {
			t.Error(err)
		}
	})
	return address
}

// Create makes a database, and returns its address and how to drop it.
func Create() (address string, drop func() error, err error) {
	u, err := url.Parse(os.Getenv(variable))
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", variable, err)
	}
	name := fmt.Sprintf("bizbatch_test_%d_%x", os.Getpid(), rand.Uint64())
	if err := carryOut("CREATE DATABASE " + name); err != nil {
		return "", nil, err
	}
	u.Path = "/" + name
	return u.String(), func() error { return carryOut("DROP DATABASE " + name + " WITH (FORCE)") }, nil
}

func carryOut(text string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, os.Getenv(variable))
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, text)
	return errors.Join(err, conn.Close(ctx))
}
