package postgres_test

import (
	"net/url"
	"testing"

	"bizbatch/checkpoint/postgres"
	"bizbatch/checkpoint/storetest"
	"bizbatch/internal/pgtest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	server := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	storetest.Test(t, func(t testing.TB, name string) storetest.Store {
		t.Helper()
		name = t.Name() + " " + name
		at, err := postgres.WithBatch(server, name)
		if err != nil {
			t.Fatal(err)
		}
		// A service of its own: what another test answered is not answered here.
		s, err := postgres.Open(at, postgres.Options{Endpoint: "https://" + url.PathEscape(name)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestBatchGoesOverToAnotherService(t *testing.T) {
	server := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	storetest.TestEndpoints(t, func(t testing.TB, name, endpoint string) (storetest.Store, error) {
		name = t.Name() + " " + name
		at, err := postgres.WithBatch(server, name)
		if err != nil {
			t.Fatal(err)
		}
		return postgres.Open(at, postgres.Options{Endpoint: endpoint})
	})
}
