package batch

import (
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"bizbatch/checkpoint"
)

// A Version is one of the answers that a question has had.
type Version struct {
	Number   int     // from 1, the oldest
	Current  bool    // it is the question's answer
	Answer   *Answer // nil: the checkpoint has it damaged
	Run      int64   // that asked for it; 0: not known, or another checkpoint's
	Cost     Money
	Reused   string // the checkpoint that paid for it, as in [Record]
	Started  time.Time
	Finished time.Time
}

// A Story is a question with all answers that it has had, the oldest first.
type Story struct {
	Position int64  // of its first row, from 1
	Record   Record // of that row
	Versions []Version
}

// Stories yields the questions of the last input that have had several answers, in
// input order.
func Stories(store Checkpoint) iter.Seq2[Story, error] {
	return stories(store, store.Versions())
}

// StoriesByID yields the questions of the rows with the ID that have had an answer.
func StoriesByID(store Checkpoint, id string) iter.Seq2[Story, error] {
	return func(yield func(Story, error) bool) {
		var positions []int64
		for r, err := range store.ResultsByID(id) {
			if err != nil {
				yield(Story{}, err)
				return
			}
			positions = append(positions, r.Position)
		}
		for _, position := range positions {
			for s, err := range stories(store, store.VersionsAt(position)) {
				if !yield(s, err) || err != nil {
					return
				}
			}
		}
	}
}

// storiesRead is how many questions are read at a time, and storiesBytes how long their
// answers may be until then.
const (
	storiesRead  = 1000
	storiesBytes = 16 << 20
)

func stories(store Checkpoint, versions iter.Seq2[checkpoint.Version, error]) iter.Seq2[Story, error] {
	return func(yield func(Story, error) bool) {
		var page [][]checkpoint.Version // of a question each
		size := 0
		flush := func() (more bool, err error) {
			more, err = readStories(store, page, func(s Story) bool { return yield(s, nil) })
			page, size = nil, 0
			return more, err
		}
		for v, err := range versions {
			last := len(page) - 1
			size += len(v.Answer)
			if err == nil && last >= 0 && page[last][0].Position == v.Position {
				page[last] = append(page[last], v)
				continue
			}
			more := true
			if err == nil && (len(page) == storiesRead || size > storiesBytes) {
				more, err = flush()
			}
			if err != nil {
				yield(Story{}, err)
				return
			}
			if !more {
				return
			}
			page = append(page, []checkpoint.Version{v})
		}
		if _, err := flush(); err != nil {
			yield(Story{}, err)
		}
	}
}

// readStories reads the rows of questions, and their answers by them: what was masked
// in a question is restored in all of its answers.
func readStories(store Checkpoint, page [][]checkpoint.Version, yield func(Story) bool) (more bool, err error) {
	var positions []int64
	at := map[int64][]checkpoint.Version{}
	for _, versions := range page {
		position := versions[0].Position
		positions, at[position] = append(positions, position), versions
	}
	for r, err := range store.ResultsAt(positions) {
		if err != nil {
			return false, err
		}
		s := Story{Position: r.Position}
		if s.Record, err = record(r); err != nil {
			return false, err
		}
		masked, err := originalsIn(r.Originals)
		if err != nil {
			return false, fmt.Errorf("read what was masked in question %s: %w", r.ID, err)
		}
		for _, v := range at[r.Position] {
			s.Versions = append(s.Versions, versionOf(v, masked, r.Payload))
		}
		if !yield(s) {
			return false, nil
		}
	}
	return true, nil
}

func versionOf(v checkpoint.Version, masked originals, payload []byte) Version {
	version := Version{Number: v.Version, Current: v.Current, Run: v.Run, Cost: Money(v.Cost), Reused: v.Reused, Started: v.Started, Finished: v.Finished}
	if v.Answer != nil {
		version.Answer = new(Answer)
		if json.Unmarshal(masked.restoreAnswer(v.Answer, payload), version.Answer) != nil {
			version.Answer = nil
		}
	}
	return version
}
