package batch

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
)

// A usage is how well a run used an account: the share of the permitted requests
// that got through, and the share and number that were refused.
type usage struct {
	used, refused float64
	number        int
}

func (p usage) String() string {
	return fmt.Sprintf("%4.0f %% %4d %4.1f %%", 100*p.used, p.number, 100*p.refused)
}

// measure compares with what the account permitted and the workers could
// carry, from the first request on and from the 30th answer on.
func (a *account) measure(workers int) (whole, rest usage) {
	end := a.through[len(a.through)-1]
	count := func(times []time.Time, from time.Time) (n int) {
		for _, at := range times {
			if !at.Before(from) && !at.After(end) {
				n++
			}
		}
		return n
	}
	made := func(from time.Time) (p usage) {
		p.number = count(a.refused, from)
		p.refused = float64(p.number) / float64(p.number+count(a.through, from))
		return p
	}
	whole, rest = made(a.begin), made(a.at30)
	whole.used = float64(len(a.through)) / float64(count(a.ideal(workers), a.begin))
	rest.used = a.later(workers, a.permitted(end)-a.permit30)
	return whole, rest
}

// later is the share of the places, or of so many permitted requests, that was
// used from the 30th answer on.
func (a *account) later(workers int, permitted float64) float64 {
	end := a.through[len(a.through)-1]
	var busy time.Duration
	n := 0
	for i, at := range a.through {
		from, to := later(at, a.at30), at.Add(a.lasted[i]+roundTrip)
		if to.After(end) {
			to = end
		}
		busy += max(0, to.Sub(from))
		if !at.Before(a.at30) {
			n++
		}
	}
	used := busy.Seconds() / float64(min(workers, cmp.Or(a.places, workers))) / end.Sub(a.at30).Seconds()
	if a.places == 0 {
		used = max(used, float64(n)/permitted)
	}
	return used
}

// bound is what can be used of the account from the 30th answer on, for two
// reasons. Where its limit and the workers allow about as many, even one who knows
// it uses less than either: each request is sent as soon as both allow it. Where a
// limit is raised and nothing says so, only an attempt at more can tell. While the
// limit stays, each is refused, and one request in 20 may be: on average 10 are
// sent before the next attempt, at half the pace, and so many more were permitted.
func (a *account) bound(workers int) float64 {
	if a.places > 0 {
		return 1
	}
	b := &account{through: a.ideal(workers)[:len(a.through)], lasted: a.lasted}
	var back []time.Time
	for i, at := range b.through {
		back = append(back, at.Add(b.lasted[i]))
	}
	slices.SortFunc(back, time.Time.Compare)
	b.at30 = back[29]
	end := b.through[len(b.through)-1]
	permitted := a.rate * end.Sub(b.at30).Seconds()
	if a.window > 0 {
		i, _ := slices.BinarySearchFunc(b.through, b.at30, time.Time.Compare)
		permitted = a.permitted(end) - float64(i)
	}
	if a.changes {
		half, full := b.through[a.questions/3-1], b.through[2*a.questions/3-1]
		permitted -= a.rate / 2 * full.Sub(later(half, b.at30)).Seconds()
	}
	used := min(1, b.later(workers, permitted))
	if a.changes && !a.says() && a.rate*a.takes.Seconds() < float64(workers) {
		used -= 10 / permitted
	}
	return used
}

// ideal is when one would send who knows the account: as soon as it has a
// request to give and a worker is free.
func (a *account) ideal(workers int) (starts []time.Time) {
	b := &account{rate: a.rate, burst: a.burst, window: a.window, slides: a.slides, changes: a.changes, questions: a.questions}
	free := make([]time.Time, min(workers, cmp.Or(a.places, workers)))
	now := a.begin
	b.refillAt(now)
	for i := range 3 * a.questions {
		w := 0
		for j := range free {
			if free[j].Before(free[w]) {
				w = j
			}
		}
		now = later(now, free[w])
		if a.places == 0 {
			b.refillAt(now)
			for wait, ok := b.take(now); !ok; wait, ok = b.take(now) {
				now = now.Add(wait + time.Microsecond)
				b.refillAt(now)
			}
		}
		starts = append(starts, now)
		b.through = starts
		free[w] = now.Add(a.lasted[i%len(a.lasted)] + roundTrip)
	}
	return starts
}

