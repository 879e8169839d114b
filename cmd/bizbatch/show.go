package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/check"
	"bizbatch/batch/schema"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

type showCmd struct {
	Checkpoint string `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	ID         string `arg:"" name:"id" help:"The question's id: the value of its id column, or the number of its row."`
	History    bool   `help:"Print all answers that the question has had: when, by which run, for how much, and what each of them changed."`
}

func (*showCmd) examples() string {
	return `bizbatch show questions.csv TQ-001               # one question, its answer and the sources it cites
bizbatch show questions.csv TQ-001 > TQ-001.md   # as Markdown
bizbatch show questions.csv --history TQ-001     # all answers that it has had, and what changed`
}

// Run prints the question with what became of it, also while a run is on.
func (c *showCmd) Run(e env) error {
	store, in, err := job.ViewInput(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	if c.History {
		return c.showHistory(e, store)
	}
	s, err := schema.Read(store)
	if err != nil {
		return err
	}
	p := terminal.NewPage(e.stdout)
	n := 0
	for rec, err := range batch.RecordsByID(store, c.ID) {
		if err != nil {
			return err
		}
		if n++; n > 1 {
			p.Line("")
		}
		s.Note(&rec)
		showRecord(p, in, rec)
	}
	if n == 0 {
		return unknown(store, c.Checkpoint, c.ID)
	}
	return p.Err()
}

// unknown is the error about a question that is not there.
func unknown(store batch.Checkpoint, path, id string) error {
	return exit.Usage(fmt.Errorf("%s holds no question %s", path, terminal.Quote(id)), idsHint(store))
}

// hasQuestion reports whether there is a question with the id.
func hasQuestion(store batch.Checkpoint, id string) bool {
	for _, err := range store.ResultsByID(id) {
		return err == nil
	}
	return false
}

// idsHint tells how the questions of a checkpoint are called.
func idsHint(store batch.Checkpoint) string {
	const some = 3
	var ids []string
	for rec, err := range batch.Records(store) {
		if err != nil || len(ids) == some {
			return fmt.Sprintf("its questions are called %s and so on", strings.Join(ids, ", "))
		}
		ids = append(ids, rec.ID)
	}
	if ids == nil {
		return "bizbatch run takes questions in"
	}
	return "its questions are called " + strings.Join(ids, ", ")
}

// showRecord prints a question, its answer and the sources that it cites.
func showRecord(p *terminal.Page, in batch.Input, rec batch.Record) {
	p.Heading(headline(rec))
	for _, f := range fieldsOf(in, rec) {
		p.Text(f)
	}
	if rec.Error != "" {
		p.Line("")
		p.Text(rec.Error)
	}
	if rec.Answer == nil {
		return
	}
	text, cited, _ := rec.Answer.Numbered()
	p.Line("")
	p.Text(strings.TrimSpace(text))
	showSources(p, rec.Answer, cited)
	p.Line("")
	p.Text("Checks: " + check.Record(rec).String())
	if len(rec.Answer.Suggestions) > 0 {
		p.Line("")
		p.Heading("Further questions")
	}
	for _, s := range rec.Answer.Suggestions {
		p.Text("- " + s)
	}
}

// showSources prints those that an answer cites, and says what there is of others.
func showSources(p *terminal.Page, a *batch.Answer, cited []batch.Source) {
	if len(a.Sources) == 0 && len(cited) == 0 {
		return
	}
	p.Line("")
	p.Heading("Sources")
	if a.Kept == batch.NoSources {
		p.Text("not kept (--sources none)")
		return
	}
	for i, s := range cited {
		p.Text(sourceText(i+1, s))
	}
	if more := len(a.Sources) - len(cited); more > 0 {
		p.Text(fmt.Sprintf("and %s that it does not cite (an export to .jsonl has them all)", prose.Count(more, "source")))
	}
	if a.Kept == batch.CitedSources {
		p.Text("any others were not kept (--sources cited)")
	}
}

// headline returns what there is to say of a question in a line.
func headline(rec batch.Record) string {
	parts := []string{"question " + rec.ID, string(rec.Status)}
	if rec.Cost > 0 {
		parts = append(parts, rec.Cost.String())
	}
	if rec.Reused != "" {
		parts = append(parts, "taken over from "+rec.Reused)
	}
	if rec.Seconds > 0 {
		parts = append(parts, terminal.Short(time.Duration(rec.Seconds*float64(time.Second)).Round(100*time.Millisecond)))
	}
	if rec.Attempts > 1 {
		parts = append(parts, prose.Count(rec.Attempts, "attempt"))
	}
	id := rec.RequestID
	if rec.Answer != nil {
		id = rec.Answer.RequestID
	}
	if id != "" {
		parts = append(parts, "request "+id)
	}
	return strings.Join(parts, " · ")
}

// fieldsOf returns the fields of the row that hold something, as "name: value".
func fieldsOf(in batch.Input, rec batch.Record) (list []string) {
	add := func(name string, value any) {
		if value != nil && value != "" {
			list = append(list, fmt.Sprintf("%s: %v", name, value))
		}
	}
	var row []string
	if json.Unmarshal(rec.Fields, &row) == nil {
		for i, value := range row {
			if i < len(in.Columns) {
				add(in.Columns[i], value)
			}
		}
		return list
	}
	var object map[string]json.RawMessage
	_ = json.Unmarshal(rec.Fields, &object) // it was one when it was read
	for _, name := range in.Columns {
		var text string
		if json.Unmarshal(object[name], &text) != nil {
			text = string(object[name])
		}
		add(name, text)
	}
	return list
}

// sourceText returns a source under its number, the URL on a line of its own, where
// a terminal makes it a link.
func sourceText(number int, s batch.Source) string {
	title := s.Title()
	if title == "" && s.URL() == "" {
		title = s.NodeID()
	}
	if page := s.Page(); page != "" {
		title += ", p. " + page
	}
	text := fmt.Sprintf("[%d] %s", number, strings.TrimPrefix(title, ", "))
	if s.URL() != "" {
		text += "\n    " + s.URL()
	}
	return text
}
