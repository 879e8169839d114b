package report

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
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

// longestExcerpt is how much of a source the page shows, in characters: with
// 10,000 questions on it, whole sources would be most of the page.
const longestExcerpt = 600

// pageGroup is how many questions the page has in a group: what is not in view
// costs the browser something for each group, not for each question.
const pageGroup = 10

// An htmlWriter writes one page that needs nothing else. Rows are written as
// they come; the summary, which stands above them, is of the runs' history.
type htmlWriter struct {
	out      *bufio.Writer
	rows     rowReader
	number   int // of the row, from 1
	question int // the column of the questions, or -1
	history  *batch.History
}

func newHTMLWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	w := &htmlWriter{out: b, rows: rowReader{in}, question: questionColumn(in), history: o.History}
	head := pageHead{Title: titleOf(o), Policy: pagePolicy, CSS: template.CSS(pageCSS), Statuses: pageStatuses, Columns: in.Columns, Selection: selection(o)}
	if o.History != nil {
		f, err := figuresOf(o.History)
		if err != nil {
			return nil, err
		}
		head.Figures, head.Plots, head.Settings = numbersFor(o.History, f), plotsOf(o.History, f), settingsOf(o.History)
		head.Sandbox = o.History.Endpoint == "sandbox"
		head.When = period(o.History, f)
	}
	return w, pageTemplates.ExecuteTemplate(b, "head", head)
}

type pageHead struct {
	Title, Policy   string
	CSS             template.CSS
	When, Selection string
	Sandbox         bool
	Figures         [][2]string // a number, and what it is of
	Plots           []plot
	Settings        [][2]string
	Statuses        []batch.Status
	Columns         []string
}

var pageStatuses = []batch.Status{batch.Answered, batch.Failed, batch.Pending, batch.Running, batch.Truncated, batch.Refused, batch.Empty, batch.EndedUnclear, batch.Skipped}

// titleOf names a report by the file whose questions it answers.
func titleOf(o Options) string {
	if o.History == nil || o.History.Name == "" {
		return "Answers"
	}
	return "Answers to " + o.History.Name
}

// selection says which rows are there, where not all are.
func selection(o Options) string {
	var parts []string
	if o.Status != "" {
		parts = append(parts, string(o.Status)+" questions only")
	}
	if !o.Since.IsZero() {
		parts = append(parts, "since "+clock(o.Since))
	}
	return strings.Join(parts, ", ")
}

// period is when the answers came in.
func period(h *batch.History, f *figures) string {
	if len(f.finished) == 0 {
		return ""
	}
	first, last := time.UnixMilli(f.finished[0]).Local(), time.UnixMilli(f.finished[len(f.finished)-1]).Local()
	const day = "2 January 2006"
	if first.Format(day) == last.Format(day) {
		return last.Format(day)
	}
	return first.Format(day) + " to " + last.Format(day)
}

// numbersFor are the numbers at the top of the page.
func numbersFor(h *batch.History, f *figures) (list [][2]string) {
	add := func(number, of string) { list = append(list, [2]string{number, of}) }
	add(strconv.Itoa(h.Answered), "answered")
	if h.Failed > 0 {
		add(strconv.Itoa(h.Failed), "failed")
	}
	if h.Pending > 0 {
		add(strconv.Itoa(h.Pending), "pending")
	}
	add(h.Spent.String(), "spent")
	if len(h.Uncertain) > 0 {
		add(h.UncertainCost.String(), "perhaps charged without an answer")
	}
	if len(f.seconds) > 0 {
		add(seconds(f.quantile(0.5)), "for half of the answers")
	}
	if n := len(h.Runs); n > 0 {
		number, runs, _ := strings.Cut(prose.Count(n, "run"), " ")
		add(number, runs)
	}
	return list
}

// questionColumn returns the column that holds the questions, or -1. An input that
// does not name it is that of an older checkpoint.
func questionColumn(in batch.Input) int {
	if in.Question != "" {
		return slices.Index(in.Columns, in.Question)
	}
	for _, name := range batch.QuestionNames {
		for i, column := range in.Columns {
			if sameName(column, name) {
				return i
			}
		}
	}
	if len(in.Columns) == 1 {
		return 0
	}
	return -1
}

