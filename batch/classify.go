package batch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// An Action is what an error means for its question and for the run.
type Action int

// The actions.
const (
	// Again is a passing fault. The attempt counts, the question is asked again
	// after a backoff, and the run continues.
	Again Action = iota
	// Pause means that the account is throttled. No attempt counts, and all
	// questions wait until the same time.
	Pause
	// GiveUp means that the request is wrong. The question fails and the run
	// continues. If the error is about a setting that all questions share, the run
	// may stop instead.
	GiveUp
	// Doubt means that the key or the address is refused, either for all questions
	// or for this one only. The question is held back until the outcome of another
	// question decides whether it fails or the run stops.
	Doubt
	// Stop means that no request can succeed. The question stays pending, and the
	// run drains and stops.
	Stop
)

func (a Action) String() string { return [...]string{"again", "pause", "give up", "doubt", "stop"}[a] }

// Classify returns what an error from an [Asker] means. A 429 is a Pause if it
// clears within maxPause of now, and otherwise a Stop. If it may have been charged,
// because an answer had begun, it is not a Pause but Again: the attempt counts.
func Classify(err error, now time.Time, maxPause time.Duration) Action {
	var e *Error
	if !errors.As(err, &e) {
		return Again
	}
	if e.Fatal {
		if e.Status == 0 { // nobody said anything
			return Stop
		}
		return Doubt
	}
	switch e.status() {
	case 401, 402:
		return Stop
	case 403:
		if e.contentRefused() {
			return GiveUp
		}
		return Doubt
	case 404:
		if e.aboutModel() {
			return GiveUp
		}
		return Doubt
	case 429:
		if e.tooLarge() {
			return GiveUp
		}
		if e.usedUp() || e.clears(now) > maxPause {
			return Stop
		}
		if e.MaybeCharged { // in the middle of an answer: see runner.unanswered
			return Again
		}
		return Pause
	case 408, 409, 421, 424, 425, 498, 499:
		return Again
	}
	if s := e.status(); s >= 400 && s < 500 || e.contentRefused() {
		return GiveUp
	}
	return Again
}

// statuses maps types and codes of errors to HTTP statuses, for errors inside a stream, which
// have no status of their own.
var statuses = map[string]int{
	"permission_error":      403,
	"not_found_error":       404,
	"request_too_large":     413,
	"answer_too_large":      413, // the asker's own: another attempt is paid for, and as long
	"invalid_request_error": 400,
	"rate_limit_exceeded":   429,
	"rate_limit_error":      429,
	"overloaded_error":      503,
	"server_error":          500,
	"api_error":             500,
	"timeout_error":         408,
}

// status returns the HTTP status of the error, or the status for its type.
func (e *Error) status() int {
	switch {
	case e.aboutMoney():
		return 402
	case e.aboutKey():
		return 401
	}
	if s := cmp.Or(statuses[e.Type], statuses[e.Code]); s != 0 && e.Status < 400 {
		return s
	}
	return e.Status
}

func (e *Error) aboutModel() bool {
	return e.Param == "model" || strings.Contains(strings.ToLower(e.Type+" "+e.Message), "model")
}

// contentRefused reports whether the service refuses the content of the question.
// OpenRouter does so with a 403 that "requires moderation".
func (e *Error) contentRefused() bool {
	return e.Type == "content_filter" || e.Type == "content_policy_violation" ||
		e.status() == 403 && strings.Contains(e.Message, "moderation")
}

// overloaded reports that the service had no room for the request. Anthropic says so with
// 529, and proxies that limit requests with 503 (nginx's limit_req, for instance).
func (e *Error) overloaded() bool {
	s := e.status()
	return (s == 503 || s == 529) && !e.MaybeCharged
}

var tooLarge = regexp.MustCompile(`(?i)request too large|must be reduced`)

// tooLarge reports whether the request exceeds what the account may use in a minute.
// OpenAI returns 429 for that. See throttles for services that use other words.
func (e *Error) tooLarge() bool { return tooLarge.MatchString(e.Message) }

// usedUp reports whether a limit that lasts longer than a run is used up, such as a
// monthly one, and the service does not say when it resets.
func (e *Error) usedUp() bool {
	return e.RetryAfter == 0 && e.ResetAt.IsZero() && strings.Contains(strings.ToLower(e.Message), "monthly")
}

// clears returns how long the service asks to wait, or 0 if it does not say.
func (e *Error) clears(now time.Time) time.Duration {
	wait := max(0, e.RetryAfter)
	if !e.ResetAt.IsZero() {
		wait = max(wait, e.ResetAt.Sub(now))
	}
	return wait
}

// reason returns the label by which failures are counted. It contains nothing that
// differs from question to question.
func reason(err error) string {
	e := asError(err)
	switch {
	case e.Status != 0:
		return strings.TrimSpace(fmt.Sprintf("%d %s", e.Status, cmp.Or(e.Type, http.StatusText(e.Status))))
	case e.Type != "":
		return e.Type
	case e.Unreached:
		return "service not reached"
	case errors.Is(err, ErrAttemptTimeout), errors.Is(err, context.DeadlineExceeded):
		return "time-out"
	}
	label, _, _ := strings.Cut(e.Message, ": ")
	return label
}

// asError returns err as an *Error. For any other error it returns one that may have
// been charged and says nothing about the service.
func asError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Message: err.Error(), MaybeCharged: true, Err: err}
}
