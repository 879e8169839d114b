package batch

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
)

// A commonStore is what hosts with an account share, in memory: they ask questions of
// their own.
type commonStore struct {
	mu     sync.Mutex
	pace   []byte
	before []byte // its last change
	paused time.Time
	closed bool          // nothing is sent until a request succeeds
	ahead  time.Duration // its clock is, of the hosts'
}

// share returns a store whose runs share the account.
func (c *commonStore) share(s *checkpoint.Store) Store {
	if c == nil {
		return s
	}
	return &commonHost{s, c}
}

type commonHost struct {
	*checkpoint.Store
	*commonStore
}

func (h *commonHost) Begin(now time.Time) (checkpoint.Run, checkpoint.Begun, error) {
	run, begun, err := h.Store.Begin(now)
	return &commonRun{run, h.commonStore}, begun, err
}

type commonRun struct {
	checkpoint.Run
	*commonStore
}

var _ checkpoint.Shared = (*commonRun)(nil)

func (r *commonRun) Open() (checkpoint.Left, error) { return checkpoint.Left{}, nil }
func (r *commonRun) Rejoined() bool                 { return false }
func (r *commonRun) Limit(checkpoint.Limits) error  { return nil }
func (r *commonRun) Start(id int64, at time.Time, cost int64) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := time.Until(r.paused); wait > 0 {
		return &checkpoint.HeldError{Hold: checkpoint.Hold{Wait: wait}}
	}
	if r.closed {
		return &checkpoint.HeldError{}
	}
	return r.Run.Start(id, at, cost)
}

func (r *commonRun) Hold(h checkpoint.Hold) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h.Wait > 0 {
		r.paused = later(r.paused, time.Now().Add(h.Wait))
	} else {
		r.closed = true
	}
	return nil
}

// Pace implements pace.Keeper.
func (c *commonStore) Pace(change func([]byte, time.Time) []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now().Add(c.ahead)
	if c.before != nil {
		change(c.before, now) // as where another run has changed it meanwhile
	}
	if next := change(c.pace, now); next != nil {
		c.before, c.pace = c.pace, next
	}
	return nil
}

// Hosts that share an account use as much of it as one alone would, though they do not
// know the limit, and their clocks differ from the checkpoint's.
func TestHostsKeepOnePace(t *testing.T) {
	for _, a := range []*account{
		{rate: 1, burst: 1, hint: rounded, takes: 5 * time.Second, questions: 300},
		{rate: 1, burst: 3, hint: absent, takes: 30 * time.Second, questions: 300},
		{rate: 5, burst: 1, hint: exact, takes: 5 * time.Second, questions: 600},
		{rate: 2, burst: 3, hint: headers, takes: 5 * time.Second, questions: 300},
	} {
		for _, hosts := range []int{2, 3} {
			s := &setting{account: &account{rate: a.rate, burst: a.burst, hint: a.hint, takes: a.takes, questions: a.questions},
				workers: 32, runs: hosts, common: &commonStore{ahead: time.Hour}}
			t.Run(s.String(), func(t *testing.T) {
				whole, rest := s.run(t)
				if rest.used < 0.9 || rest.refused > 0.05 || whole.used < 0.85 || whole.refused > 0.1 {
					t.Errorf("used and refused: %v from the 30th answer on, %v of the whole", rest, whole)
				}
			})
		}
	}
}

// A refusal whose pause is over when it is heard holds no host.
func TestAPauseThatIsOverHoldsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := newStore(t)
		importN(t, db, 3)
		refused := false
		svc := newService(func(request) reply {
			if refused {
				return reply{}
			}
			refused = true
			return reply{err: &Error{Status: 429}}
		})
		sum, err := Run(t.Context(), (&commonStore{}).share(db), svc, Options{Workers: 1, Pacer: pausedBefore{}})
		if err != nil || sum.Answered != 3 || sum.PausedSeconds != 0 {
			t.Errorf("%d answered, %v s paused: %v; want 3 and 0 s", sum.Answered, sum.PausedSeconds, err)
		}
	})
}

// pausedBefore is a pacer whose pauses are over once they are known.
type pausedBefore struct{ freely }

func (pausedBefore) Heard(r pace.Reply) time.Time { return r.At.Add(-time.Second) }

// What hosts are told to send a minute they send together.
func TestHostsKeepTogetherWhatTheyAreToldToSend(t *testing.T) {
	s := &setting{account: &account{rate: 100, burst: 100, hint: exact, takes: 5 * time.Second, questions: 120}, workers: 32, runs: 3, rpm: 60, common: &commonStore{}}
	s.run(t)
	if took := s.through[len(s.through)-1].Sub(s.begin); took < 119*time.Second || took > 121*time.Second {
		t.Errorf("120 requests were sent in %v, want about 119 s: one a second", took)
	}
}

// brokenKeeper is a pace.Keeper that cannot be reached.
type brokenKeeper struct{}

func (brokenKeeper) Pace(func([]byte, time.Time) []byte) error { return errors.New("unreachable") }

func TestARunThatReachesNoKeeperKeepsItsPace(t *testing.T) {
	s := &setting{account: &account{rate: 1, burst: 1, hint: rounded, takes: 5 * time.Second, questions: 200}, workers: 16, pace: brokenKeeper{}}
	if whole, rest := s.run(t); rest.used < 0.9 || rest.refused > 0.05 {
		t.Errorf("used and refused: %v from the 30th answer on, %v of the whole", rest, whole)
	}
}
