package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/internal/prose"
)

// A Comparison is two answers to a question, and what is different between them.
type Comparison struct {
	Record          batch.Record  // the question's row; of its answer nothing is written
	Old, New        batch.Version // without their answers
	Versions        int           // how many answers the question has had
	Was, Is         diff.Answer   // which are here
	diff.Difference               // in the newer of them
}

// Comparisons are those of the questions of a checkpoint.
type Comparisons struct {
	Name    string // of the questions
	Of      string // which answers were compared: "since 1 Sep 2026 02:00"
	Sandbox bool   // they come from the sandbox, and are no advice
	// Counts are how many there are of each class.
	Counts map[diff.Class]int
	// List has those that are not the same, the changed ones first.
	List []Comparison
}

// Total returns how many pairs of answers were compared.
func (c *Comparisons) Total() int {
	return c.Counts[diff.Changed] + c.Counts[diff.Reworded] + c.Counts[diff.Same]
}

// InWords says how many there are of each class.
func (c *Comparisons) InWords() string {
	if c.Total() == 0 {
		return "no question was answered anew"
	}
	return fmt.Sprintf("%s answered anew: %d changed, %d reworded, %d the same",
		prose.Count(c.Total(), "question"), c.Counts[diff.Changed], c.Counts[diff.Reworded], c.Counts[diff.Same])
}

// What says what is different: of an answer that is only reworded, that.
func (c *Comparison) What() []string {
	if len(c.Changes) == 0 {
		return []string{string(c.Class)}
	}
	return c.Difference.What()
}

// MarshalJSON returns the comparison with all that is known of it.
func (c *Comparison) MarshalJSON() ([]byte, error) {
	type side struct {
		Version  int         `json:"version"`
		Run      int64       `json:"run"`
		Answered any         `json:"answered"`
		Cost     batch.Money `json:"cost"`
		Answer   string      `json:"answer"`
		Sources  []string    `json:"sources"`
	}
	of := func(v batch.Version, a diff.Answer) side {
		return side{v.Number, v.Run, orNull(timestamp(v.Finished)), v.Cost, textOf(a), list(a.Sources)}
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(struct {
		ID       string        `json:"id"`
		Line     int           `json:"line"`
		Question string        `json:"question"`
		Class    diff.Class    `json:"class"`
		What     []string      `json:"what"`
		Changes  []diff.Change `json:"changes"`
		Before   side          `json:"before"`
		Now      side          `json:"now"`
	}{c.Record.ID, c.Record.Line, c.Record.Question, c.Class, list(c.Difference.What()), list(c.Changes), of(c.Old, c.Was), of(c.New, c.Is)})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// textOf returns an answer: the members of a structured one with their names.
func textOf(a diff.Answer) string {
	if a.Fields == nil {
		return strings.TrimSpace(a.Text)
	}
	var lines []string
	for _, f := range a.Fields {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return strings.Join(lines, "\n")
}

// readable returns an answer as people read it, without markup.
func readable(a diff.Answer) string {
	return prose.Printable(runsText(richText(strings.ReplaceAll(textOf(a), "\r", ""))))
}
