package report

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"io"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/check"
	"bizbatch/internal/prose"
)

//go:embed page/report.css
var pageCSS string

//go:embed page/report.js
var pageJS string

//go:embed page/report.gohtml
var pageText string

var pageTemplates = template.Must(template.New("page").Parse(pageText))

// pagePolicy lets the page run its one script and nothing else, and load
// nothing from anywhere.
var pagePolicy = func() string {
	sum := sha256.Sum256([]byte(pageJS))
	return "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}()

// pageGroup is how many answers the page has in a group: what is not in view
// costs the browser something for each group, not for each answer.
const pageGroup = 10

// An htmlWriter writes one page that needs nothing else. What needs attention
// and the index stand above the answers, so all of it is spooled as it comes,
// and the page is put together at the end.
type htmlWriter struct {
	out     *bufio.Writer
	in      batch.Input
	rows    rowReader
	o       Options
	figures *figures // nil without a history

	question int // the column of the questions, or -1
	group    int // the column that may group them, or -1

	spool   *spool
	written []pageRow
	counts  map[string]int // of the rows, by kind
	groups  pageGroups
	sources pageSources
	scratch bytes.Buffer
}

// A pageRow is a row of the file, as far as it is kept in memory.
type pageRow struct {
	line, entry piece
	group       int
	kinds       []string // its status, and what else a chip selects it by
}

func newHTMLWriter(b *bufio.Writer, folder string, in batch.Input, o Options) (writer, error) {
	w := &htmlWriter{out: b, in: in, rows: rowReader{in}, o: o, question: questionColumn(in), counts: map[string]int{}}
	w.group = groupColumn(in.Columns, w.question)
	if o.History != nil {
		f, err := figuresOf(o.History)
		if err != nil {
			return nil, err
		}
		w.figures = f
	}
	var err error
	w.spool, err = newSpool(folder)
	return w, err
}

// spooled executes a template into the spool.
func (w *htmlWriter) spooled(name string, data any) (piece, error) {
	w.scratch.Reset()
	if err := pageTemplates.ExecuteTemplate(&w.scratch, name, data); err != nil {
		return piece{}, err
	}
	return w.spool.add(w.scratch.Bytes())
}

// An entry is a row as people read it.
type entry struct {
	Number      int // of the row, from 1
	ID          string
	IDAt        int // the column that holds the id, or -1
	Status      batch.Status
	Question    string
	Fields      []field
	Checks      string // what there is to look at
	Look        bool   // it is more than the status says
	Kinds       string // what chips select it by, where that is more than that it is answered
	Answer      template.HTML
	Summary     string
	Sources     []entrySource
	Suggestions []string
	Error       string
	Notes       []string // how long it took and the like
}

// An entrySource is a source in the list under an answer that cites it.
type entrySource struct{ ID, Title, Page string }

func (w *htmlWriter) write(rec batch.Record) error {
	e := entry{Number: len(w.written) + 1, ID: rec.ID, Status: rec.Status, Error: rec.Error, Notes: notes(rec)}
	var err error
	if e.Question, e.Fields, e.IDAt, err = fieldsOf(w.rows, w.question, rec); err != nil {
		return err
	}
	opening := ""
	a, rest := toRead(&rec, w.o.Columns)
	if a != nil {
		if opening, err = w.answer(&e, a); err != nil {
			return err
		}
		e.check(rec)
	}
	group := w.groups.of(e.Fields, w.group)
	for i, p := range rest {
		e.Fields = append(e.Fields, field{len(w.in.Columns) + i, p.Name, p.Text})
	}
	if review := reviewLine(&rec); review != "" {
		e.Fields = append(e.Fields, field{len(w.in.Columns) + len(w.o.Columns), "review", oneLine(review)})
	}
	row := pageRow{group: group, kinds: []string{string(e.Status)}}
	if e.Look {
		row.kinds = append(row.kinds, toCheck)
	}
	if _, again := rec.Shown(); again {
		row.kinds = append(row.kinds, reopened)
	}
	for _, kind := range row.kinds {
		w.counts[kind]++
	}
	if row.kinds[0] != string(batch.Answered) || len(row.kinds) > 1 {
		e.Kinds = strings.Join(row.kinds, " ")
	}
	line, err := json.Marshal(lineOf(e, rec, opening))
	if err != nil {
		return err
	}
	if row.line, err = w.spool.add(line); err != nil {
		return err
	}
	row.entry, err = w.spooled("entry", e)
	w.written = append(w.written, row)
	return err
}

// check fills in what there is to look at.
func (e *entry) check(rec batch.Record) {
	verdict := check.Record(rec)
	if verdict.OK {
		e.Notes = append(e.Notes, "checks: "+verdict.String())
		return
	}
	e.Checks = verdict.String()
	e.Look = slices.ContainsFunc(verdict.Kinds(), func(kind string) bool { return kind != string(e.Status) })
}

// answer fills in what an answer brings. Its opening is the sentence that tells
// the most of it.
func (w *htmlWriter) answer(e *entry, a *batch.Answer) (opening string, err error) {
	shown, cited, _ := a.Numbered()
	kept, note := listed(a, cited)
	text := answerHTML{numbers: numbersOf(cited), byNumber: len(cited) > 0 && shown == a.Text}
	if note != "" {
		e.Notes = append(e.Notes, note)
	}
	for _, s := range kept {
		id, err := w.source(s)
		if err != nil {
			return "", err
		}
		text.anchors = append(text.anchors, id)
		e.Sources = append(e.Sources, entrySource{id, sourceTitle(s), oneLine(s.Page())})
	}
	e.Answer, opening = text.render(a.Text)
	e.Summary, e.Suggestions = a.Summary, a.Suggestions
	return sentence(cmp.Or(oneLine(a.Summary), opening)), nil
}

// notes returns a row's figures.
func notes(rec batch.Record) (list []string) {
	requestID := rec.RequestID
	if rec.Answer != nil {
		requestID = rec.Answer.RequestID
		list = append(list, strings.TrimSpace("answered "+clock(rec.Finished)), seconds(rec.Seconds), rec.Cost.String())
	}
	if rec.Attempts > 1 || rec.Answer == nil && rec.Attempts > 0 {
		list = append(list, prose.Count(rec.Attempts, "attempt"))
	}
	if requestID != "" {
		list = append(list, requestID)
	}
	return list
}

func (w *htmlWriter) end() error {
	if err := w.spool.Flush(); err != nil {
		return err
	}
	for _, part := range []func() error{w.putHead, w.putNeeds, w.putTools, w.putIndex, w.putAnswers, w.putSources, w.putFigures} {
		if err := part(); err != nil {
			return err
		}
	}
	// As it is: the policy names the script by its digest.
	_, err := io.WriteString(w.out, "<script>"+pageJS+"</script>\n</body>\n</html>\n")
	return err
}

func (w *htmlWriter) close() error {
	if w.spool == nil {
		return nil
	}
	s := w.spool
	w.spool = nil
	return s.close()
}
