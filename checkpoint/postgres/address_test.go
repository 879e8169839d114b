package postgres

import (
	"errors"
	"strings"
	"testing"
)

func TestAnAddressHoldsNoPassword(t *testing.T) {
	for _, address := range []string{
		"postgres://bizbatch:hunter2@db.example/answers",
		"postgres://db.example/answers?password=hunter2",
		"postgres://bizbatch:hunter2@db.example/answers?batch=q.csv&sslmode=verify-full",
	} {
		_, err := Open(address, Options{})
		if !errors.Is(err, ErrPassword) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"postgres://user:hunter2@[::1/x", "questions.csv.bizbatch", "postgres://localhost:hunter2/x", "postgres://", "postgresql://?sslmode=disable"} {
		_, err := config(address)
		if _, named := WithBatch(address, "q.csv"); !errors.Is(named, ErrAddress) {
			t.Errorf("%s with a batch: %v", address, named)
		}
		if !errors.Is(err, ErrAddress) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestTheBatchStandsInTheAddress(t *testing.T) {
	at, err := WithBatch("postgres://db.example/answers?sslmode=verify-full", "questions 1.csv")
	if err != nil || Batch(at) != "questions 1.csv" {
		t.Errorf("%q: %q, %v", at, Batch(at), err)
	}
	if at, err = WithBatch(at, "another.csv"); at != "postgres://db.example/answers?batch=another.csv&sslmode=verify-full" || err != nil {
		t.Errorf("%q, %v", at, err)
	}
}

// Who listens on the way could read the answers, and change them.
func TestAnotherMachineIsReachedOverTLS(t *testing.T) {
	for _, test := range []struct {
		address string
		refused bool
		plain   int // ways to connect in the clear
	}{
		{"postgres://127.0.0.1/answers?sslmode=disable", false, 1},
		{"postgres://localhost/answers", false, 1},
		{"postgres:///answers?host=/run/postgresql", false, 1},
		{"postgres://db.example/answers?sslmode=disable", true, 0},
		{"postgres://db.example/answers?sslmode=allow", false, 0},
		{"postgres://db.example/answers?sslmode=prefer", false, 0},
		{"postgres://db.example/answers", false, 0},
		{"postgres://db.example/answers?sslmode=require", false, 0},
		{"postgres://localhost,db.example/answers?sslmode=disable", false, 1},
	} {
		c, err := config(test.address)
		var setting *SettingError
		if refused := errors.As(err, &setting); refused != test.refused {
			t.Errorf("%s: %v", test.address, err)
		}
		if err != nil {
			continue
		}
		plain := 0
		if c.ConnConfig.TLSConfig == nil {
			plain++
		}
		for _, f := range c.ConnConfig.Fallbacks {
			if f.TLSConfig == nil {
				plain++
			}
		}
		if plain != test.plain && !(test.plain == 1 && plain > 0) {
			t.Errorf("%s: %d ways to connect in the clear", test.address, plain)
		}
	}
}
