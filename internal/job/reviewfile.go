package job

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
)

// A reviewFile is a file of answers that people wrote in, as a table.
type reviewFile struct {
	name   string
	header []string
	rows   [][]string
	fields []int          // where the input's columns are
	ours   map[string]int // where our columns are
	own    []ownColumn    // those that people added, to the right of ours
	seen   int64          // the last review that was in the file when it was written; -1: not known
}

var errNoReviews = errors.New("it has no columns of reviews")

// readReviews reads a file of answers to the questions of an input.
func readReviews(path string, in batch.Input) (f *reviewFile, err error) {
	ours := report.Columns(in)
	f = &reviewFile{name: path, ours: map[string]int{}, seen: -1}
	f.header, f.rows, err = question.ReadTable(path, ours["verdict"])
	if errors.Is(err, question.ErrNoColumn) {
		err = errNoReviews
	}
	if err != nil {
		return nil, err
	}
	taken := make([]bool, len(f.header))
	find := func(name string) int {
		for i, h := range f.header {
			if !taken[i] && strings.TrimSpace(h) == strings.TrimSpace(name) {
				taken[i] = true
				return i
			}
		}
		return -1
	}
	for _, name := range in.Columns {
		f.fields = append(f.fields, find(name))
	}
	last := 0
	for name, written := range ours {
		f.ours[name] = find(written)
		last = max(last, f.ours[name])
	}
	for i := last + 1; i < len(f.header); i++ {
		if name := strings.TrimSpace(f.header[i]); !taken[i] && name != "" {
			for n := 2; slices.Contains(f.ownNames(), name) || slices.Contains(reviewColumns, name); n++ {
				name = fmt.Sprintf("%s %d", strings.TrimSpace(f.header[i]), n)
			}
			f.own = append(f.own, ownColumn{name, i})
		}
	}
	return f, nil
}

// An ownColumn is a column that people added, under a name that no other one has.
type ownColumn struct {
	name string
	at   int
}

// ownNames returns the names of these columns.
func (f *reviewFile) ownNames() (names []string) {
	for _, c := range f.own {
		names = append(names, c.name)
	}
	return names
}

// cell returns a cell of a row, empty where the file lacks the column.
func cell(row []string, at int) string {
	if at < 0 || at >= len(row) {
		return ""
	}
	return plainCell(row[at])
}

// plainCell returns a cell's text without what programs change in it: white space
// at its ends, line ends, and the apostrophes of --csv-safe.
func plainCell(text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.TrimSpace(defusing.ReplaceAllString(text, "$1$2"))
}

var defusing = regexp.MustCompile(`(^|[,;\t\r\n])'([\s"]*[=+\-@＝＋－＠])`)

// A reviewedRow is a row of the checkpoint, as far as a review is about it.
type reviewedRow struct {
	position  int64
	requestID string
	used      bool
}

// match finds which rows of the file are about which of the checkpoint: those
// with the same fields, else with the same request, else with the same id.
func (f *reviewFile) match(store batch.Checkpoint, in batch.Input, t *taking) (map[int64][][]string, error) {
	var known []*reviewedRow
	byFields, byRequest, byID := map[string][]*reviewedRow{}, map[string][]*reviewedRow{}, map[string][]*reviewedRow{}
	for rec, err := range batch.Records(store) {
		if err != nil {
			return nil, err
		}
		fields, err := report.Fields(in, &rec)
		if err != nil {
			return nil, err
		}
		row := &reviewedRow{position: int64(len(known) + 1)}
		if rec.Answer != nil {
			row.requestID = rec.Answer.RequestID
		}
		known = append(known, row)
		key := joined(fields)
		byFields[key] = append(byFields[key], row)
		if row.requestID != "" {
			byRequest[row.requestID] = append(byRequest[row.requestID], row)
		}
		byID[rec.ID] = append(byID[rec.ID], row)
	}
	idAt := slices.IndexFunc(f.header, func(name string) bool {
		return slices.Contains([]string{"id", "question_id", "custom_id"}, strings.ToLower(strings.TrimSpace(name)))
	})
	found := map[int64][][]string{}
	for _, row := range f.rows {
		fields := make([]string, len(f.fields))
		for i, at := range f.fields {
			fields[i] = cell(row, at)
		}
		at := choose(byFields[joined(fields)], cell(row, f.ours["request_id"]))
		if at == nil {
			at = only(byRequest[cell(row, f.ours["request_id"])])
		}
		if at == nil && idAt >= 0 {
			at = only(byID[cell(row, idAt)])
		}
		if at == nil {
			if f.wrote(row) {
				t.strangers = append(t.strangers, strings.Join(fields[:min(2, len(fields))], ", "))
			}
			continue
		}
		at.used = true
		found[at.position] = append(found[at.position], row)
	}
	return found, nil
}

// wrote reports whether there is something in the columns that people write in.
func (f *reviewFile) wrote(row []string) bool {
	for _, at := range f.written() {
		if cell(row, at) != "" {
			return true
		}
	}
	return false
}

// written returns the columns that people write in.
func (f *reviewFile) written() (columns []int) {
	for _, name := range reviewColumns {
		columns = append(columns, f.ours[name])
	}
	for _, c := range f.own {
		columns = append(columns, c.at)
	}
	return columns
}

// choose takes the row with that request, else the first that is not taken.
func choose(rows []*reviewedRow, requestID string) *reviewedRow {
	for _, row := range rows {
		if !row.used && row.requestID == requestID {
			return row
		}
	}
	for _, row := range rows {
		if !row.used {
			return row
		}
	}
	return nil
}

func only(rows []*reviewedRow) *reviewedRow {
	if len(rows) != 1 {
		return nil
	}
	return rows[0]
}

func joined(fields []string) string {
	var b strings.Builder
	for _, field := range fields {
		field = plainCell(strings.ReplaceAll(strings.ToValidUTF8(field, "\ufffd"), "\x00", "\ufffd"))
		b.WriteString(strconv.Quote(field[:min(len(field), 2_000)]))
	}
	return b.String()
}

// asWritten reports whether a file is as it would be written now, but for the
// columns that people write in. Of a workbook that cannot be told: people colour
// cells, and write into other sheets.
func (f *reviewFile) asWritten(store batch.Checkpoint, in batch.Input, out string, part *report.Part, o report.Options) (bool, error) {
	ext := strings.ToLower(filepath.Ext(out))
	if ext == ".xlsx" || ext == ".xlsm" {
		return false, nil
	}
	folder, err := os.MkdirTemp("", "bizbatch-*")
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(folder)
	w, err := composeOutput(store, in, filepath.Join(folder, "a"+ext), part, o)
	if err == nil {
		err = w.Commit()
	}
	if err != nil {
		return false, err
	}
	now, err := readReviews(filepath.Join(folder, "a"+ext), in)
	if err != nil || len(now.rows) != len(f.rows) {
		return false, nil // it was written without these columns, or rows were added
	}
	skip := f.written()
	for i, row := range f.rows {
		for at := range f.header {
			if slices.Contains(skip, at) {
				continue
			}
			if cell(row, at) != cell(now.rows[i], slices.Index(now.header, f.header[at])) {
				return false, nil
			}
		}
	}
	return len(now.header)-len(now.own) <= len(f.header)-len(f.own), nil
}
