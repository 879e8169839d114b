package batch

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/checkpoint"
)

// An awayStore is that of a host that was away: others have the next requests that it
// starts.
type awayStore struct {
	Store
	theirs   atomic.Int32
	rejoined atomic.Bool
}

func (s *awayStore) Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error) {
	run, begun, err := s.Store.Begin(now)
	return &awayRun{run.(*commonRun), s}, begun, err
}

type awayRun struct {
	*commonRun
	away *awayStore
}

func (r *awayRun) Rejoined() bool { return r.away.rejoined.Swap(false) }
func (r *awayRun) Start(id int64, at time.Time, cost int64) error {
	if r.away.theirs.Add(-1) >= 0 {
		return &checkpoint.HeldError{Lost: true}
	}
	return r.commonRun.Start(id, at, cost)
}

// What another host has is dropped, and an answer that it was to refresh stays. The user
// is told once that the host was away.
func TestAHostThatWasAwayGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStore(t)
		away := &awayStore{Store: (&commonStore{}).share(s)}
		told := map[EventKind]int{}
		o := Options{Workers: 1, OnEvent: func(e Event) { told[e.Kind]++ }}
		ask := func(theirs int32, limit int) Summary {
			t.Helper()
			clear(told)
			away.theirs.Store(theirs)
			away.rejoined.Store(true)
			o.Limit = limit
			sum, err := Run(t.Context(), away, newService(answers(time.Second)), o)
			if err != nil || told[EventRejoined] != 1 {
				t.Errorf("told %v, %v", told, err)
			}
			return sum
		}
		importRefresh(t, s, old, 0, "a", "b", "c", "d")
		if sum := ask(1, 1); sum.Answered != 1 || told[EventLost] != 1 {
			t.Errorf("one of those that it still has: %+v", sum)
		}
		if sum := ask(1, 0); sum.Answered != 2 || sum.Failed != 0 || told[EventLost] != 1 {
			t.Errorf("all that it still has: %+v", sum)
		}
		time.Sleep(100 * day)
		importRefresh(t, s, old, 0, "a", "b", "c", "d")
		if sum := ask(2, 0); sum.Refreshed != 2 || sum.NotRefreshed != 1 || told[EventLost] != 1 {
			t.Errorf("to be refreshed: %+v", sum)
		}
	})
}
