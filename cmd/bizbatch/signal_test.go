package main

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// Which signals stop a run, and which of them have it leave at once.
func TestHeed(t *testing.T) {
	const intr, term, hup = syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP
	type sent struct {
		at  time.Duration
		sig os.Signal
	}
	for _, tt := range []struct {
		name string
		sent []sent
		want string
	}{
		{"no signal", nil, ""},
		{"one", []sent{{0, term}}, "stop: terminated"},
		{"two at once, as timeout sends them", []sent{{0, term}, {0, term}}, "stop: terminated"},
		{"two hang-ups, as a terminal sends them that closes", []sent{{0, hup}, {50 * time.Millisecond, hup}}, "stop: hangup"},
		{"the second too early", []sent{{time.Hour, intr}, {time.Hour + 2*time.Second - 1, intr}}, "stop: interrupt"},
		{"the second after 2 s", []sent{{time.Hour, intr}, {time.Hour + 2*time.Second, intr}}, "stop: interrupt, leave: interrupt"},
		{"another one as the second", []sent{{0, intr}, {time.Minute, term}}, "stop: interrupt, leave: terminated"},
		{"many: the time runs from the first", []sent{{0, intr}, {time.Second, intr}, {1500 * time.Millisecond, intr}, {2100 * time.Millisecond, intr}},
			"stop: interrupt, leave: interrupt"},
		{"a hang-up is never the second", []sent{{0, intr}, {time.Minute, hup}, {time.Hour, hup}}, "stop: interrupt"},
		{"nor after another hang-up", []sent{{0, hup}, {time.Minute, hup}, {time.Hour, hup}}, "stop: hangup"},
		{"a hang-up is a first", []sent{{0, hup}, {time.Second, term}, {2 * time.Second, term}}, "stop: hangup, leave: terminated"},
	} {
		synctest.Test(t, func(t *testing.T) {
			signals, done := make(chan os.Signal), make(chan struct{})
			var got []string
			note := func(what string) func(signalError) {
				return func(e signalError) { got = append(got, what+": "+e.sig.String()) }
			}
			go heed(signals, done, note("stop"), note("leave"))
			begun := time.Now()
			for _, s := range tt.sent {
				time.Sleep(time.Until(begun.Add(s.at)))
				signals <- s.sig
			}
			close(done)
			synctest.Wait()
			if got := strings.Join(got, ", "); got != tt.want {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		})
	}
}

// What a process says that leaves its requests behind.
func TestAtOnce(t *testing.T) {
	flight := func(id string, cost batch.Money) checkpoint.Flight {
		return checkpoint.Flight{RowID: id, Cost: int64(cost)}
	}
	const safe, names = "; what was answered is safe", "bizbatch status names what was in flight; the same command asks it again"
	for _, tt := range []struct {
		name       string
		list       []checkpoint.Flight
		err        error
		want, hint string
	}{
		{"one question", []checkpoint.Flight{flight("Q1", 24*batch.Cent)}, nil,
			"stopped at once: 1 question was in flight (Q1) and may have been charged, $0.24" + safe, names},
		{"several", []checkpoint.Flight{flight("Q1", 24*batch.Cent), flight("Q3", 150*batch.Cent)}, nil,
			"stopped at once: 2 questions were in flight (Q1, Q3) and may have been charged, $1.74" + safe, names},
		{"none", nil, nil, "stopped at once; nothing was in flight, what was answered is safe", "the same command continues"},
		{"not known", nil, errors.New("disk failed"), "stopped at once; what was in flight may have been charged, what was answered is safe", names},
	} {
		e := atOnce(signalError{syscall.SIGINT}, checkpoint.Flights{InFlight: tt.list, Interrupted: []checkpoint.Flight{flight("Q0", batch.Cent)}}, tt.err)
		if e.Error() != tt.want || e.hint != tt.hint || e.code != exitInterrupted {
			t.Errorf("%s: %v, hint %s, exit code %d", tt.name, e, e.hint, e.code)
		}
	}
}

// A disk that is stuck does not keep who wants to leave.
func TestSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, mended := time.Now(), make(chan struct{})
		defer close(mended)
		_, err := soon(func() (int, error) { <-mended; return 1, nil })
		if err == nil || time.Since(begun) != time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
		if n, err := soon(func() (int, error) { return 1, nil }); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
}
