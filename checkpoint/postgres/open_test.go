package postgres

import (
	"errors"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"bizbatch/checkpoint"
	"bizbatch/internal/pgtest"
)

func TestAPlanChangesNothing(t *testing.T) {
	address, endpoint := newBatch(t)
	s, err := OpenCopy(address, Options{Endpoint: endpoint})
	ok(t, err)
	defer s.Close()
	is(t, "to ask", 2, doImport(t, s, "a", "b").ToAsk())
	is(t, "to ask again", 2, doImport(t, s, "a", "b").ToAsk())
	ok(t, s.SetNote("x", []byte("y")))
	if view, err := View(address); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it made %v, %v", view, err)
	}
}

// Hosts that begin at once make the tables once.
func TestTheTablesAreMadeOnce(t *testing.T) {
	fresh, _ := newBatch(t)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			s, err := OpenCopy(fresh, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			_ = s.Close()
		})
	}
	wg.Wait()
}

// testdata/format1.sql is a database of the first format, with three answers to five
// questions.
func TestADatabaseOfTheFirstFormat(t *testing.T) {
	server := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	text, err := os.ReadFile("testdata/format1.sql")
	ok(t, err)
	conn, err := pgx.Connect(bg, server)
	ok(t, err)
	_, err = conn.Exec(bg, string(text))
	ok(t, errors.Join(err, conn.Close(bg)))
	address, err := WithBatch(server, "q.csv.sandbox")
	ok(t, err)
	s := open(t, address, Options{Endpoint: "sandbox", Account: "one"})
	problems, err := s.Check()
	ok(t, err)
	is(t, "damage", 0, len(problems))
	counts, err := s.Counts()
	ok(t, err)
	is(t, "answered", 3, counts.States[checkpoint.Answered])
	r, page := begin(t, s, 2)
	ok(t, errors.Join(r.Start(page[0].ID, noon, 24), r.Complete(page[0].ID, answer("in the new format"))))
	if _, err := Open(address, Options{Endpoint: "https://another.example"}); err == nil {
		t.Error("the answers of another service were not refused")
	}
}

// A process that opened the batch before it went over to another service neither imports
// nor sends anything.
func TestABatchThatWentOverSinceItWasOpened(t *testing.T) {
	address, endpoint := newBatch(t)
	importing, sending := open(t, address, Options{Endpoint: endpoint}), open(t, address, Options{Endpoint: endpoint})
	doImport(t, sending, "a", "b")
	second := open(t, address, Options{Endpoint: "https://elsewhere.example/v1"})
	for what, do := range map[string]func() error{
		"import": func() error { _, err := importing.Import(rows("a", "b", "c"), checkpoint.ImportOptions{}); return err },
		"run":    func() error { _, _, err := sending.Begin(noon); return err },
	} {
		var other *checkpoint.EndpointError
		if err := do(); !errors.As(err, &other) {
			t.Errorf("%s: %v", what, err)
		}
	}
	is(t, "results", "1 pending 0 \n2 pending 0 \n", results(t, second))
	sound(t, second)
}

// While a run is on, a batch goes over to no other service, nor does a plan move it.
func TestABatchStaysWithTheServiceOfARun(t *testing.T) {
	address, endpoint := newBatch(t)
	elsewhere := Options{Endpoint: "https://elsewhere.example/v1"}
	s := open(t, address, Options{Endpoint: endpoint})
	doImport(t, s, "a", "b")
	c, err := OpenCopy(address, elsewhere)
	ok(t, err)
	is(t, "to ask", 2, doImport(t, c, "a", "b").ToAsk())
	ok(t, c.Close())
	r, _ := begin(t, s, 0)
	var other *checkpoint.EndpointError
	if _, err := Open(address, elsewhere); !errors.As(err, &other) {
		t.Errorf("during a run: %v", err)
	}
	ok(t, r.End(noon, "finished", nil))
}
