package schema

import (
	"bizbatch/batch"
	"bizbatch/batch/report"
)

// Columns are those of a report, beside the answer. What does not fit leaves them
// empty. They are for one file at a time.
func (s *Schema) Columns() []report.Column {
	var r reading
	list := make([]report.Column, len(s.columns))
	for i, name := range s.Names() {
		list[i] = report.Column{Name: name, Beside: true, Value: func(rec *batch.Record) any {
			if d := r.of(s, rec); d.Values != nil {
				return d.Values[i]
			}
			return nil
		}}
	}
	return list
}

// Members are those of JSON lines: the object as data, null where there is none
// that fits.
func (s *Schema) Members() []report.Column {
	var r reading
	return []report.Column{{Name: "data", Value: func(rec *batch.Record) any { return r.of(s, rec).Object }}}
}

// A reading is what was read of the last answer: each of its columns asks for it.
type reading struct {
	answer *batch.Answer
	data   Data
}

func (r *reading) of(s *Schema, rec *batch.Record) Data {
	if rec.Answer == nil {
		return Data{}
	}
	if r.answer != rec.Answer {
		r.answer = rec.Answer
		r.data, _ = s.Fit(rec.Answer) // the checks say why there is none
	}
	return r.data
}
