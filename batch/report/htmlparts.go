package report

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A kind is what a chip selects rows by.
type kind struct {
	Name  string // a status, toCheck or reopened
	Label string
	Words string // what it means, where somebody should look at such rows
}

// Kinds that are no status: of an answer in which the checks found something, and of
// one whose review was about an earlier answer.
const (
	toCheck  = "look"
	reopened = "reopened"
)

// kinds are those that need attention first.
var kinds = []kind{
	{string(batch.Failed), "failed", "without an answer"},
	{toCheck, "to check", "where the checks found something"},
	{reopened, "to review again", "answered anew since their review"},
	{string(batch.Refused), "refused", "by the service's content filter"},
	{string(batch.Truncated), "truncated", "at the service's length limit"},
	{string(batch.Empty), "empty", "without any text"},
	{string(batch.EndedUnclear), "unclear", "ended for an unknown reason"},
	{string(batch.Answered), "answered", ""},
	{string(batch.Pending), "pending", ""},
	{string(batch.Running), "running", ""},
	{string(batch.Skipped), "skipped", ""},
}

// put writes a template to the page.
func (w *htmlWriter) put(name string, data any) error {
	return pageTemplates.ExecuteTemplate(w.out, name, data)
}

// putPieces writes pieces of the spool to the page.
func (w *htmlWriter) putPieces(pieces ...piece) error {
	for _, p := range pieces {
		b, err := w.spool.read(p)
		if err != nil {
			return err
		}
		if _, err := w.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

func (w *htmlWriter) putHead() error {
	head := struct {
		Title, Policy string
		CSS           template.CSS
		When, Counts  string
		Sandbox       bool
		Sources       string // how many there are
	}{Title: titleOf(w.o), Policy: pagePolicy, CSS: template.CSS(pageCSS), Counts: w.countsInWords()}
	if n := len(w.sources.pieces); n > 0 {
		head.Sources = prose.Count(n, "source")
	}
	when := []string{selection(w.o)}
	if h := w.o.History; h != nil {
		when = []string{period(w.figures), when[0]}
		head.Sandbox = h.Endpoint == "sandbox"
	}
	head.When = strings.Join(slices.DeleteFunc(when, func(s string) bool { return s == "" }), " · ")
	return w.put("head", head)
}

// countsInWords says how many rows are there, and what their answers cost.
func (w *htmlWriter) countsInWords() string {
	var parts []string
	for _, k := range kinds {
		if n := w.counts[k.Name]; n > 0 && k.Name != toCheck && k.Name != reopened {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.Label))
		}
	}
	of := "question"
	if w.counts[string(batch.Skipped)] > 0 {
		of = "row" // those have none
	}
	words := prose.Count(len(w.written), of)
	if len(parts) > 0 {
		words += ": " + strings.Join(parts, ", ")
	}
	if h := w.o.History; h != nil {
		words += " · " + h.Spent.String() + " spent"
		if len(h.Uncertain) > 0 {
			words += " · " + h.UncertainCost.String() + " perhaps charged without an answer"
		}
	}
	return words
}

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

// period returns when the answers came in.
func period(f *figures) string {
	if len(f.finished) == 0 {
		return ""
	}
	first, last := time.UnixMilli(f.finished[0]).Local(), time.UnixMilli(f.finished[len(f.finished)-1]).Local()
	const day = "2 January 2006"
	if first.Format(day) == last.Format(day) {
		return last.Format(day) + ", " + zone(last)
	}
	return first.Format(day) + " to " + last.Format(day) + ", " + zone(last)
}

// fewNeeds are not folded in the list of what to look at.
const fewNeeds = 20

func (w *htmlWriter) putNeeds() error {
	begun := false
	for _, k := range kinds {
		n := w.counts[k.Name]
		if k.Words == "" || n == 0 {
			continue
		}
		if !begun {
			if err := w.put("needs", nil); err != nil {
				return err
			}
			begun = true
		}
		if err := w.putNeed(k, n); err != nil {
			return err
		}
	}
	switch {
	case begun:
		return w.put("needs end", nil)
	case w.counts[string(batch.Answered)] > 0 && w.counts[string(batch.Answered)] == len(w.written):
		return w.put("nothing needed", nil)
	}
	return nil
}

func (w *htmlWriter) putNeed(k kind, n int) error {
	err := w.put("need kind", struct {
		Kind  kind
		Count int
		Open  bool
	}{k, n, n <= fewNeeds})
	for _, row := range w.written {
		if err != nil {
			return err
		}
		if !slices.Contains(row.kinds, k.Name) {
			continue
		}
		var l line
		if l, err = w.line(row); err == nil {
			err = w.put("need", l)
		}
	}
	if err != nil {
		return err
	}
	return w.put("need kind end", nil)
}

// putTools writes what finds answers, for the page's script.
func (w *htmlWriter) putTools() error {
	type chip struct {
		kind
		Count int
	}
	tools := struct {
		Chips   []chip
		Columns []string
		Shown   int
	}{Columns: w.in.Columns, Shown: len(w.written)}
	for _, k := range kinds {
		if n := w.counts[k.Name]; n > 0 {
			tools.Chips = append(tools.Chips, chip{k, n})
		}
	}
	return w.put("tools", tools)
}

// putAnswers writes the answers in the order of the index.
func (w *htmlWriter) putAnswers() error {
	if err := w.put("answers", w.question); err != nil {
		return err
	}
	n := 0
	for _, part := range w.indexParts() {
		for _, row := range part.rows {
			if n%pageGroup == 0 {
				if err := w.put("group", n); err != nil {
					return err
				}
			}
			n++
			if err := w.putPieces(row.entry); err != nil {
				return err
			}
		}
	}
	return w.put("answers end", n)
}

// putFigures writes what the runs did, which few readers ask for.
func (w *htmlWriter) putFigures() error {
	foot := struct {
		Figures  [][2]string // a number, and what it is of
		Facts    []string    // in place of plots that would say no more
		Plots    []plot
		Orders   [][2]string // when, and what
		Settings [][2]string
	}{}
	if h := w.o.History; h != nil {
		foot.Figures, foot.Settings = numbersFor(h, w.figures), settingsOf(h)
		for _, o := range h.Orders {
			foot.Orders = append(foot.Orders, [2]string{clock(o.Given), o.String()})
		}
		for _, p := range plotsOf(h, w.figures) {
			if p.SVG == "" {
				foot.Facts = append(foot.Facts, p.Words)
			} else {
				foot.Plots = append(foot.Plots, p)
			}
		}
	}
	return w.put("foot", foot)
}

// numbersFor returns the numbers among the figures.
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