// An entry is a row as people read it.
type entry struct {
	Number      int
	ID          string
	IDAt        int // the column that holds the id, or -1
	QuestionAt  int // the column that holds the question
	Status      batch.Status
	Question    string
	Fields      []field
	Answer      template.HTML
	Summary     string
	Sources     []entrySource
	Suggestions []string
	Error       string
	Notes       []string // how long it took and the like
}

type field struct {
	Column      int
	Name, Value string
}

type entrySource struct {
	Number                          int
	Title, Page, Tool, Excerpt, URL string
	Link                            string // the URL where it can be followed
}

func (w *htmlWriter) write(rec batch.Record) error {
	if w.number%pageGroup == 0 {
		if err := pageTemplates.ExecuteTemplate(w.out, "group", w.number); err != nil {
			return err
		}
	}
	w.number++
	e := entry{Number: w.number, ID: rec.ID, QuestionAt: w.question, Status: rec.Status, Error: rec.Error, Notes: notes(rec)}
	var err error
	if e.Question, e.Fields, e.IDAt, err = fieldsOf(w.rows, w.question, rec); err != nil {
		return err
	}
	if a := rec.Answer; a != nil {
		_, cited, _ := a.Numbered()
		text := answerHTML{numbersOf(cited), fmt.Sprintf("q%d-", w.number)}
		cited, note := listed(a, cited)
		if note != "" {
			text.anchor, e.Notes = "", append(e.Notes, note)
		}
		e.Answer = text.render(a.Text)
		e.Sources, e.Suggestions, e.Summary = entrySources(cited), a.Suggestions, a.Summary
	}
	return pageTemplates.ExecuteTemplate(w.out, "entry", e)
}

// fieldsOf returns a row's question as it was asked, its other columns that hold
// anything, and which column is its id, or -1.
func fieldsOf(rows rowReader, questionAt int, rec batch.Record) (question string, fields []field, idAt int, err error) {
	row, err := rows.cells(rec.Fields)
	if err != nil {
		return "", nil, -1, err
	}
	question, idAt = rec.Question, -1
	for i, value := range row {
		name := strings.TrimSpace(rows.in.Columns[i])
		switch {
		case i == questionAt && (question == "" || strings.TrimSpace(value) == question):
			question = value
		case strings.TrimSpace(value) == "":
		case idAt < 0 && strings.TrimSpace(value) == rec.ID:
			idAt = i
		default:
			fields = append(fields, field{i, cmp.Or(name, "column "+strconv.Itoa(i+1)), value})
		}
	}
	return question, fields, idAt, nil
}

func entrySources(cited []batch.Source) (list []entrySource) {
	for i, s := range cited {
		list = append(list, entrySource{
			Number: i + 1, Title: cmp.Or(oneLine(s.Title()), s.URL(), s.NodeID()), Page: oneLine(s.Page()), Tool: s.Tool(),
			Excerpt: shortened(s.Excerpt(), longestExcerpt), URL: s.URL(), Link: safeURL(s.URL()),
		})
	}
	return list
}

// notes are a row's figures.
func notes(rec batch.Record) (list []string) {
	requestID := rec.RequestID
	if rec.Answer != nil {
		requestID = rec.Answer.RequestID
		list = append(list, clock(rec.Finished), seconds(rec.Seconds), rec.Cost.String())
	}
	if rec.Attempts > 0 {
		list = append(list, prose.Count(rec.Attempts, "attempt"))
	}
	if requestID != "" {
		list = append(list, requestID)
	}
	if list != nil && list[0] == "" { // no time is known
		list = list[1:]
	}
	return list
}

func (w *htmlWriter) end() error {
	if err := pageTemplates.ExecuteTemplate(w.out, "foot", w.number); err != nil {
		return err
	}
	// As it is: the policy names the script by its digest.
	_, err := io.WriteString(w.out, "<script>"+pageJS+"</script>\n</body>\n</html>\n")
	return err
}

func (w *htmlWriter) close() error { return nil }