// A setting is an account, and a run that knows nothing of it.
type setting struct {
	*account
	workers int
	runs    int // that share the account; 0: one
	rpm     float64
	pace    pace.Keeper  // lets them keep one pace; nil: nothing does
	common  *commonStore // does, as a database; nil: there is none
}

func (s *setting) String() string {
	limit := fmt.Sprintf("%g a second, burst %g", s.rate, s.burst)
	switch {
	case s.guesses:
		limit = fmt.Sprintf("about %d in any %v", s.window, s.slides)
	case s.slides > 0:
		limit = fmt.Sprintf("%d in any %v", s.window, s.slides)
	case s.window > 0:
		limit = fmt.Sprintf("%d in each minute, %v into one", s.window, s.into)
	case s.places > 0:
		limit = fmt.Sprintf("%d in flight", s.places)
	case s.changes:
		limit += ", halves, doubles"
	}
	if s.runs > 1 {
		limit += fmt.Sprintf(", %d runs", s.runs)
	}
	if s.pace != nil {
		limit += " of one machine"
	}
	return fmt.Sprintf("%s; %v; answers of %v; %d workers, %d questions", limit, s.hint, s.takes, s.workers, s.questions)
}

// missed reports what of the goals was not reached, 95 % of the bound first.
func missed(whole, rest usage, bound float64) string {
	switch {
	case rest.used < 0.95*bound:
		return "later use"
	case rest.refused > 0.05 && rest.number > 3:
		return "later refused"
	case whole.used < 0.85:
		return "use"
	case whole.number > 3 && whole.refused > 0.10:
		return "refused"
	}
	return ""
}

