package batch

import "time"

// An EventKind is the kind of an [Event].
type EventKind string

// The kinds of events.
const (
	EventSent     EventKind = "sent"     // a question was sent
	EventAnswered EventKind = "answered" // an answer was saved
	EventFailed   EventKind = "failed"   // a question failed; Err says why
	EventAgain    EventKind = "again"    // a passing fault; the question is asked again after Wait
	EventPause    EventKind = "pause"    // the account is throttled; nothing is sent for Wait
	EventOutage   EventKind = "outage"   // no attempt succeeds; one question is sent every Wait
	EventWaiting  EventKind = "waiting"  // Options.WaitForCredits or WaitForReset; one question is sent after Wait
	EventIdle     EventKind = "idle"     // waiting, and nothing is in flight
	EventResumed  EventKind = "resumed"  // such a question was answered
	EventStopping EventKind = "stopping" // no further question is sent; Err is the *StopError
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
	// Unmetered is the number of answers without token counts. Each is taken to cost
	// as much as the most expensive answer.
	Unmetered int `json:"unmetered"`
	// SpentByMode is the money spent in each ask mode.
	SpentByMode map[AskMode]Money `json:"spent_by_mode"`
	// Uncertain is the number of attempts without an answer that may have been
	// charged. UncertainCost is their cost if they were.
	Uncertain     int   `json:"uncertain"`
	UncertainCost Money `json:"uncertain_cost"`
	// Left is the number of questions of the input that are still pending, including
	// those beyond Options.Limit. LeftCost is their approximate cost.
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
