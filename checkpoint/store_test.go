package checkpoint_test

import (
	"path/filepath"
	"testing"

	"bizbatch/checkpoint"
	"bizbatch/checkpoint/storetest"
)

func TestStoreKeepsTheContract(t *testing.T) {
	dir := t.TempDir()
	storetest.Test(t, func(t testing.TB, name string) storetest.Store {
		t.Helper()
		s, err := checkpoint.Open(filepath.Join(dir, filepath.Base(t.Name())+name), checkpoint.Options{NoSync: true}) // nothing here cuts the power
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestStoreGoesOverToAnotherService(t *testing.T) {
	dir := t.TempDir()
	storetest.TestEndpoints(t, func(t testing.TB, name, endpoint string) (storetest.Store, error) {
		return checkpoint.Open(filepath.Join(dir, filepath.Base(t.Name())+name), checkpoint.Options{Endpoint: endpoint, NoSync: true})
	})
}
