package batch

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http/httptrace"
	"time"

	"golang.org/x/sync/errgroup"

	"bizbatch/batch/pace"
	"bizbatch/checkpoint"
)

var (
	// ErrAttemptTimeout is the error of a request that took longer than
	// Options.AttemptTimeout.
	ErrAttemptTimeout = errors.New("no whole answer within the attempt time-out")
	errDrained        = errors.New("not finished when the drain time was over")
)

// Run asks every pending question of the checkpoint's input and saves each answer as
// it arrives.
//
// If ctx is cancelled, Run sends no further questions, waits for those in flight,
// and returns. If Run ends before every question has an outcome, the error is a
// [*StopError]. The remaining questions stay pending, and the next Run asks them. A
// run that was stopped after the last question had been sent, and whose answers all
// arrived, returns no error.
//
// A question that fails is not an error: see Summary.Failed.
func Run(ctx context.Context, store Store, asker Asker, o Options) (Summary, error) {
	o = o.WithDefaults()
	if err := o.validate(); err != nil {
		return Summary{}, err
	}
	r, err := newRunner(store, asker, o)
	if err != nil {
		return Summary{}, err
	}
	r.loop(ctx)
	return r.end()
}

// A runner is one run. All its fields except the channels belong to the goroutine
// that runs loop. Attempts run in goroutines of the group and send their results.
type runner struct {
	o     Options
	store noteStore
	run   checkpoint.Run
	asker Asker

	shared    checkpoint.Shared // the run, if other hosts share it; nil: it is alone
	heldUntil time.Time         // nothing is sent before, by what other hosts know

	group   *errgroup.Group   // of the attempts to come
	groups  []*errgroup.Group // of all attempts
	results chan *result
	accept  chan accepted
	asking  context.Context // ends a drain time after the run began to stop
	abandon context.CancelCauseFunc

	admitting    context.Context // ends when the run begins to stop
	endAdmission context.CancelFunc

	common   common          // what every request has from the settings; the attempts read it, too
	unproven map[string]bool // the settings under which nothing was answered
	held     []*result       // held back, in order: see hold
	fresh    bool            // no earlier run got an answer to this input
	cut      int             // attempts held back because their answer had no end; see countCut
	cutAt    time.Time       // the last of them that was counted came back
	told     int             // of the questions that were answered, the last that was given out

	pace        pace.Pacer
	letIn       time.Time         // the last request that was known to be let in was sent
	turned      time.Time         // likewise, that was turned away
	limited     time.Time         // likewise, that paused everything
	retried     time.Time         // likewise, the first since that pause; zero: there is none
	learns      *pace.Bracket     // the pace, unless it is the user's
	kept        time.Time         // when what it learned was written down
	paused      time.Time         // until then
	user        time.Time         // nothing is sent before, by Options.RPM
	lastStart   time.Time         // of a question
	halted      bool              // by Steering.Paused
	skips       map[string]string // why questions are skipped, by id
	endless     endless           // answers that are not asked for again
	gate        *gate
	probe       *probe // set while nothing is expected to succeed
	outage      outage
	queue       queue
	left        map[AskMode]int // pending questions, in flight included
	prices      priceList
	spentBefore Money     // by earlier runs on this checkpoint
	reserved    Money     // for requests in flight
	throttled   time.Time // the first 429 since the last answer
	odd         luck      // of all questions that were refused, since one of them was let in
	paceBefore  []byte    // what the pace was before the first of these refusals,
	mistaken    bool      // from which it may have learned
	stop        *StopError
	drained     time.Time // when the drain time is over
	sum         Summary
}

