package batch

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"

	"github.com/tidwall/gjson"

	"bizbatch/checkpoint"
)

// Records yields every row of the checkpoint's input in order, with its outcome. A
// row that was in flight when a run was killed is pending.
func Records(store Checkpoint) iter.Seq2[Record, error] {
	return readAhead(recordsIn(store, store.Results()))
}

// RecordsByID yields the rows with the given ID, as Records does. There are several
// if the input uses the ID more than once.
func RecordsByID(store Checkpoint, id string) iter.Seq2[Record, error] {
	return recordsIn(store, store.ResultsByID(id))
}

// RecordsAt yields the rows at the positions in the input, from 1, as Records
// does.
func RecordsAt(store Checkpoint, positions []int64) iter.Seq2[Record, error] {
	return readAhead(recordsIn(store, store.ResultsAt(positions)))
}

func recordsIn(store Checkpoint, results iter.Seq2[checkpoint.Result, error]) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		active := store.Active()
		for r, err := range results {
			var rec Record
			if err == nil {
				rec, err = record(r)
			}
			switch {
			case rec.Status != Running || active:
			case r.Rescued:
				rec.Status, rec.Error = Pending, "its answer could not be saved and is in a rescue file: the next run takes it in"
			default:
				rec.Status, rec.Error = Pending, "interrupted: it was sent, and may have been charged"
			}
			if !yield(rec, err) || err != nil {
				return
			}
		}
	}
}

// readAhead yields what seq does, which goes on meanwhile in a goroutine of its
// own: reading rows and writing them take about as long.
func readAhead[V any](seq iter.Seq2[V, error]) iter.Seq2[V, error] {
	const rows = 64 // handed over at a time
	type page struct {
		rows []V
		err  error // after the rows
	}
	return func(yield func(V, error) bool) {
		pages, stop := make(chan page, 1), make(chan struct{})
		go func() {
			defer close(pages)
			var p page
			for v, err := range seq {
				if p.err = err; err != nil {
					break
				}
				if p.rows = append(p.rows, v); len(p.rows) < rows {
					continue
				}
				select {
				case pages <- p:
					p = page{}
				case <-stop:
					return
				}
			}
			select {
			case pages <- p:
			case <-stop:
			}
		}()
		defer func() {
			close(stop)
			for range pages { // until nothing is read any more
			}
		}()
		for p := range pages {
			for _, v := range p.rows {
				if !yield(v, nil) {
					return
				}
			}
			if p.err != nil {
				var none V
				yield(none, p.err)
				return
			}
		}
	}
}

// ReadInput returns the description of the input whose rows the checkpoint contains.
func ReadInput(store Checkpoint) (in Input, err error) {
	b, err := store.Input()
	if err != nil || b == nil {
		return in, err
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return in, fmt.Errorf("read the input's description in %s: %w", store.Path(), err)
	}
	return in, nil
}

// asked returns the texts of the messages of a request, without the schema that a
// message may tell.
func asked(payload []byte) (texts []string) {
	for _, message := range gjson.GetBytes(payload, "messages").Array() {
		if content := message.Get("content"); content.Type == gjson.String {
			text, _, _ := strings.Cut(content.Str, "\n\n"+asking)
			texts = append(texts, text)
		}
	}
	return texts
}

// lastAsked returns the text of the last message of a request.
func lastAsked(payload []byte) string {
	texts := asked(payload)
	if len(texts) == 0 {
		return ""
	}
	return texts[len(texts)-1]
}

func record(r checkpoint.Result) (Record, error) {
	rec := Record{
		ID: r.ID, Line: r.Line, Fields: r.Fields, Question: lastAsked(r.Payload), Status: Status(r.State), Error: r.Error, RequestID: r.RequestID, Attempts: r.Attempts,
		Cost: Money(r.Cost), Reused: r.Reused, Started: r.Started, Finished: r.Finished,
		Seconds: r.Finished.Sub(r.Started).Seconds(),
	}
	if r.Review != nil {
		rec.Review = new(Review)
		if err := json.Unmarshal(r.Review, rec.Review); err != nil {
			return rec, fmt.Errorf("read the review of question %s: %w", r.ID, err)
		}
	}
	if r.Skip != "" {
		rec.Status, rec.Error = Skipped, r.Skip
	}
	masked, err := originalsIn(r.Originals)
	if err != nil {
		return rec, fmt.Errorf("read what was masked in question %s: %w", r.ID, err)
	}
	rec.sent = r.Payload
	rec.Payload, rec.Error, rec.Question = masked.restoreJSON(r.Payload), masked.restore(rec.Error), masked.restore(rec.Question)
	if r.Answer != nil {
		rec.Answer = new(Answer)
		if err := json.Unmarshal(masked.restoreAnswer(r.Answer, r.Payload), rec.Answer); err != nil { // whoever wrote that, the other rows are well
			rec.Answer, rec.Status, rec.Error = nil, Failed, fmt.Sprintf("its answer in the checkpoint cannot be read: %v", err)
			return rec, nil
		}
		rec.Status = rec.Answer.Status()
	}
	return rec, nil
}
