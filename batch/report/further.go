package report

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// A Column is one that a caller adds to ours, such as a member of structured
// answers.
type Column struct {
	// Name is what it is called, unless a column of the input, of ours or of reviews is
	// called so: then bizbatch_ comes before it.
	Name string
	// Beside puts it beside the answer. Default: after all others.
	Beside bool
	// Table leaves it to tables: no reader of a memo or a page asks for it.
	Table bool
	// Value is a record's: nil, a string, a bool or a json.Number, and in JSON lines
	// whatever can be encoded.
	Value func(*batch.Record) any
}

// besideAnswer is the place of the columns that stand beside the answer, in ours.
const besideAnswer = 1

// placed puts what further columns have among what ours have.
func placed[V any](ours []V, further []Column, has []V) []V {
	all := slices.Clone(ours[:besideAnswer])
	for i, c := range further {
		if c.Beside {
			all = append(all, has[i])
		}
	}
	all = append(all, ours[besideAnswer:]...)
	for i, c := range further {
		if !c.Beside {
			all = append(all, has[i])
		}
	}
	return all
}

// headerOf names our columns, and further ones among them, for an input.
func headerOf(ours []string, further []Column, in batch.Input) []string {
	names := ownNames(ours, in.Columns)
	list := make([]string, len(ours))
	for i, name := range ours {
		list[i] = names[name]
	}
	reviews := ownNames(reviewNames, in.Columns) // also where there are none yet: edited files are read by these names
	return placed(list, further, furtherNames(further, slices.Concat(in.Columns, list, slices.Collect(maps.Values(reviews)))))
}

// furtherNames returns what further columns are called beside others.
func furtherNames(further []Column, others []string) []string {
	list := make([]string, len(further))
	for i, c := range further {
		list[i] = ownNames([]string{c.Name}, others)[c.Name]
		others = append(others, list[i])
	}
	return list
}

// valuesOf returns a record's values of further columns.
func valuesOf(rec *batch.Record, further []Column) []any {
	list := make([]any, len(further))
	for i, c := range further {
		list[i] = c.Value(rec)
	}
	return list
}

// TextOf returns the value of a [Column] as text.
func TextOf(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "true"
		}
		return "false"
	}
	return ""
}

func textsOf(values []any) []string {
	list := make([]string, len(values))
	for i, value := range values {
		list[i] = TextOf(value)
	}
	return list
}

// A pair is what a record has in a further column.
type pair struct{ Name, Text string }

// toRead returns the answer of a record as people read it: of one that fits a schema,
// its members with their names, in the place of the JSON. rest are the further
// columns that are not in it.
func toRead(rec *batch.Record, further []Column) (a *batch.Answer, rest []pair) {
	if rec.Plain == nil {
		return rec.Answer, pairsOf(rec, further)
	}
	var beside []Column
	for _, c := range further {
		if c.Beside {
			beside = append(beside, c)
		}
	}
	var text strings.Builder
	for _, p := range pairsOf(rec, beside) {
		fmt.Fprintf(&text, "**%s**\n\n%s\n\n", escaped(oneLine(p.Name)), strings.ReplaceAll(p.Text, "\n", "  \n"))
	}
	answer := *rec.Answer
	_, cited, _ := rec.Answer.Numbered()
	answer.Text, answer.Sources = text.String(), nil
	for i, source := range cited { // by the numbers that its members cite them by
		source = maps.Clone(source)
		source["number"] = strconv.AppendInt(nil, int64(i+1), 10)
		answer.Sources = append(answer.Sources, source)
	}
	return &answer, pairsOf(rec, slices.DeleteFunc(slices.Clone(further), func(c Column) bool { return c.Beside }))
}

// pairsOf returns the further columns of a record that hold something, for formats
// that have no columns.
func pairsOf(rec *batch.Record, further []Column) (list []pair) {
	for _, c := range further {
		if text := TextOf(c.Value(rec)); text != "" && !c.Table {
			list = append(list, pair{c.Name, text})
		}
	}
	return list
}
