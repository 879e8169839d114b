package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gocarina/gocsv"

	"bizbatch/batch"
)

// A csvWriter writes the input's columns as they were, and after them the
// common ones.
type csvWriter struct {
	streamed
	w    *gocsv.SafeCSVWriter
	rows rowReader
	safe bool // see Options.CSVSafe
}

func newCSVWriter(b *bufio.Writer, in batch.Input, safe bool) (*csvWriter, error) {
	w := csv.NewWriter(b) // buffers in b, not once more
	if in.Delimiter != "" {
		w.Comma, _ = utf8.DecodeRuneInString(in.Delimiter)
	}
	if in.BOM {
		if _, err := b.WriteString("\ufeff"); err != nil {
			return nil, err
		}
	}
	names := ownNames(common, in.Columns)
	header := slices.Clone(in.Columns)
	for _, name := range common {
		header = append(header, names[name])
	}
	c := &csvWriter{w: gocsv.NewSafeCSVWriter(w), rows: rowReader{in}, safe: safe}
	return c, c.put(header)
}

func (c *csvWriter) put(row []string) error {
	if c.safe {
		for i, cell := range row {
			row[i] = defused(cell)
		}
	}
	return c.w.Write(row)
}

func (c *csvWriter) write(rec batch.Record) error {
	row, err := c.rows.cells(rec.Fields)
	if err != nil {
		return err
	}
	for _, cell := range commonCells(rec) {
		row = append(row, readable(cell))
	}
	return c.put(row)
}

// commonCells are a record's cells in the common columns.
func commonCells(rec batch.Record) []string {
	var answer, cited, seconds, attempts string
	requestID := rec.RequestID
	if rec.Answer != nil {
		text, sources := rec.Answer.Numbered()
		sources, note := listed(rec.Answer, sources)
		answer, cited = text, cmp.Or(note, citationLines(sources))
		requestID = rec.Answer.RequestID
	}
	if rec.Answer != nil || rec.Status == batch.Failed {
		seconds = strconv.FormatFloat(rec.Seconds, 'f', 1, 64)
	}
	if rec.Status != batch.Skipped {
		attempts = strconv.Itoa(rec.Attempts)
	}
	return []string{answer, cited, string(rec.Status), rec.Error, attempts, seconds, requestID}
}

// readable replaces what many CSV readers refuse a whole file for: bytes that
// are not UTF-8, and NUL.
func readable(cell string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(cell, "\ufffd"), "\x00", "\ufffd")
}

// defused puts an apostrophe before a cell that a spreadsheet would run: one
// that begins, perhaps after white space, with a sign that begins a formula
// (also a wide one, which some spreadsheets take for it). A number is none,
// whatever its sign.
func defused(cell string) string {
	start := strings.TrimLeftFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
	first, _ := utf8.DecodeRuneInString(start)
	if !strings.ContainsRune("=+-@＝＋－＠", first) || start == "" {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}
