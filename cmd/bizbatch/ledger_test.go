package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bizbatch/batch"
	"bizbatch/internal/job"
	"bizbatch/internal/sandbox"
)

// ledger WHAT N checks what the sandbox has seen:
//
//	requests N       so many requests
//	charged N        so many requests charged
//	cents N          so many cents charged, at most
//	a-second N       so many requests in any second, at most
//	in-vain N        so many requests that were not charged, at most
//	charged-once N [CHECKPOINT]
//	                 so many questions, each answered and charged once; and once
//	                 more for each attempt that the checkpoint calls uncertain
func (s *story) ledger(ts *testscript.TestScript, args []string) error {
	l := s.server.Ledger()
	var got int
	switch args[0] {
	case "requests":
		got = l.Requests
	case "charged":
		got = l.Charged
	case "cents", "a-second", "in-vain":
		most, err := strconv.Atoi(args[1])
		switch got = int(l.ChargedCents); args[0] {
		case "a-second":
			got = mostIn(time.Second, l.Sent)
		case "in-vain":
			got = l.Requests - l.Charged
		}
		if err != nil || got > most {
			return fmt.Errorf("%s: %d, want %s at most", args[0], got, args[1])
		}
		return nil
	case "charged-once":
		var st status
		if len(args) > 2 {
			read, err := statusAt(s.checkpoint(ts, args[2]))
			if err != nil {
				return err
			}
			st = *read
		}
		if err := chargedOnce(l, &st); err != nil {
			return err
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

// mostIn is the greatest number of times that lie within a span.
func mostIn(span time.Duration, times []time.Time) (most int) {
	first := 0
	for i, t := range times {
		for t.Sub(times[first]) >= span {
			first++
		}
		most = max(most, i-first+1)
	}
	return most
}

// chargedOnce checks that every question was answered, and charged once; and
// once more at most for each attempt that the checkpoint calls uncertain.
func chargedOnce(l sandbox.Ledger, st *status) error {
	uncertain := map[string]int{}
	for _, u := range st.Uncertain {
		uncertain[textOf(u.RowID)]++
	}
	for _, q := range l.Questions {
		if q.Answered < 1 || q.Charged < 1 || q.Charged > 1+uncertain[q.Question] {
			return fmt.Errorf("%q: answered %d times, charged %d times, uncertain %d times", q.Question, q.Answered, q.Charged, uncertain[q.Question])
		}
	}
	return nil
}

// balanced CHECKPOINT… checks that the checkpoints account for every cent that
// the sandbox charged.
func (s *story) balanced(ts *testscript.TestScript, args []string) error {
	var all []*status
	for _, name := range args {
		st, err := statusAt(s.checkpoint(ts, name))
		if err != nil {
			return err
		}
		all = append(all, st)
	}
	return balanced(s.server.Ledger(), all...)
}

// unbalanced WHY says that the checkpoints of the story cannot account for all
// that the sandbox charges; else that is checked when it ends.
func (s *story) unbalanced(_ *testscript.TestScript, args []string) error {
	if len(args) == 0 {
		return errors.New("say why")
	}
	s.uneven = true
	return nil
}

// allBalanced is balanced for all checkpoints of the story that belong to the
// sandbox.
func (s *story) allBalanced() error {
	var names []string
	var all []*status
	err := filepath.WalkDir(s.env.WorkDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || !strings.HasSuffix(path, ".bizbatch") {
			return err
		}
		st, err := statusAt(path)
		if err == nil && strings.HasPrefix(st.Endpoint, s.server.URL) {
			names, all = append(names, d.Name()), append(all, st)
		}
		return nil // what is no checkpoint accounts for nothing
	})
	if err == nil && s.database != "" {
		err = s.eachBatch(func(st *status) { names, all = append(names, st.name), append(all, st) })
	}
	if err := balanced(s.server.Ledger(), all...); err != nil {
		return fmt.Errorf("%v: %w", names, err)
	}
	return err
}

// balanced checks that the checkpoints account for every cent that the sandbox
// charged: what was spent for answers, and at most what is uncertain beside it.
func balanced(l sandbox.Ledger, all ...*status) error {
	var spent, uncertain batch.Money
	for _, st := range all {
		spent += st.SpentTotal
		uncertain += st.UncertainCost
		for _, f := range st.InFlightQuestions {
			uncertain += batch.Money(f.Cost)
		}
	}
	if charged := batch.Money(l.ChargedCents) * batch.Cent; charged < spent || charged > spent+uncertain {
		return fmt.Errorf("charged %s, but the checkpoint tells of %s, and %s that is uncertain", charged, spent, uncertain)
	}
	return nil
}

// killed CHECKPOINT MOST checks, after a kill, what the checkpoint calls
// interrupted: at least one question, and at most MOST, the requests there can
// be in flight.
func (s *story) killed(ts *testscript.TestScript, args []string) error {
	most, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	n, err := interrupted(s.server.Ledger(), s.checkpoint(ts, args[0]))
	if err == nil && (n == 0 || n > most) {
		err = fmt.Errorf("%d questions are called interrupted, want 1 to %d", n, most)
	}
	return err
}

// interrupted counts what the checkpoint calls interrupted, and checks that
// these are all questions that were asked and have no answer, and no other that
// has one.
func interrupted(l sandbox.Ledger, path string) (n int, err error) {
	st, err := statusAt(path)
	if err != nil {
		return 0, err
	}
	called := map[string]bool{}
	for _, f := range st.InterruptedQuestions {
		called[textOf(f.RowID)] = true
	}
	answered, err := answeredIn(path)
	if err != nil {
		return 0, err
	}
	for _, q := range l.Questions {
		switch {
		case answered[q.Question] && called[q.Question]:
			return 0, fmt.Errorf("%q is answered and called interrupted", q.Question)
		case !answered[q.Question] && !called[q.Question]:
			return 0, fmt.Errorf("%q was in flight and is not called interrupted", q.Question)
		}
	}
	return len(called), nil
}

// textOf is the text that the command questions gives to the row.
func textOf(rowID string) string { return "Question " + rowID[1:] + "?" }

// answeredIn are the texts of the questions that a checkpoint holds answers to.
func answeredIn(path string) (map[string]bool, error) {
	store, err := job.ViewAt(path)
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
