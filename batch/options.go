package batch

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"bizbatch/batch/pace"
)

// Options are the options of [Run]. The zero value is ready to use.
type Options struct {
	// Workers is the maximum number of requests in flight. Default 8.
	Workers int
	// MaxAttempts is the maximum number of attempts per question in this run.
	// Default 5.
	MaxAttempts int
	// RPM is the maximum number of requests per minute, including those of the
	// previous run. Default: no limit but the service's.
	RPM float64
	// Pacer decides when the next request may be sent, in addition to RPM. Default:
	// a pacer that finds out the pace that the account allows.
	Pacer pace.Pacer
	// Pace lets runs that share an account keep one pace, unless Pacer is set. Default:
	// the checkpoint does, if several hosts share it, and else nobody.
	Pace pace.Keeper
	// AttemptTimeout is the maximum duration of one request, from its start to the
	// end of its answer. Default 10 minutes.
	AttemptTimeout time.Duration
	// Drain is how long requests in flight may continue after the run begins to
	// stop. They may be charged already. Default AttemptTimeout.
	Drain time.Duration
	// MaxPause is the longest wait that a 429 may ask for. If it asks for a longer
	// one, the run stops. Default 15 minutes.
	MaxPause time.Duration
	// MaxOutage is how long attempts at several questions may fail without any
	// success before the run stops. The run waits for requests in flight first.
	// Default 1 minute.
	MaxOutage time.Duration
	// RetryFailed lets the run ask even if the previous run stopped with StopUnfinished
	// and left nothing but answers to refresh, and gives all of MaxAttempts to a question
	// that every attempt of an earlier run may have been charged for. See also
	// ImportOptions.RetryFailed. Default: such a run sends nothing, and such a question
	// gets one attempt that may be charged, or none if it has an answer, which stays.
	RetryFailed bool
	// Limit is the maximum number of questions to ask. Default: all.
	Limit int
	// Leave ends the run when there is nothing left to claim, though other hosts that
	// share the checkpoint still have questions in hand. Default: the run waits, and
	// takes up what they leave.
	Leave bool
	// Price is the price of an answer. Default: the price of its ask mode, or the
	// price that a 402 reported.
	Price *Money
	// CostOf returns what an answer cost, for example from its token counts; ok is
	// false if the answer does not say. Until an answer arrives, its cost is taken
	// to be that of the most expensive answer so far. Before the first answer, a run
	// with a spending limit sends one question at a time, and it stops with
	// ErrUnmetered if the first few answers have no cost. Default: every answer
	// costs its Price.
	CostOf func(*Answer) (cost Money, ok bool)
	// MaxSpend is the most that this run may spend, including requests in flight and
	// attempts that may have been charged. Default: no limit.
	MaxSpend Money
	// MaxSpendTotal is the most that all runs on this checkpoint may spend. Default:
	// no limit.
	MaxSpendTotal Money
	// Until is when the run stops: no request is sent after it. Default: no end.
	Until time.Time
	// WaitForCredits is the interval at which a run with an empty balance sends one
	// question, until it is answered. Default: the run stops.
	WaitForCredits time.Duration
	// WaitForReset is the same interval for a limit that resets after more than
	// MaxPause, such as a monthly one. Default: the run stops.
	WaitForReset time.Duration
	// Sources says which sources are saved with an answer. Answers that are already
	// saved do not change. Default AllSources.
	Sources SourceMode
	// Check returns the kinds of what somebody should look at in the answer to a
	// request, as check.Kinds does. It is called before the answer is saved. Its
	// result is saved with the answer, and counted. Default: an answer counts by how
	// it ended.
	Check func(a *Answer, payload []byte) []string
	// Settings are those that the questions were imported with. If the service
	// refuses one of them, the run stops and no question fails for it. The zero
	// value has the same effect for the model and the role only.
	Settings Settings
	// OnStep is called with what the service is doing for a question, if it says so.
	// Unlike OnEvent, it is called from several goroutines.
	OnStep func(question, step string)
	// Steering changes the run while it is on. Default: nothing does.
	Steering <-chan Steering
	// Fits returns an error that says why an answer does not fit a schema, or nil.
	// Default: every answer fits.
	Fits func(*Answer) error
	// Reask is how often a question is asked again for an answer that fits, over all
	// runs. Requests that were not charged do not count. The last answer is kept.
	// Default: never.
	Reask int
	// OnEvent is called for every event, from one goroutine. The run waits for it to
	// return.
	OnEvent func(Event)
}

// WithDefaults returns o with the defaults for what is not set, as Run takes it.
func (o Options) WithDefaults() Options {
	o.Workers = cmp.Or(o.Workers, 8)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, 5)
	o.AttemptTimeout = cmp.Or(o.AttemptTimeout, 10*time.Minute)
	o.Drain = cmp.Or(o.Drain, o.AttemptTimeout)
	o.MaxPause = cmp.Or(o.MaxPause, 15*time.Minute)
	o.MaxOutage = cmp.Or(o.MaxOutage, time.Minute)
	o.Sources = cmp.Or(o.Sources, AllSources)
	if o.OnStep == nil {
		o.OnStep = func(string, string) {}
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	return o
}

func (o Options) validate() error {
	for _, f := range []struct {
		name string
		ok   bool
	}{
		{"Workers", o.Workers > 0}, {"MaxAttempts", o.MaxAttempts > 0}, {"RPM", o.RPM >= 0},
		{"AttemptTimeout", o.AttemptTimeout > 0}, {"Drain", o.Drain > 0}, {"MaxPause", o.MaxPause > 0},
		{"MaxOutage", o.MaxOutage > 0}, {"Limit", o.Limit >= 0}, {"Reask", o.Reask >= 0}, {"MaxSpend", o.MaxSpend >= 0},
		{"MaxSpendTotal", o.MaxSpendTotal >= 0}, {"WaitForCredits", o.WaitForCredits >= 0}, {"WaitForReset", o.WaitForReset >= 0},
		{"Sources", slices.Contains(SourceModes, o.Sources)},
	} {
		if !f.ok {
			return fmt.Errorf("batch: Options.%s is out of range", f.name)
		}
	}
	return nil
}