// run asks all questions, and returns how well that went.
func (s *setting) run(t *testing.T) (whole, rest usage) {
	synctest.Test(t, func(t *testing.T) {
		runs := max(s.runs, 1)
		a := s.account
		errs := make(chan error)
		time.Sleep(s.into)
		for i := range runs {
			store, err := checkpoint.Open(fmt.Sprintf("%s/%d", t.TempDir(), i), checkpoint.Options{NoSync: true})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			each := s.questions / runs
			if _, err := Import(store, texts(numbered(each * runs)[i*each:(i+1)*each]...), ImportOptions{Settings: Settings{AskModes: taxModes}}); err != nil {
				t.Fatal(err)
			}
			go func() {
				_, err := Run(t.Context(), s.common.share(store), a, Options{Workers: s.workers, RPM: s.rpm, Pace: s.pace})
				errs <- err
			}()
		}
		for range runs {
			if err := <-errs; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
		whole, rest = a.measure(s.workers * runs)
	})
	return whole, rest
}

// settings are those that the table in docs/performance.md has, and answers of 0.2 s with a
// limit on the number in flight.
func settings() (all []*setting) {
	add := func(a *account, workers, runs int) {
		rate := min(cmp.Or(a.rate, 1.0/3), float64(workers*max(runs, 1))/a.takes.Seconds())
		a.questions = max(120, int(rate*240))
		a.questions = min(a.questions, max(1200, int(rate*60)))
		if a.places > 0 {
			if a.questions = max(120, 8*a.places); a.takes < time.Second {
				a.questions = 800 * a.places
			}
		}
		all = append(all, &setting{account: a, workers: workers, runs: runs})
	}
	sec := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	for _, h := range []hint{exact, rounded, absent, headers, seconds} {
		for _, rate := range []float64{0.05, 0.2, 0.5, 1, 5, 20, 50} {
			for _, burst := range []float64{1, 3, 10} {
				for _, takes := range []float64{0.2, 5, 30, 90} {
					for _, workers := range []int{8, 32, 64} {
						if float64(workers)/takes < rate/4 { // the workers, not the limit
							continue
						}
						add(&account{rate: rate, burst: burst, hint: h, takes: sec(takes)}, workers, 0)
					}
				}
			}
		}
		for _, takes := range []float64{0.2, 5, 30, 90} {
			add(&account{rate: 1.0 / 3, burst: 20, hint: h, takes: sec(takes)}, 32, 0)
			for _, into := range []float64{0, 20, 40, 50} {
				add(&account{rate: 1.0 / 3, window: 20, into: sec(into), hint: h, takes: sec(takes)}, 32, 0)
			}
			add(&account{rate: 1, burst: 3, changes: true, hint: h, takes: sec(takes)}, 64, 0)
			add(&account{rate: 5, burst: 3, changes: true, hint: h, takes: sec(takes)}, 64, 0)
			add(&account{rate: 1, burst: 3, hint: h, takes: sec(takes)}, 32, 2)
			add(&account{rate: 1, burst: 3, hint: h, takes: sec(takes)}, 32, 2)
			all[len(all)-1].pace = &commonStore{}
			for _, slides := range []float64{10, 60} { // one a second, or twenty in a minute
				for _, guesses := range []bool{false, true} {
					n := min(20, slides)
					add(&account{rate: n / slides, window: int(n), slides: sec(slides), guesses: guesses, hint: h, takes: sec(takes)}, 32, 0)
				}
			}
			if a := (&account{hint: h}); !a.says() {
				add(&account{places: 3, hint: h, takes: sec(takes)}, 32, 0)
				add(&account{places: 10, hint: h, takes: sec(takes)}, 32, 0)
				add(&account{places: 40, hint: h, takes: sec(takes)}, 64, 0)
			}
		}
	}
	// Runs of a few minutes.
	for _, h := range []hint{exact, rounded} {
		for _, r := range []struct {
			rate, burst, takes float64
			workers, questions int
		}{
			{1, 1, 5, 8, 40}, {0.5, 1, 10, 32, 50}, {0.5, 3, 10, 32, 50}, {1.0 / 3, 1, 20, 32, 40},
			{1, 1, 2, 8, 300}, {1, 5, 5, 16, 300}, {0.5, 1, 5, 16, 120}, {2, 1, 5, 32, 500},
			{5, 1, 0.2, 64, 300}, {20, 10, 0.2, 64, 500}, {20, 10, 2, 64, 500}, {20, 10, 0.2, 64, 1500},
		} {
			a := &account{rate: r.rate, burst: r.burst, hint: h, takes: sec(r.takes), questions: r.questions}
			all = append(all, &setting{account: a, workers: r.workers})
		}
	}
	return all
}

var paceJitter = flag.Duration("jitter", 0, "of TestPaceTable, by how much longer a request may take to the account")

var paceTable = flag.String("pace", "", "of TestPaceTable, the settings that match this regular expression")

// TestPaceTable prints how well runs use accounts of all kinds, from the 30th
// answer on and as a whole: the share of what is permitted, the number and the
// share of requests that were refused; the bound of the first, and what missed the
// goal.
//
//	go test ./batch -v -run PaceTable -pace . | grep '|' | sort -V
func TestPaceTable(t *testing.T) {
	if *paceTable == "" {
		t.Skip("-pace tells which settings")
	}
	only := regexp.MustCompile(*paceTable)
	for _, s := range settings() {
		if name := s.String(); only.MatchString(name) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				whole, rest := s.run(t)
				bound := s.bound(s.workers * max(s.runs, 1))
				fmt.Fprintf(os.Stdout, "%-85s |%v |%v |%4.0f %% | %s\n", name, rest, whole, 100*bound, missed(whole, rest, bound))
			})
		}
	}
}
