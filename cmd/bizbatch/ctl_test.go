package main

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
)

// What is said of an order, once no run is on.
func TestAnOrderOnceNoRunIsOn(t *testing.T) {
	const holds, late = ": no run is on; it holds for the next one\n", ": the run ended before it took this up, and it does not hold for the next one"
	for _, tt := range []struct {
		order     job.Order
		takenUp   bool
		said, err string
	}{
		{job.Order{Verb: "pause"}, false, "pause" + holds, ""},
		{job.Order{Verb: "resume"}, false, "resume" + holds, ""},
		{job.Order{Verb: "max-spend", MaxSpend: 50 * batch.Cent}, false, "", "max-spend $0.50" + late},
		{job.Order{Verb: "skip", IDs: []string{"Q1"}}, false, "", "skip Q1" + late},
		{job.Order{Verb: "stop"}, false, "", "stop" + late},
		{job.Order{Verb: "stop", Now: true}, true, "stop --now: the run took it up\n", ""},
		{job.Order{Verb: "pause"}, true, "pause: the run took it up\n", ""},
	} {
		said, err := toldOf(t, tt.order, tt.takenUp)
		text := ""
		if err != nil {
			text = err.Error()
		}
		if said != tt.said || text != tt.err || err != nil && exit.As(err).Code != exit.BadUsage {
			t.Errorf("%s, taken up: %v: %q, %v; want %q, %q", tt.order, tt.takenUp, said, err, tt.said, tt.err)
		}
	}
}

// toldOf gives an order to a run, which may take it up, and returns what is said of it
// once the run is over.
func toldOf(t *testing.T, order job.Order, takenUp bool) (said string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.csv.bizbatch")
	store, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	run, _, err := store.Begin(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	id, err := job.Give(store, checkpoint.Order{Given: time.Now(), By: "ana", What: order.Encode()})
	if err == nil && takenUp {
		err = store.TakeOrder(id)
	}
	if err == nil {
		err = run.End(time.Now(), "finished", nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	var printed bytes.Buffer
	err = tellTaken(env{stdout: &printed}, store, id, order)
	return printed.String(), err
}
