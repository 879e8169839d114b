package report

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A csvWriter writes the input's columns as they were, and after them the
// common ones.
type csvWriter struct {
	streamed
	out   io.Writer
	utf16 io.Closer // nil unless out encodes
	rows  rowReader
	ours  columnWriter
	more  []Column
	comma rune
	safe  bool // see Options.CSVSafe
	opts  Options
	quote string   // the characters that put a field in quotes
	row   []string // the one being written
	line  []byte   // the same as it is written
}

// newCSVWriter writes a file that is delimited as the input was, and with commas
// where the input was no CSV.
func newCSVWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	if in.Tabs {
		return startCSV(b, in, o, ',')
	}
	return startCSV(b, in, o, commaOf(in))
}

func newTSVWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	return startCSV(b, in, o, '\t')
}

// newTextWriter writes a file that is delimited as a CSV file with several columns
// was, else with tabs. It is in UTF-16 where the input was, as Excel's "Unicode
// Text" is.
func newTextWriter(b *bufio.Writer, _ string, in batch.Input, o Options) (writer, error) {
	comma := '\t'
	if in.Format == batch.CSV && len(in.Columns) > 1 {
		comma = commaOf(in)
	}
	if !strings.HasPrefix(strings.ToLower(in.Encoding), "utf-16") {
		return startCSV(b, in, o, comma)
	}
	w := transform.NewWriter(b, utf.UTF16(utf.LittleEndian, utf.UseBOM).NewEncoder())
	o.CSVBOM = No // the encoder writes one
	c, err := startCSV(w, in, o, comma)
	c.utf16 = w
	return c, err
}

// commaOf returns the input's delimiter.
func commaOf(in batch.Input) rune {
	comma, _ := utf8.DecodeRuneInString(cmp.Or(in.Delimiter, ","))
	return comma
}

// startCSV writes the header.
func startCSV(out io.Writer, in batch.Input, o Options, comma rune) (*csvWriter, error) {
	c, err := newDelimited(out, in, o, comma)
	if err == nil {
		err = c.put(slices.Concat(in.Columns, headerOf(common, o.Columns, in), o.reviewColumns(in)))
	}
	return c, err
}

// newDelimited begins a file.
func newDelimited(out io.Writer, in batch.Input, o Options, comma rune) (*csvWriter, error) {
	c := &csvWriter{out: out, rows: rowReader{in}, more: o.Columns, comma: comma, safe: o.CSVSafe, opts: o}
	if c.quote = "\"\r\n" + string(c.comma); c.safe { // and what a spreadsheet in another country would split
		c.quote += splitters
	}
	if strings.ContainsRune("\"\r\n\ufffd", c.comma) {
		return c, fmt.Errorf("%q cannot be the delimiter", in.Delimiter)
	}
	if o.marks(in) {
		if _, err := io.WriteString(out, "\ufeff"); err != nil {
			return c, err
		}
	}
	return c, nil
}

// marks reports whether a file begins with a byte order mark. Excel on Windows takes
// one without for text in an older encoding, and shows § as Â§.
func (o Options) marks(in batch.Input) bool {
	if o.CSVBOM != "" {
		return o.CSVBOM == Yes
	}
	return in.BOM || in.Encoding != "" || in.Format == batch.XLSX
}

func (c *csvWriter) write(rec batch.Record) error {
	row, err := c.rows.cells(rec.Fields)
	if err != nil {
		return err
	}
	ours, err := c.ours.cellsOf(rec)
	if err != nil {
		return err
	}
	ours = append(placed(ours, c.more, textsOf(valuesOf(&rec, c.more))), c.opts.reviewCells(&rec)...)
	c.row = append(append(c.row[:0], row...), texts(ours...)...)
	return c.put(c.row)
}

// texts are cells that a table can hold: many CSV readers refuse a whole file for a NUL,
// or bytes that are not UTF-8.
func texts(cells ...string) []string {
	for i, cell := range cells {
		cells[i] = strings.ReplaceAll(prose.UTF8(cell), "\x00", "\ufffd")
	}
	return cells
}

// put writes a row. (encoding/csv would not quote what only some spreadsheets
// split.)
func (c *csvWriter) put(row []string) error {
	c.line = c.line[:0]
	for i, field := range row {
		if i > 0 {
			c.line = utf8.AppendRune(c.line, c.comma)
		}
		if c.safe {
			field = defused(field, c.comma)
		}
		if !c.quotes(field) {
			c.line = append(c.line, field...)
			continue
		}
		c.line = append(c.line, '"')
		c.line = append(c.line, strings.ReplaceAll(field, `"`, `""`)...)
		c.line = append(c.line, '"')
	}
	c.line = append(c.line, '\n')
	_, err := c.out.Write(c.line)
	return err
}

// quotes reports whether a field stands in quotes: where it must, and where readers
// would trim it or take it for the end of the data.
func (c *csvWriter) quotes(field string) bool {
	first, _ := utf8.DecodeRuneInString(field)
	return strings.ContainsAny(field, c.quote) || unicode.IsSpace(first) || field == `\.`
}

func (c *csvWriter) end() error {
	if c.utf16 == nil {
		return nil
	}
	return c.utf16.Close()
}

// splitters are what spreadsheets split the lines of a CSV file by: which of them
// depends on the country.
const splitters = ",;\t"

// defused puts an apostrophe before what a spreadsheet would run in a cell: the
// cell, or a part of it that is a cell or a line of its own where the file's
// delimiter is another one than the spreadsheet's, and quotes protect nothing.
func defused(cell string, comma rune) string {
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell // whatever its sign
	}
	var b strings.Builder
	for cell != "" {
		part, rest := cell, ""
		if at := strings.IndexFunc(cell, func(r rune) bool { return r != comma && strings.ContainsRune(splitters+"\r\n", r) }); at >= 0 {
			part, rest = cell[:at+1], cell[at+1:]
		}
		if isFormula(part) {
			b.WriteByte('\'')
		}
		b.WriteString(part)
		cell = rest
	}
	return b.String()
}

// isFormula reports whether a text begins, perhaps after white space and quotes,
// with a sign that begins a formula (also a wide one, which some spreadsheets take
// for it).
func isFormula(text string) bool {
	text = strings.TrimLeftFunc(text, func(r rune) bool { return r == '"' || unicode.IsSpace(r) || unicode.IsControl(r) })
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@＝＋－＠", first)
}
