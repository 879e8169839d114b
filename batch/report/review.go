package report

import (
	"maps"
	"slices"
	"strings"

	"bizbatch/batch"
)

// reviewNames are the names of the columns for a review, without those that
// people added.
var reviewNames = []string{"reviewed by", "verdict", "review note"}

// reviewColumns returns the names of the columns for a review as a file has them:
// ours, and those that people added; none unless there are reviews.
func (o Options) reviewColumns(in batch.Input) (names []string) {
	if !o.Review {
		return nil
	}
	written := ownNames(reviewNames, in.Columns)
	for _, name := range reviewNames {
		names = append(names, written[name])
	}
	return append(names, o.ReviewColumns...)
}

// reviewCells returns the cells of these columns.
func (o Options) reviewCells(rec *batch.Record) []string {
	if !o.Review {
		return nil
	}
	v, _ := rec.Shown()
	cells := []string{v.By, v.Verdict, v.Note}
	for _, name := range o.ReviewColumns {
		cells = append(cells, v.Columns[name])
	}
	return cells
}

// Columns returns the names that the columns of ours, those of reviews included,
// have in a table of answers: their own, unless the input uses it. Whoever reads
// an edited file finds them by these names.
func Columns(in batch.Input) map[string]string {
	return ownNames(slices.Concat(common, []string{"sources", "continues"}, reviewNames), in.Columns)
}

// Fields returns a record's fields as the cells of a table.
func Fields(in batch.Input, rec *batch.Record) ([]string, error) {
	return rowReader{in}.cells(rec.Fields)
}

// reviewLine returns a review on one line: "ok, Ana Diaz: as in 2024; hours: 1.5".
// Empty: there is none.
func reviewLine(rec *batch.Record) string {
	v, _ := rec.Shown()
	line := strings.Join(slices.DeleteFunc([]string{v.Verdict, v.By}, func(s string) bool { return s == "" }), ", ")
	if line != "" && v.Note != "" {
		line += ": "
	}
	line += v.Note
	for _, name := range slices.Sorted(maps.Keys(v.Columns)) {
		if v.Columns[name] != "" {
			line += "; " + name + ": " + v.Columns[name]
		}
	}
	return strings.TrimPrefix(line, "; ")
}

// reviewMember returns a review as JSON has it, nil where there is none. One that is
// reopened has what was said of the earlier answer.
func reviewMember(rec *batch.Record) any {
	if rec.Review == nil {
		return nil
	}
	_, reopened := rec.Shown()
	v := rec.Review
	return struct {
		By       string            `json:"reviewed_by"`
		Verdict  string            `json:"verdict"`
		Note     string            `json:"note"`
		Columns  map[string]string `json:"columns"`
		Answered any               `json:"answered"`
		Reopened bool              `json:"reopened"`
	}{v.By, v.Verdict, v.Note, v.Columns, orNull(timestamp(v.Answered)), reopened}
}
