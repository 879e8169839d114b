package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
)

func (s Script) validate() error {
	for i, rule := range s.Rules {
		if err := rule.validate(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	return nil
}

func (r Rule) validate() error {
	if _, err := regexp.Compile(r.Match); err != nil {
		return fmt.Errorf("match: %w", err)
	}
	if err := r.validateNumbers(); err != nil {
		return err
	}
	ends := r.CutAfterChunks != nil || r.StreamError != nil
	streams := ends || r.SilenceAfterChunks != nil || r.KeepAlive > 0 || r.RawChunks != nil ||
		r.Text != "" || r.Prose || r.FinishReason != "" || r.Usage || r.CustomDataForm != "" ||
		r.PadLine > 0 || r.ChunkBytes > 0
	describes := r.Type+r.Message+r.RetryAfter != "" || r.Details != nil || r.ResetIn != 0 || r.BodyBytes > 0
	switch {
	case r.replies() && streams:
		return errors.New("a reply (status, body, redirect, reset) has no stream for the other members")
	case describes && r.Status == 0:
		return errors.New("an error needs a status")
	case !slices.Contains([]string{"", "top", "delta", "list", "string"}, r.CustomDataForm):
		return fmt.Errorf("custom_data_form %q is not top, delta, list or string", r.CustomDataForm)
	case r.Abort && r.CutAfterChunks == nil:
		return errors.New("abort needs cut_after_chunks")
	case r.Hold != 0 && r.SilenceAfterChunks == nil:
		return errors.New("hold needs silence_after_chunks")
	case r.Done && !ends && r.RawChunks == nil:
		return errors.New("done needs cut_after_chunks, stream_error or raw_chunks")
	case r.KeepAlive == 0 && (r.KeepAliveAfterChunks > 0 || r.KeepAliveEvery > 0):
		return errors.New("keep_alive_after_chunks and keep_alive_every need keep_alive")
	}
	return nil
}

func (r Rule) validateNumbers() error {
	streamError := valueOr(r.StreamError, StreamError{})
	for _, count := range []struct {
		name string
		n    int
	}{
		{"after", r.After},
		{"times", r.Times},
		{"body_bytes", r.BodyBytes},
		{"pad_line", r.PadLine},
		{"chunk_bytes", r.ChunkBytes},
		{"keep_alive", r.KeepAlive},
		{"keep_alive_after_chunks", r.KeepAliveAfterChunks},
		{"silence_after_chunks", valueOr(r.SilenceAfterChunks, 0)},
		{"cut_after_chunks", valueOr(r.CutAfterChunks, 0)},
		{"stream_error.after_chunks", streamError.AfterChunks},
	} {
		if count.n < 0 {
			return fmt.Errorf("%s is negative", count.name)
		}
	}
	switch {
	case min(r.Latency, r.ResetIn, r.KeepAliveEvery, r.Hold) < 0:
		return errors.New("a duration is negative")
	case r.Status != 0 && (r.Status < 200 || r.Status > 599):
		return fmt.Errorf("status %d is not between 200 and 599", r.Status)
	case r.Details != nil && !json.Valid(r.Details), streamError.Details != nil && !json.Valid(streamError.Details):
		return errors.New("details is not JSON")
	}
	return nil
}

func valueOr[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}

// replies reports whether the rule sends something other than an answer.
func (r Rule) replies() bool {
	return r.Status != 0 || r.Body != "" || r.Redirect != "" || r.Reset
}

// charges reports whether a request under this rule is charged.
func (r Rule) charges() bool {
	return valueOr(r.Charged, !r.replies() && r.StreamError == nil)
}

// A director keeps count of which rules have uses left.
type director struct {
	mu    sync.Mutex
	rules []*countedRule
}

type countedRule struct {
	Rule
	match *regexp.Regexp
	seen  map[string]int // matching requests, by question if PerQuestion
	used  map[string]int
}

func newDirector(s Script) (*director, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	d := &director{}
	for _, rule := range s.Rules {
		d.rules = append(d.rules, &countedRule{rule, regexp.MustCompile(rule.Match), map[string]int{}, map[string]int{}})
	}
	return d, nil
}

// next returns the rule that applies to the next request for question; the
// zero Rule where none does.
func (d *director) next(question string) Rule {
	d.mu.Lock()
	defer d.mu.Unlock()
	var found *Rule
	for _, c := range d.rules {
		if !c.match.MatchString(question) {
			continue
		}
		key := ""
		if c.PerQuestion {
			key = question
		}
		c.seen[key]++
		if found == nil && c.seen[key] > c.After && (c.Times == 0 || c.used[key] < c.Times) {
			c.used[key]++
			found = &c.Rule
		}
	}
	return valueOr(found, Rule{})
}
