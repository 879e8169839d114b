package job

import (
	"errors"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
)

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
		e := atOnce(interrupt.Error{Signal: syscall.SIGINT}, checkpoint.Flights{InFlight: tt.list, Interrupted: []checkpoint.Flight{flight("Q0", batch.Cent)}}, tt.err)
		if e.Error() != tt.want || e.Hint != tt.hint || e.Code != exit.Interrupted {
			t.Errorf("%s: %v, hint %s, exit code %d", tt.name, e, e.Hint, e.Code)
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
