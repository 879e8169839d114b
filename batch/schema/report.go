package schema

import (
	"bizbatch/batch"
	"bizbatch/batch/report"
)

// Columns returns the columns that a report has beside the answer. They are empty
// if the answer does not fit. They are for one file at a time.
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

// Members returns the members of JSON lines: the object as data, null if the
// answer does not fit.
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
