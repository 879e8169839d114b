package job

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// A State is what the last run on a checkpoint says of itself, for those who look
// at the checkpoint. While the run is on it is some seconds old. A helper says nothing:
// the outputs are not its own, and the command to type again is another.
type State struct {
	Command string    `json:"command"` // as it was typed
	Started time.Time `json:"started"`

	// While the run is on.
	PerMinute   float64   `json:"per_minute,omitempty"` // questions that come to an end
	SecondsLeft float64   `json:"seconds_left,omitempty"`
	Oldest      *Oldest   `json:"oldest,omitempty"`
	PausedUntil time.Time `json:"paused_until,omitzero"`
	Waiting     *Waiting  `json:"waiting,omitempty"`   // nil: it does not wait for a person
	PausedBy    string    `json:"paused_by,omitempty"` // with bizbatch ctl, and why; empty: nobody

	// Once the run has ended.
	Ended    time.Time `json:"ended,omitzero"` // zero: it is on, or was killed
	Outcome  string    `json:"outcome,omitempty"`
	ExitCode exit.Code `json:"exit_code"`
	Told
}

// Oldest is the question that has been in flight longest.
type Oldest struct {
	ID    string    `json:"id"`
	Since time.Time `json:"since"`
	Step  string    `json:"step,omitempty"` // what the service said last that it is doing
}

// Told is what was told of an error.
type Told struct {
	Error  string   `json:"error,omitempty"`
	Detail []string `json:"detail,omitempty"`
	Hint   string   `json:"hint,omitempty"`
}

// Waiting is what a run waits for.
type Waiting struct {
	For   string    `json:"for"` // such as "for credits"
	Since time.Time `json:"since"`
	Next  time.Time `json:"next"` // when it tries again
	Told            // once nothing is in flight
}

func toldOf(e *exit.Error) Told { return Told{e.Error(), e.Detail, e.Hint} }

// stateNote is the name of the checkpoint's note that holds the State.
const stateNote = "last run"

// ReadState returns what the last run on a checkpoint says of itself; ok is false
// where it says nothing.
func ReadState(store batch.Checkpoint) (s State, ok bool, err error) {
	note, err := store.Note(stateNote)
	if err != nil || note == nil {
		return s, false, err
	}
	err = json.Unmarshal(note, &s)
	return s, err == nil, err
}

// LimitReached is the outcome of a run that --limit ended, with questions left.
const LimitReached = "limit reached"

// stateInterval is how often a run notes its pace.
const stateInterval = 5 * time.Second

// A diary keeps the State of a run in its checkpoint.
type diary struct {
	store batch.Checkpoint // nil: a helper's
	pace  func() (perMinute float64, left time.Duration)

	mu      sync.Mutex // guards the next two; not held while the checkpoint is written
	flights map[string]*Oldest
	state   State

	noted []byte // as it is in the checkpoint

	changed       chan struct{}
	stop, stopped chan struct{}
}

// keepDiary begins a diary. End ends it.
func keepDiary(store batch.Checkpoint, command []string, progress *terminal.Progress) *diary {
	d := &diary{store: store, pace: progress.Pace, flights: map[string]*Oldest{}, changed: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{})}
	d.state = State{Command: terminal.CommandLine(command), Started: time.Now()}
	d.note()
	go d.tick()
	return d
}

func (d *diary) tick() {
	defer close(d.stopped)
	ticker := time.NewTicker(stateInterval)
	defer ticker.Stop()
	for {
		select {
		case <-d.stop:
			return
		case <-d.changed:
		case <-ticker.C:
		}
		perMinute, left := d.pace()
		d.mu.Lock()
		d.state.PerMinute, d.state.SecondsLeft, d.state.Oldest = perMinute, left.Seconds(), d.oldest()
		d.mu.Unlock()
		d.note()
	}
}

// step notes what the service is doing for a question.
func (d *diary) step(question, step string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.flights[question]; f != nil {
		f.Step = step
	}
}

// oldest returns the question that has been in flight longest; nil: none is.
func (d *diary) oldest() (oldest *Oldest) {
	for _, f := range d.flights {
		if oldest == nil || f.Since.Before(oldest.Since) {
			oldest = f
		}
	}
	return oldest
}

// event notes what the runner tells, as far as somebody may wonder about it.
func (d *diary) event(e batch.Event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if e.Kind == batch.EventSent {
		d.flights[e.Question] = &Oldest{ID: e.Question, Since: time.Now()}
	} else {
		delete(d.flights, e.Question)
	}
	switch e.Kind {
	case batch.EventPause:
		d.state.PausedUntil = e.Progress.PausedUntil
	case batch.EventResumed:
		d.state.Waiting = nil
	case batch.EventWaiting:
		if d.state.Waiting == nil {
			d.state.Waiting = &Waiting{Since: time.Now()}
		}
		d.state.Waiting.For, d.state.Waiting.Next = terminal.WaitsFor(e), time.Now().Add(e.Wait)
	default:
		return
	}
	d.wake()
}

// advised notes what a waiting run says.
func (d *diary) advised(advice *exit.Error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.Waiting != nil {
		d.state.Waiting.Told = toldOf(advice)
	}
	d.wake()
}

// steered notes that somebody paused the run, or had it go on.
func (d *diary) steered(order Order, given checkpoint.Order) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch order.Verb {
	case "pause":
		d.state.PausedBy = signed(given)
	case "resume":
		d.state.PausedBy = ""
	}
	d.wake()
}

// wake has the diary written, elsewhere: a save would hold up the runner.
func (d *diary) wake() {
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// end notes how the run ended, and how many questions it left.
func (d *diary) end(outcome string, left int, verdict error) {
	close(d.stop)
	<-d.stopped
	if outcome == "finished" && left > 0 {
		outcome = LimitReached
	}
	d.state = State{Command: d.state.Command, Started: d.state.Started, Ended: time.Now(), Outcome: outcome}
	if verdict != nil {
		e := exit.As(verdict)
		d.state.ExitCode, d.state.Told = e.Code, toldOf(e)
	}
	d.note()
}

// note keeps the state, if it is another than the last. A checkpoint that takes no
// note loses no answer by it, and says so elsewhere.
func (d *diary) note() {
	if d.store == nil {
		return
	}
	d.mu.Lock()
	b, err := json.Marshal(d.state)
	d.mu.Unlock()
	if err == nil && !bytes.Equal(b, d.noted) && d.store.SetNote(stateNote, b) == nil {
		d.noted = b
	}
}