func newRunner(store Store, asker Asker, o Options) (*runner, error) {
	prices, err := readPrices(store, o.Price)
	if err != nil {
		return nil, err
	}
	endless, err := readEndless(store)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	run, begun, err := store.Begin(now)
	if err != nil {
		return nil, err
	}
	r := &runner{
		o: o, store: store, run: run, asker: asker,
		results:     make(chan *result, o.Workers),
		accept:      make(chan accepted, o.Workers),
		pace:        o.Pacer,
		gate:        newGate(),
		queue:       queue{run: run, size: o.Workers, left: begun.States[checkpoint.Pending] + total(begun.Refresh)},
		left:        map[AskMode]int{},
		skips:       map[string]string{},
		endless:     endless,
		prices:      prices,
		common:      o.Settings.common(),
		unproven:    map[string]bool{},
		outage:      outage{enough: most},
		spentBefore: Money(begun.SpentTotal + begun.Uncertain),
		sum:         Summary{Started: now, SpentByMode: map[AskMode]Money{}, ToLookAt: map[string]int{}},
	}
	r.shared, _ = run.(checkpoint.Shared)
	if err := r.limit(false); err != nil {
		return nil, err
	}
	r.fresh = begun.States[checkpoint.Answered] == 0
	if err := r.takeUpPace(); err != nil {
		return nil, err
	}
	for name := range r.common {
		r.unproven[name] = r.fresh
	}
	for mode, n := range begun.PendingByMode {
		r.left[AskMode(mode)] = n
	}
	for mode, n := range begun.Refresh {
		r.left[AskMode(mode)] += n
		r.sum.RefreshLeft += n
	}
	if o.Limit > 0 {
		r.queue.left, r.queue.inOrder = min(r.queue.left, o.Limit), true
	}
	r.sum.Total = r.queue.left
	if r.sum.Total == 2 {
		r.outage.enough = 2
	}
	r.newGroup()
	r.admitting, r.endAdmission = context.WithCancel(context.Background())
	r.asking, r.abandon = context.WithCancelCause(httptrace.WithClientTrace(context.Background(),
		&httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { r.gate.written() }}))
	r.takeUpRPM(begun.LastSent)
	if r.stillUnfinished(begun) {
		r.stopFor(StopUnfinished, nil)
	}
	return r, nil
}

// takeUpRPM applies Options.RPM to the time between the last request of the previous
// run and the first of this one.
func (r *runner) takeUpRPM(last time.Time) {
	if age := min(r.sum.Started.Sub(last), never); r.o.RPM > 0 && age > 0 { // else a clock was set
		r.spaced(r.sum.Started.Add(-age)) // has a monotonic reading
	}
}

// spaced keeps the distance of Options.RPM between the next request and one that was
// sent at the given time.
func (r *runner) spaced(sent time.Time) {
	r.lastStart = sent
	if r.o.RPM > 0 {
		r.user = sent.Add(pace.Apart(r.o.RPM / 60))
	}
}

// end waits for the group and records how the run ended.
func (r *runner) end() (Summary, error) {
	for _, g := range r.groups {
		_ = g.Wait() // attempts report through results, never as errors
	}
	r.abandon(nil)
	r.releaseWaiting()
	r.countOthers()
	r.sum.Ended = time.Now()
	for mode, n := range r.left {
		r.sum.Left += n
		r.sum.LeftCost += Money(n) * r.prices.of(mode)
	}
	if r.sum.Refreshed > 0 && r.sum.NotRefreshed+r.sum.RefreshLeft == 0 {
		_ = refreshDone(r.store) // else the next run finds nothing left to refresh
	}
	if r.stop != nil && r.stop.Kind != StopSave && r.stop.Kind != StopUnfinished && r.sum.Answered+r.sum.Failed == r.sum.Total {
		r.stop = nil // the drain brought everything home
	}
	outcome := "finished"
	if r.stop != nil {
		outcome = string(r.stop.Kind)
	}
	r.kept = time.Time{}
	r.keepPace(r.sum.Ended)
	summary, err := json.Marshal(r.sum)
	err = errors.Join(err, r.run.End(r.sum.Ended, outcome, summary))
	if unsaved, ok := errors.AsType[*checkpoint.UnsavedError](err); ok {
		r.stop = cmp.Or(r.stop, &StopError{Kind: StopSave, Err: unsaved.Err})
		r.stop.Unsaved = unsaved
	}
	if r.stop != nil {
		return r.sum, r.stop // what stopped it tells more than what followed
	}
	return r.sum, err
}

// releaseWaiting saves the attempts of questions that were waiting for another
// attempt when the run stopped.
func (r *runner) releaseWaiting() {
	for _, it := range append(r.queue.unsent(), r.outage.takeParked()...) {
		if it.attempts > 0 {
			f := it.last
			f.Attempts = it.attempts
			_ = r.run.Release(it.ID, f) // what it costs if this fails is a count in the output
		}
	}
}
