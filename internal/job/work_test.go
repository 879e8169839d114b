package job

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/pgtest"
	"bizbatch/internal/terminal"
)

const testEndpoint = "https://api.example/v1"

// A host that helps with a batch of three goes to one that begins meanwhile and has one
// host, and comes back.
func TestAHelperGoesWhereItIsNeeded(t *testing.T) {
	database := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	defer func(d time.Duration) { stint = d }(stint)
	stint = time.Millisecond

	runs(t, database, "long", 100, 2)
	asked, goOn := make(chan struct{}), make(chan struct{})
	asker := &recorder{hear: func(batches []string) {
		if len(batches) == 1 {
			close(asked)
			<-goOn
		}
	}}
	ended := make(chan error)
	go func() { ended <- Work(helping(database, asker, io.Discard)) }()
	<-asked
	runs(t, database, "short", 2, 1)
	close(goOn)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := slices.Compact(asker.batches); !slices.Equal(got, []string{"long", "short", "long"}) || len(asker.batches) != 102 {
		t.Errorf("%d questions were asked of %v", len(asker.batches), got)
	}
}

// A host that stays and has nothing to do waits for a server that is away, and says so.
func TestAHelperThatStaysWaitsForTheServer(t *testing.T) {
	database := pgtest.New(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("TMPDIR", t.TempDir())
	wire, wired := pgtest.NewWire(t, database)
	asked, told, ended := make(chan struct{}, 2), make(chan string, 1), make(chan error)
	o := helping(wired, &recorder{hear: func([]string) { asked <- struct{}{} }}, writer(func(text string) { told <- text }))
	o.Stay = true
	go func() { ended <- Work(o) }()
	runs(t, database, "long", 1, 1)
	<-asked
	awaitHosts(t, database, 1)
	wire.Set(pgtest.Cut)
	if text := <-told; !strings.Contains(text, "cannot be reached") || !strings.HasSuffix(text, "; waiting for it\n") {
		t.Errorf("said of a server that is away: %q", text)
	}
	wire.Set(pgtest.Whole)
	runs(t, database, "short", 1, 1)
	<-asked
	awaitHosts(t, database, 2)
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(os.Interrupt)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; exit.As(err).Code != exit.Interrupted {
		t.Errorf("after a signal: %v", err)
	}
}

// awaitHosts waits until so many hosts have a run.
func awaitHosts(t *testing.T, database string, n int) {
	t.Helper()
	for have := -1; have != n; {
		o, err := postgres.Look(database)
		if err != nil {
			t.Fatal(err)
		}
		have = len(o.Hosts)
	}
}

// A writer is called with what is written.
type writer func(string)

func (w writer) Write(p []byte) (int, error) {
	w(string(p))
	return len(p), nil
}

// helping are the options of a host that helps.
func helping(database string, asker batch.Asker, err io.Writer) Options {
	return Options{
		Checkpoint: database, Asking: batch.Options{Workers: 1},
		Connect: func(context.Context) (Service, error) {
			return Service{Endpoint: testEndpoint, Asker: asker, Idle: func() {}, Close: func() {}}, nil
		},
		Printer: terminal.New(io.Discard, err, terminal.Options{Quiet: true, Interval: time.Minute}),
	}
}

// runs makes a batch of n questions with runs of hosts that ask none.
func runs(t *testing.T, database, name string, n, hosts int) {
	t.Helper()
	address, err := InDatabase(database, name)
	if err != nil {
		t.Fatal(err)
	}
	for i := range hosts {
		store, err := postgres.Open(address, postgres.Options{Endpoint: testEndpoint})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		if i == 0 {
			_, err = batch.Import(store, func(yield func(batch.Question, error) bool) {
				for q := range n {
					if !yield(batch.Question{ID: fmt.Sprint(q), Text: fmt.Sprintf("%s, question %d?", name, q)}, nil) {
						return
					}
				}
			}, batch.ImportOptions{})
		}
		if err == nil {
			_, _, err = store.Begin(time.Now())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A recorder answers, and keeps of which batches it was asked.
type recorder struct {
	hear    func(batches []string)
	mu      sync.Mutex
	batches []string
}

func (r *recorder) Ask(_ context.Context, q batch.Request) (batch.Answer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := "long"
	if strings.Contains(string(q.Payload), "short, ") {
		name = "short"
	}
	r.batches = append(r.batches, name)
	r.hear(r.batches)
	return batch.Answer{Text: "Yes."}, nil
}
