package batch

import (
	"time"

	"bizbatch/checkpoint"
)

// An EventKind is the kind of an [Event].
type EventKind string

// The kinds of events.
const (
	EventSent        EventKind = "sent" // a question was sent
	EventAnswered    EventKind = "answered"
	EventFailed      EventKind = "failed"      // a question was given up; Err says why
	EventUnrefreshed EventKind = "unrefreshed" // the same, and it keeps the answer that was to be refreshed
	EventAgain       EventKind = "again"       // a passing fault; asked again after Wait
	EventUnfit       EventKind = "unfit"       // an answer does not fit; Err says why, and it is asked for again at once
	EventPause       EventKind = "pause"       // throttled; nothing is sent for Wait
	EventOutage      EventKind = "outage"      // nothing succeeds; one question is sent as a probe every Wait
	EventWaiting     EventKind = "waiting"     // Options.WaitForCredits or WaitForReset; probing after Wait
	EventIdle        EventKind = "idle"        // waiting, and all that was in flight is home
	EventResumed     EventKind = "resumed"     // a probe was answered
	EventRejoined    EventKind = "rejoined"    // this host was away for so long that others went on; see checkpoint.Shared
	EventLost        EventKind = "lost"        // one of them has the question, which was not sent
	EventStopping    EventKind = "stopping"    // no question is sent any more; Err is the *StopError
)

// An Event reports what happened in a run.
type Event struct {
	Kind     EventKind
	Question string // the ID of the question that the event is about, if any
	Err      error
	Wait     time.Duration
	For      StopKind // what an EventWaiting waits for: StopBalance or StopThrottled
	Progress Progress
}

// Progress is the state of a run.
type Progress struct {
	Total       int       `json:"total"` // questions that this run will ask
	Answered    int       `json:"answered"`
	Failed      int       `json:"failed"`
	InFlight    int       `json:"-"`
	Spent       Money     `json:"spent"`
	PausedUntil time.Time `json:"-"` // zero or in the past if the run is not paused
}

// A Summary describes a run. In JSON, amounts of money are numbers of dollars.
type Summary struct {
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Progress
	// Attempts is the number of requests sent, with any outcome.
	Attempts int `json:"attempts"`
	// Throttled is the number of requests that were answered with 429. PausedSeconds
	// is how long nothing was sent because of them.
	Throttled     int     `json:"throttled"`
	PausedSeconds float64 `json:"paused_seconds"`
	// Truncated, Refused, Empty and Unclear are the numbers of answers with these
	// statuses. Answered includes them.
	Truncated int `json:"truncated"`
	Refused   int `json:"refused"`
	Empty     int `json:"empty"`
	Unclear   int `json:"unclear"`
	// Unfit are those of the answered whose answer does not fit (Options.Fits), and
	// Reasked are the requests that asked for another answer, as far as they may have
	// been charged.
	Unfit   int `json:"unfit"`
	Reasked int `json:"reasked"`
	// Refreshed are those of the answered that had an answer before, NotRefreshed those
	// of the failed, which keep it, and RefreshLeft those that were not asked or got no
	// outcome, and keep it too.
	Refreshed      int                       `json:"refreshed"`
	NotRefreshed   int                       `json:"not_refreshed"`
	NotRefreshedBy []checkpoint.FailureGroup `json:"not_refreshed_by_reason,omitempty"`
	RefreshLeft    int                       `json:"refresh_left"`
	// AnswersToLookAt are among the answered: answers that somebody should look at
	// before relying on them. ToLookAt counts them by what there is to look at:
	// truncated, refused, empty, unclear, and the kinds that Options.Check returns.
	// An answer can count as several.
	AnswersToLookAt int            `json:"answers_to_look_at"`
	ToLookAt        map[string]int `json:"to_look_at"`
	// Unmetered are answers whose cost is not known, for they came without token
	// counts: it is taken to be that of the dearest.
	Unmetered int `json:"unmetered"`
	// SpentByMode is the money spent in each ask mode.
	SpentByMode map[AskMode]Money `json:"spent_by_mode"`
	// Uncertain is the number of attempts without an answer that may have been
	// charged. UncertainCost is their cost if they were.
	Uncertain     int   `json:"uncertain"`
	UncertainCost Money `json:"uncertain_cost"`
	// Left is the number of questions of the input that are still to be asked, including
	// those beyond Options.Limit and RefreshLeft. LeftCost is their approximate cost.
	Left     int   `json:"left"`
	LeftCost Money `json:"left_cost"`
}

// count counts an answer by its status, unless it is Answered.
func (s *Summary) count(status Status) {
	switch status {
	case Truncated:
		s.Truncated++
	case Refused:
		s.Refused++
	case Empty:
		s.Empty++
	case EndedUnclear:
		s.Unclear++
	}
}

// lookAt counts what there is to look at in an answer.
func (s *Summary) lookAt(kinds []string) {
	if len(kinds) > 0 {
		s.AnswersToLookAt++
	}
	for _, kind := range kinds {
		s.ToLookAt[kind]++
	}
}
