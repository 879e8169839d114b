package job

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/rivo/uniseg"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// understood returns what was understood of the questions' file. A run that takes up
// the rest has not read it: it is read as far as the first question.
func (j *job) understood() question.Understood {
	u := j.reader.Understood()
	if u.First != "" {
		return j.masked(u)
	}
	for q, err := range j.reader.Questions() {
		if err != nil || q.Skip == "" {
			break
		}
	}
	u = j.reader.Understood()
	u.FilteredRows = j.input.FilteredRows
	return j.masked(u)
}

// understoodLines expose a misread file before it is paid for, in lines of the
// width.
func understoodLines(u question.Understood, o question.Options, format batch.Format, width int) []string {
	table := format != batch.JSONL // of JSON lines only those are known that were read
	var parts []string
	if u.Sheet != "" {
		parts = append(parts, sheetPart(u))
	}
	switch {
	case u.HeaderLine > 1:
		parts = append(parts, fmt.Sprintf("header in %s %d", lineWord(format), u.HeaderLine))
	case u.HeaderLine == 0 && table:
		parts = append(parts, "no header")
	}
	asked := cmp.Or(name(u.Question), "none")
	if o.Template != "" {
		asked = "made by --template"
	}
	parts = append(parts, "question: "+asked)
	if table || u.ID != "" {
		parts = append(parts, "id: "+cmp.Or(name(u.ID), "counted from 1"))
	}
	if table || u.AskMode != "" {
		parts = append(parts, "ask mode: "+cmp.Or(name(u.AskMode), "none"))
	}
	lines := []string{strings.Join(parts, " · ")}
	if u.First != "" {
		lines = withFirst(lines[0], u.First, width)
	}
	if u.FilteredRows > 0 {
		lines = append(lines, fmt.Sprintf("a filter hides %s of this sheet from you: they are read too", prose.Count(u.FilteredRows, "row")))
	}
	if u.ShortRows > 0 {
		lines = append(lines, fmt.Sprintf("rows with fewer fields than the header: %d; what is missing is read as empty", u.ShortRows))
	}
	if len(u.PassedOver) > 0 {
		lines = append(lines, "passed over, for want of a question column: "+sheetNames(u.PassedOver))
	}
	if opensElsewhere(u) && o.Sheet == "" {
		line := "Excel opens this workbook on another sheet, " + sheetNames([]string{u.OpensOn})
		if !slices.Contains(u.PassedOver, u.OpensOn) {
			line += ": to ask what is there, add --sheet " + terminal.Quote(u.OpensOn)
		}
		lines = append(lines, line)
	}
	return lines
}

func opensElsewhere(u question.Understood) bool { return u.OpensOn != "" && u.OpensOn != u.Sheet }

// sheetPart names the sheet, and says how many others there are:
// sheet "2025" (of 3; hidden: 1).
func sheetPart(u question.Understood) string {
	part := `sheet "` + name(u.Sheet) + `"`
	switch {
	case u.HiddenSheets > 0:
		part += fmt.Sprintf(" (of %d; hidden: %d)", u.Sheets, u.HiddenSheets)
	case u.Sheets > 1:
		part += fmt.Sprintf(" (of %d)", u.Sheets)
	}
	return part
}

func sheetNames(sheets []string) string {
	quoted := make([]string, len(sheets))
	for i, sheet := range sheets {
		quoted[i] = `"` + name(sheet) + `"`
	}
	return prose.Enumerate(quoted)
}

// withFirst adds the first question to a line, as far as it has room, or else
// below it.
func withFirst(line, first string, width int) []string {
	const before, after, least = `first: "`, `"`, 30
	first = prose.OneLine(first)
	if room := width - uniseg.StringWidth(line+" · "+before+after); room >= min(least, uniseg.StringWidth(first)) {
		return []string{line + " · " + before + terminal.Cut(first, room) + after}
	}
	return []string{line, before + terminal.Cut(first, max(least, width)-len(before+after)) + after}
}

// name returns the name of a sheet or a column, on one line and not too long.
func name(s string) string { return terminal.Cut(prose.OneLine(s), 40) }

// lineWord returns what a place in a file of the format is called.
func lineWord(format batch.Format) string {
	if format == batch.XLSX {
		return "row"
	}
	return "line"
}

// understoodKeys returns the same for the log: all of them, or those that say
// something.
func understoodKeys(u question.Understood, all bool) (args []any) {
	add := func(key string, value any, says bool) {
		if says {
			args = append(args, key, value)
		}
	}
	if u.Sheet != "" {
		add("sheet", u.Sheet, true)
		add("sheets", u.Sheets, all || u.Sheets > 1)
		add("hidden_sheets", u.HiddenSheets, all || u.HiddenSheets > 0)
		add("opens_on", u.OpensOn, all || opensElsewhere(u))
		add("passed_over", append([]string{}, u.PassedOver...), all || len(u.PassedOver) > 0)
		add("filtered_rows", u.FilteredRows, all || u.FilteredRows > 0)
	}
	add("header", u.HeaderLine, all || u.HeaderLine > 0)
	add("question_column", u.Question, all || u.Question != "")
	add("id_column", u.ID, all || u.ID != "")
	add("ask_mode_column", u.AskMode, all || u.AskMode != "")
	add("first", terminal.Cut(prose.OneLine(u.First), 100), all || u.First != "")
	return args
}
