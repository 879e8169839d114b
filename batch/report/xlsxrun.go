package report

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bizbatch/batch"
)

// runSheet returns the sheet about the runs.
func runSheet(name string, styles int) *sheet {
	return &sheet{name: name, styles: styles,
		columns: []column{{"", 34, wrappedCell}, {"", 60, wrappedCell}, {"", 16, plainCell}, {"", 16, plainCell}, {"", 16, plainCell}, {"", 16, plainCell}}}
}

// writeRun writes the sheet about the runs.
func writeRun(out io.Writer, run *sheet, o Options, written map[batch.Status]int) error {
	if err := run.begin(out); err != nil {
		return err
	}
	for _, line := range runLines(o.History, o.Groups, written) {
		if err := run.add(out, line); err != nil {
			return err
		}
	}
	return run.end(out)
}

// runLines returns the rows of the sheet Run: settings, counts, money, failures and
// runs, as far as they are known.
func runLines(h *batch.History, groups []Group, written map[batch.Status]int) [][]cell {
	var t runTable
	t.title("Rows in this workbook")
	for _, status := range slices.Sorted(maps.Keys(written)) {
		t.add(string(status), strconv.Itoa(written[status]))
	}
	if h == nil {
		return t
	}
	t.title("Settings")
	t.add("checkpoint", filepath.Base(h.Path))
	for _, s := range settingsOf(h) {
		t.add(s[0], s[1])
	}
	t.title("Questions (equal ones once)")
	t.add("answered", strconv.Itoa(h.Answered))
	t.add("failed", strconv.Itoa(h.Failed))
	t.add("pending", strconv.Itoa(h.Pending))
	t.add("rows of the input", strconv.Itoa(h.Rows))
	t.add("rows without a question", strconv.Itoa(h.Skipped))
	t.addMoney(h)
	t.addGroups(groups)
	t.title("Failures by reason")
	for _, reason := range byCount(h.Reasons) {
		t.add(reason, strconv.Itoa(h.Reasons[reason]))
	}
	if len(h.Reasons) == 0 {
		t.add("none")
	}
	t.title("Runs")
	t.header("started", "ended", "outcome", "answered", "failed", "spent")
	for _, r := range h.Runs {
		t.add(clock(r.Started), clock(r.Ended), r.Outcome, strconv.Itoa(r.Summary.Answered), strconv.Itoa(r.Summary.Failed), r.Summary.Spent.String())
	}
	if len(h.Orders) > 0 {
		t.title("Orders")
		t.header("given", "by", "order", "reason")
	}
	for _, o := range h.Orders {
		t.add(clock(o.Given), o.By, o.Order, o.Reason)
	}
	return t
}

// A runTable is the rows of the sheet Run.
type runTable [][]cell

func (t *runTable) title(text string) {
	if *t != nil {
		*t = append(*t, nil)
	}
	t.row(titleCell, text)
}

func (t *runTable) header(texts ...string) { t.row(headerCell, texts...) }

func (t *runTable) add(texts ...string) { t.row(wrappedCell, texts...) }

func (t *runTable) row(look int, texts ...string) {
	row := make([]cell, len(texts))
	for i, text := range texts {
		row[i] = cell{text: text, look: look}
	}
	*t = append(*t, row)
}

func (t *runTable) addMoney(h *batch.History) {
	t.title("Money")
	t.add("spent for these answers", h.Spent.String())
	for _, mode := range slices.Sorted(maps.Keys(h.SpentByMode)) {
		t.add("  "+cmp.Or(string(mode), "no ask mode"), h.SpentByMode[mode].String())
	}
	if len(h.Uncertain) > 0 {
		t.add("perhaps charged without an answer", fmt.Sprintf("%s (%d requests)", h.UncertainCost, len(h.Uncertain)))
	}
}

func (t *runTable) addGroups(groups []Group) {
	if len(groups) == 0 {
		return
	}
	t.title("Answers by " + columnsOf(groups[0]))
	t.header("", "file", "rows", "answered", "failed", "spent")
	for _, g := range groups {
		t.add((&Part{Values: g.Values}).Name(), g.Output, strconv.Itoa(g.Rows), strconv.Itoa(g.Answered), strconv.Itoa(g.Failed), g.Spent.String())
	}
}

// columnsOf names the columns that part the groups.
func columnsOf(g Group) string {
	var names []string
	for _, v := range g.Values {
		names = append(names, v.Column)
	}
	return strings.Join(names, ", ")
}

// settingsOf returns what the questions were asked with, each with its name.
func settingsOf(h *batch.History) (list [][2]string) {
	add := func(name, value string) {
		if value != "" {
			list = append(list, [2]string{name, value})
		}
	}
	add("service", h.Endpoint)
	add("model", h.Settings.Model)
	add("ask mode", cmp.Or(string(h.Settings.AskMode), "the service's"))
	for _, name := range slices.Sorted(maps.Keys(h.Settings.Params)) {
		add("parameter "+name, string(h.Settings.Params[name]))
	}
	add("template", h.Settings.Template)
	add("schema", string(h.Settings.Schema))
	return list
}

// byCount returns the reasons, the most frequent first.
func byCount(reasons map[string]int) []string {
	return slices.SortedFunc(maps.Keys(reasons), func(a, b string) int {
		return cmp.Or(cmp.Compare(reasons[b], reasons[a]), cmp.Compare(a, b))
	})
}

// clock returns a time for people, where they are, with its offset.
func clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05 ") + zone(t)
}

// zone names our time zone at a time: EST, or UTC-03 where it has no name.
func zone(t time.Time) string {
	name := t.Local().Format("MST")
	if strings.ContainsAny(name[:1], "+-") {
		name = "UTC" + name
	}
	return name
}
