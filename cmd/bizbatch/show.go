package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

type showCmd struct {
	Checkpoint string `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	ID         string `arg:"" name:"id" help:"The question's id: the value of its id column, or the number of its row."`
}

func (*showCmd) examples() string {
	return `bizbatch show questions.csv TQ-001               # one question, its answer and the sources it cites
bizbatch show questions.csv TQ-001 > TQ-001.md   # as Markdown`
}

// Run prints the question with what became of it, also while a run is on.
func (c *showCmd) Run(e env) error {
	store, err := viewCheckpoint(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	in, err := batch.ReadInput(store)
	if err != nil {
		return err
	}
	p := pageFor(e.stdout)
	n := 0
	for rec, err := range batch.RecordsByID(store, c.ID) {
		if err != nil {
			return err
		}
		if n++; n > 1 {
			p.line("")
		}
		p.show(in, rec)
	}
	if n == 0 {
		return usageError(fmt.Errorf("%s holds no question %s", c.Checkpoint, quote(c.ID)), idsHint(store))
	}
	return p.err
}

// idsHint tells how the questions of a checkpoint are called.
func idsHint(store *checkpoint.Store) string {
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

// A page is text for people: on a terminal in lines of a width that can be
// read, with bold type where there may be any.
type page struct {
	w     io.Writer
	width int // 0: lines stay as they are
	bold  bool
	err   error // the first of writing
}

func pageFor(w io.Writer) *page {
	const widest = 100
	p := &page{w: w}
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return p
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil {
		p.width = min(n, widest)
	}
	p.bold = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return p
}

// show prints a question, its answer and the sources that it cites.
func (p *page) show(in batch.Input, rec batch.Record) {
	p.heading(headline(rec))
	for _, f := range fieldsOf(in, rec) {
		p.text(f)
	}
	if rec.Error != "" {
		p.line("")
		p.text(rec.Error)
	}
	if rec.Answer == nil {
		return
	}
	text, cited, _ := rec.Answer.Numbered()
	p.line("")
	p.text(strings.TrimSpace(text))
	p.sources(rec.Answer, cited)
	if len(rec.Answer.Suggestions) > 0 {
		p.line("")
		p.heading("Further questions")
	}
	for _, s := range rec.Answer.Suggestions {
		p.text("- " + s)
	}
}

// sources prints those that an answer cites, and says what there is of others.
func (p *page) sources(a *batch.Answer, cited []batch.Source) {
	if len(a.Sources) == 0 && len(cited) == 0 {
		return
	}
	p.line("")
	p.heading("Sources")
	if a.Kept == batch.NoSources {
		p.text("not kept (--sources none)")
		return
	}
	for i, s := range cited {
		p.text(sourceText(i+1, s))
	}
	if more := len(a.Sources) - len(cited); more > 0 {
		p.text(fmt.Sprintf("and %s that it does not cite (an export to .jsonl has them all)", count(more, "source")))
	}
	if a.Kept == batch.CitedSources {
		p.text("any others were not kept (--sources cited)")
	}
}

// headline is what there is to say of a question in a line.
func headline(rec batch.Record) string {
	parts := []string{"question " + rec.ID, string(rec.Status)}
	if rec.Cost > 0 {
		parts = append(parts, rec.Cost.String())
	}
	if rec.Reused != "" {
		parts = append(parts, "taken over from "+rec.Reused)
	}
	if rec.Seconds > 0 {
		parts = append(parts, short(time.Duration(rec.Seconds*float64(time.Second)).Round(100*time.Millisecond)))
	}
	if rec.Attempts > 1 {
		parts = append(parts, count(rec.Attempts, "attempt"))
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

// fieldsOf are the fields of the row that hold something, as "name: value".
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

// sourceText is a source under its number, the URL on a line of its own, where
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
