package postgres_test

import (
	"fmt"
	"net/url"
	"os"
	"testing"
	"time"

	"bizbatch/checkpoint/postgres"
	"bizbatch/checkpoint/storetest"
)

// address returns the address of the server to test with, or skips the test.
func address(t testing.TB) string {
	t.Helper()
	server := os.Getenv("BIZBATCH_TEST_POSTGRES")
	if server == "" {
		t.Skip("BIZBATCH_TEST_POSTGRES names no server")
	}
	return server
}

func TestStoreKeepsTheContract(t *testing.T) {
	server := address(t)
	t.Setenv("HOME", t.TempDir())
	begun := time.Now().UnixNano()
	storetest.Test(t, func(t testing.TB, name string) storetest.Store {
		t.Helper()
		name = fmt.Sprint(t.Name(), " ", name, " ", begun)
		at, err := postgres.WithBatch(server, name)
		if err != nil {
			t.Fatal(err)
		}
		// An account of its own: what another test answered is not answered here.
		s, err := postgres.Open(at, postgres.Options{Endpoint: "https://" + url.PathEscape(name)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}
