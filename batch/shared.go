package batch

import (
	"encoding/json"
	"errors"
	"time"

	"bizbatch/checkpoint"
)

// Where several hosts share a checkpoint, each of them is a run of its own, which asks
// what no other has claimed. They keep one pace: see pace.Common. What a service says of
// the account is everybody's: the host that hears it tells the others (tellHosts), and
// they hear it when they are about to send something (heldBack).

// lookAgain is how often a host that has nothing to ask looks whether another one
// leaves it something, and one that a limit holds back, whether money is left.
const lookAgain = time.Second

// tellHosts tells the other hosts what the service said of the account, and how long it is
// to be left alone; 0: until a request succeeds.
func (r *runner) tellHosts(wait time.Duration, e *Error) {
	if r.shared == nil {
		return
	}
	told := *e
	told.Err, told.Partial = nil, ""
	said, _ := json.Marshal(told) // strings and numbers: cannot fail
	if err := r.shared.Hold(checkpoint.Hold{Wait: wait, Said: said}); err != nil {
		r.stopFor(StopSave, err)
	}
}

// heldBack takes in an attempt that was not sent because of what other hosts know.
func (r *runner) heldBack(res *result) {
	h := res.held
	switch {
	case h.Lost && res.it.Refresh:
		res.it.last = checkpoint.Fault{Reason: "lost", Message: h.Error()}
		r.keepOld(res.it, h)
	case h.Lost:
		r.queue.left++ // for another in its place, if there is one
		r.event(Event{Kind: EventLost, Question: res.it.RowID})
	case h.Spent && r.sum.InFlight == 0:
		r.queue.again(res.it, res.back)
		r.stopFor(StopSpend, nil)
	case h.Spent: // what is in flight may leave money
		r.queue.again(res.it, res.back)
		r.heldUntil = later(r.heldUntil, res.back.Add(lookAgain))
	case h.Wait > 0:
		r.queue.again(res.it, res.back)
		r.heldUntil = later(r.heldUntil, res.back.Add(h.Wait))
	default:
		e := &Error{Status: 402}
		_ = json.Unmarshal(h.Said, e) // else it is known by its status
		res.err = e
		r.refused(res, e)
	}
}

// tellRejoined tells the user if this host was away for so long that others went on.
func (r *runner) tellRejoined() {
	if r.shared != nil && r.shared.Rejoined() {
		r.event(Event{Kind: EventRejoined})
	}
}

// limit tells the other hosts what this run is limited to, or that somebody changed
// that.
func (r *runner) limit(anew bool) error {
	if r.shared == nil {
		return nil
	}
	return r.shared.Limit(checkpoint.Limits{Spend: int64(r.o.MaxSpend), Total: int64(r.o.MaxSpendTotal), Anew: anew, Alone: r.o.Limit > 0})
}

// helps reports whether the run goes on although it has nothing to ask: other hosts
// have questions in hand, and leave them if they die. It takes up what they left.
func (r *runner) helps() bool {
	if r.shared == nil || r.queue.inOrder || r.o.Leave {
		return false
	}
	r.tellRejoined()
	left, err := r.shared.Open()
	if err != nil {
		r.stopFor(StopSave, err)
		return true
	}
	r.queue.left = left.Free
	return len(left.Open)+len(left.Refresh) > 0
}

// countOthers counts what is left when other hosts asked, too.
func (r *runner) countOthers() {
	if r.shared == nil || r.queue.inOrder {
		return
	}
	left, err := r.shared.Open()
	if err != nil {
		return // it stays as this host knows it
	}
	clear(r.left)
	r.sum.Total = r.sum.Answered + r.sum.Failed
	for _, modes := range []map[string]int{left.Open, left.Refresh} {
		for mode, n := range modes {
			r.left[AskMode(mode)] += n
			r.sum.Total += n
		}
	}
	r.sum.RefreshLeft = total(left.Refresh)
}

// asHeld returns the error of a request that was held back, or nil.
func asHeld(err error) *checkpoint.HeldError {
	held, _ := errors.AsType[*checkpoint.HeldError](err)
	return held
}
