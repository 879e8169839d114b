package main

import (
	"fmt"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// ledger WHAT N checks what the sandbox has seen:
//
//	requests N       so many requests
//	charged N        so many requests charged
//	charged-once N [CHECKPOINT]
//	                 so many questions, each answered and charged once; and once
//	                 more for each attempt that the checkpoint calls uncertain
func (s *story) ledger(ts *testscript.TestScript, args []string) error {
	l := s.server.Ledger()
	uncertain := map[string]int{}
	if len(args) > 2 {
		st, err := s.status(ts, args[2])
		if err != nil {
			return err
		}
		for _, u := range st.Uncertain {
			uncertain[textOf(u.RowID)]++
		}
	}
	var got int
	switch args[0] {
	case "requests":
		got = l.Requests
	case "charged":
		got = l.Charged
	case "charged-once":
		for _, q := range l.Questions {
			if q.Answered < 1 || q.Charged < 1 || q.Charged > 1+uncertain[q.Question] {
				return fmt.Errorf("%q: answered %d times, charged %d times, uncertain %d times", q.Question, q.Answered, q.Charged, uncertain[q.Question])
			}
		}
		got = len(l.Questions)
	default:
		return fmt.Errorf("unknown: %s", args[0])
	}
	if strconv.Itoa(got) != args[1] {
		return fmt.Errorf("%s: %d, want %s", args[0], got, args[1])
	}
	return nil
}

// balanced CHECKPOINT… checks that the checkpoints account for every cent that
// the sandbox charged: what was spent for answers, and at most what is
// uncertain beside it.
func (s *story) balanced(ts *testscript.TestScript, args []string) error {
	var spent, uncertain batch.Money
	for _, name := range args {
		st, err := s.status(ts, name)
		if err != nil {
			return err
		}
		spent += st.SpentTotal
		uncertain += st.UncertainCost
	}
	if charged := batch.Money(s.server.Ledger().ChargedCents) * batch.Cent; charged < spent || charged > spent+uncertain {
		return fmt.Errorf("charged %s, but the checkpoint tells of %s, and %s that is uncertain", charged, spent, uncertain)
	}
	return nil
}

// killed CHECKPOINT MOST checks, after a kill, that the checkpoint names every
// question that was asked and has no answer as interrupted, and no other that
// is answered; and at most MOST of them, the requests there can be in flight.
func (s *story) killed(ts *testscript.TestScript, args []string) error {
	st, err := s.status(ts, args[0])
	if err != nil {
		return err
	}
	most, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	interrupted := map[string]bool{}
	for _, f := range st.Interrupted {
		interrupted[textOf(f.RowID)] = true
	}
	answered, err := answeredIn(ts.MkAbs(args[0]))
	if err != nil {
		return err
	}
	for _, q := range s.server.Ledger().Questions {
		switch {
		case answered[q.Question] && interrupted[q.Question]:
			return fmt.Errorf("%q is answered and called interrupted", q.Question)
		case !answered[q.Question] && !interrupted[q.Question]:
			return fmt.Errorf("%q was in flight and is not called interrupted", q.Question)
		}
	}
	if len(interrupted) == 0 || len(interrupted) > most {
		return fmt.Errorf("%d questions are called interrupted, want 1 to %d", len(interrupted), most)
	}
	return nil
}

// textOf is the text that the command questions gives to the row.
func textOf(rowID string) string { return "Question " + rowID[1:] + "?" }

// answeredIn are the texts of the questions that a checkpoint holds answers to.
func answeredIn(path string) (map[string]bool, error) {
	store, err := checkpoint.View(path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	answered := map[string]bool{}
	for rec, err := range batch.Records(store) {
		if err != nil {
			return nil, err
		}
		if rec.Answer != nil {
			answered[textOf(rec.ID)] = true
		}
	}
	return answered, nil
}

// status reads a checkpoint as the command does.
func (s *story) status(ts *testscript.TestScript, name string) (*status, error) {
	store, err := checkpoint.View(ts.MkAbs(name))
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return readStatus(store, checkpoint.InUse(store.Path()))
}
