package batch

import (
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"bizbatch/checkpoint"
)

// A Steering changes a run that is on. Members that are nil change nothing.
type Steering struct {
	Paused   *bool      // nothing is sent while it is true; what is in flight comes home
	Workers  *int       // as [Options.Workers]
	RPM      *float64   // as [Options.RPM]
	MaxSpend *Money     // as [Options.MaxSpend]; what is in flight may still be charged
	Until    *time.Time // as [Options.Until]
	Skip     []string   // ids of questions that are given up without being sent
	Reason   string     // why they are, for the record
}

// reasonSkipped is the reason of questions that somebody skipped.
const reasonSkipped = "skipped"

// steer takes in a change.
func (r *runner) steer(c Steering) {
	if c.Paused != nil {
		r.halted = *c.Paused
	}
	if c.Workers != nil && *c.Workers > 0 {
		r.o.Workers = *c.Workers
		r.queue.size = *c.Workers
		if r.learns != nil {
			r.learns.SetWorkers(*c.Workers)
		}
		r.newGroup()
	}
	if c.RPM != nil && *c.RPM >= 0 {
		r.o.RPM, r.user = *c.RPM, time.Time{}
		r.spaced(r.lastStart)
	}
	if c.MaxSpend != nil && *c.MaxSpend >= 0 {
		r.o.MaxSpend = *c.MaxSpend
		if err := r.limit(true); err != nil {
			r.stopFor(StopSave, err)
		}
	}
	if c.Until != nil {
		r.o.Until = *c.Until
	}
	for _, id := range c.Skip {
		r.skips[id] = c.Reason
	}
}

// newGroup has the next attempts run in a group of the size that Options.Workers
// has now: the size of one that is in use is fixed.
func (r *runner) newGroup() {
	r.group = new(errgroup.Group)
	r.group.SetLimit(r.o.Workers)
	r.groups = append(r.groups, r.group)
}

// skip gives up a question that somebody skipped, or whose answer would be refreshed and
// may be charged each time, and reports whether it did.
func (r *runner) skip(it *item) bool {
	reason := reasonSkipped
	why, skipped := r.skips[it.RowID]
	sent, endless := r.endless[it.ID]
	switch {
	case skipped:
		it.err = fmt.Errorf("skipped%s", why)
	case endless && it.Refresh && !r.o.RetryFailed:
		reason = noAnswerBefore
		it.err = fmt.Errorf("not sent: no attempt of %s brought an answer, and all may have been charged", sent.Local().Format(time.DateOnly))
	default:
		return false
	}
	it.last = checkpoint.Fault{Reason: reason, Message: it.err.Error(), Started: it.last.Started, Finished: time.Now()}
	r.fail([]*item{it}, false)
	return true
}
