package batch

import (
	"testing"
	"testing/synctest"
	"time"
)

// Others use the account for two minutes: as fast as it permits, or nearly. Once they
// have left, the run soon has all of it.
func TestARunRegainsItsPaceOnceOthersHaveLeft(t *testing.T) {
	const within = 11 * time.Minute // the questions alone take five minutes
	for name, test := range map[string]struct {
		hint  hint
		every time.Duration // the others' requests
	}{
		"most of it, exact waits":     {exact, 1300 * time.Millisecond},
		"most of it, whole seconds":   {rounded, 1300 * time.Millisecond},
		"most of it, headers":         {headers, 1300 * time.Millisecond},
		"all of it, exact waits":      {exact, 900 * time.Millisecond},
		"all of it, whole seconds":    {rounded, 900 * time.Millisecond},
		"half of it, nothing is said": {absent, 2 * time.Second},
		"all of it, nothing is said":  {absent, 950 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			took := besideOthers(t, test.hint, test.every)
			if took > within { // one in a hundred is, by chance
				t.Logf("took %v", took)
				took = besideOthers(t, test.hint, test.every)
			}
			if t.Logf("took %v", took); took > within {
				t.Errorf("took %v, want %v at most", took, within)
			}
		})
	}
}

// besideOthers asks 300 questions, and returns how long that took. In the first two
// minutes, others use the account at the given distance.
func besideOthers(t *testing.T, h hint, every time.Duration) (took time.Duration) {
	const questions = 300
	synctest.Test(t, func(t *testing.T) {
		a := &account{rate: 1, burst: 3, hint: h, takes: 5 * time.Second, questions: questions}
		begin := time.Now()
		others := 0 // of whom so many were refused
		go func() {
			for time.Since(begin) < 2*time.Minute {
				time.Sleep(every)
				if _, _, err := a.arrived(); err != nil {
					others++
				}
			}
		}()
		store := newStore(t)
		importN(t, store, questions)
		if _, err := Run(t.Context(), store, a, Options{Workers: 32}); err != nil {
			t.Fatal(err)
		}
		took = time.Since(begin)
		if refused := len(a.refused) - others; refused > questions/5 {
			t.Errorf("%d requests were refused, want %d at most", refused, questions/5)
		}
	})
	return took
}

// Runs that do not know of each other use nearly all of an account together.
func TestTwoRunsUseWhatTheAccountPermits(t *testing.T) {
	var used, refused float64
	n := 0.0
	for _, s := range settings() {
		if s.runs == 2 && s.pace == nil && s.hint != absent {
			t.Run(s.String(), func(t *testing.T) {
				whole, rest := s.run(t)
				t.Logf("from the 30th answer on %v, the whole run %v", rest, whole)
				used, refused, n = used+whole.used, refused+whole.refused, n+1
			})
		}
	}
	if used /= n; used < 0.79 {
		t.Errorf("%.0f %% were used on average, want 79 %% at least", 100*used)
	}
	if refused /= n; refused > 0.14 {
		t.Errorf("%.0f %% were refused on average, want 14 %% at most", 100*refused)
	}
}
