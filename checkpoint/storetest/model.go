package storetest

import (
	"fmt"
	"slices"

	"bizbatch/checkpoint"
)

// A model is a checkpoint as a plain map.
type model struct {
	rows     []checkpoint.Row
	requests map[string]*modelRequest // by payload
}

type modelRequest struct {
	state   checkpoint.State
	passing bool
	answer  string // while it is running, the one that is refreshed
}

func (m *model) importRows(rows []checkpoint.Row, retryFailed, refresh bool) (p checkpoint.Plan) {
	oldIDs, known := map[string]bool{}, map[string]bool{}
	for _, r := range m.rows {
		oldIDs[r.ID] = true
	}
	var kept []string
	for payload, q := range m.requests {
		known[payload] = true
		if q.state == checkpoint.Running { // until the next run begins
			p.Interrupted++
			p.InterruptedCost += 24
			if q.takeBack() {
				kept = append(kept, payload)
			}
		}
	}
	p.Rows, p.Pending = len(rows), map[string]int{}
	seen := map[string]bool{}
	for _, r := range rows {
		text := string(r.Payload)
		switch {
		case r.Skip != "":
			p.Skipped++
			continue
		case !known[text] && oldIDs[r.ID]:
			p.Edited++
		}
		if seen[text] {
			p.Duplicates++
			continue
		}
		seen[text] = true
		q := m.requests[text]
		if q == nil {
			q = &modelRequest{state: checkpoint.Pending}
			m.requests[text] = q
		}
		if q.state == checkpoint.Failed && (q.passing || retryFailed) {
			q.state = checkpoint.Pending
		}
		switch {
		case q.state == checkpoint.Answered && !refresh:
			p.Answered++
		case q.state == checkpoint.Failed:
			p.Failed++
		default:
			p.Pending["fast"]++
		}
	}
	m.rows = rows
	p.Kept = len(slices.DeleteFunc(kept, func(payload string) bool { return refresh && seen[payload] }))
	return p
}

// takeBack makes a request answered again whose answer is being refreshed, and reports
// whether it is one.
func (q *modelRequest) takeBack() bool {
	if q.state != checkpoint.Running || q.answer == "" {
		return false
	}
	q.state = checkpoint.Answered
	return true
}

func (m *model) results() (lines []string) {
	for _, r := range m.rows {
		line := fmt.Sprintf("%s skipped: %s", r.ID, r.Skip)
		if r.Skip == "" {
			q := m.requests[string(r.Payload)]
			line = fmt.Sprintf("%s %s", r.ID, q.state)
			if q.answer != "" {
				line = fmt.Sprintf("%s answered: %s", r.ID, q.answer)
			}
		}
		lines = append(lines, line)
	}
	return lines
}

// pending returns the payloads in the order in which they are first asked.
func (m *model) pending() (texts []string) {
	seen := map[string]bool{}
	for _, r := range m.rows {
		text := string(r.Payload)
		if r.Skip == "" && !seen[text] && m.requests[text].state == checkpoint.Pending {
			texts = append(texts, text)
		}
		seen[text] = true
	}
	return texts
}
