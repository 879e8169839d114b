package question

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// The bytes that stand for what encoding/csv would take for something else, on
// its way through it: a quote that is text, and a carriage return within a
// quoted field, which it drops before \n. Neither occurs in UTF-8.
const (
	quoteStandIn = 0xFE
	crStandIn    = 0xFF
)

// restore puts back what they stand for.
var restore = strings.NewReplacer(string([]byte{quoteStandIn}), `"`, string([]byte{crStandIn}), "\r")

// maxColumns is the largest number of columns that is read. The parser takes a
// hundred times the memory of a row for one that holds nothing but delimiters.
const maxColumns = 100_000

// A csvText converts a CSV file, with the deviations that occur in practice, to one
// that encoding/csv reads, record by record. It returns errors for files whose
// meaning is uncertain.
type csvText struct {
	text  *bufio.Reader // in UTF-8, which is not checked yet
	comma []byte
	quote quoteRule
	width int // of the header; 0: not known yet
	u     *Understood
	short int // rows of fewer fields

	number int    // of the line that was read last, from 1
	long   []byte // a line that cannot stay in text's buffer
	eol    string // what ended the line
	start  int    // the line where the current record begins
	size   int    // bytes of the current record so far

	out    []byte // what is left to give of the current record
	record []byte // all of it
}

func newCSVText(text *bufio.Reader, name string, opts Options, in *batch.Input, u *Understood) (*csvText, error) {
	c := &csvText{text: text, u: u}
	named := c.skipSep()
	comma, usual, err := delimiter(text, name, named, c.number+1, opts)
	if err != nil {
		return nil, err
	}
	c.comma = utf8.AppendRune(nil, comma)
	if c.quote, err = newQuoteRule(opts.Quote, comma); err != nil {
		return nil, err
	}
	if c.quote == quotesThatPair {
		c.text = bufio.NewReaderSize(text, maxLookAhead)
	}
	if comma != ',' && !(usual && strings.EqualFold(filepath.Ext(name), ".txt")) { // a list has none
		in.Delimiter = string(comma)
		in.Tabs = comma == '\t' && !strings.EqualFold(filepath.Ext(name), ".csv")
	}
	return c, nil
}

func (c *csvText) line() int     { return c.start }
func (c *csvText) fit(width int) { c.width = width }

func (c *csvText) delimiter() rune {
	comma, _ := utf8.DecodeRune(c.comma)
	return comma
}

// Read gives the next record, or what is left of the current one.
func (c *csvText) Read(p []byte) (int, error) {
	if len(c.out) == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, c.out)
	c.out = c.out[n:]
	return n, nil
}

// next makes the next record.
func (c *csvText) next() error {
	for {
		c.size = 0
		c.start = c.number + 1
		line, err := c.readLine()
		if err == io.EOF {
			c.u.ShortRows = c.short
		}
		if err != nil {
			return err
		}
		if len(bytes.Trim(line, " \x1a")) > 0 { // Ctrl-Z is how DOS ended a file
			return c.make(line)
		}
	}
}

// make makes a record that begins with a line.
func (c *csvText) make(line []byte) (err error) {
	c.record = c.record[:0]
	end := 0           // of the columns that the header has
	spaced := false    // a field has a quote after space
	var surplus []byte // the first field beyond those columns that holds something
	fields := 0
	for {
		if fields == maxColumns {
			return c.tooManyColumns()
		}
		at := len(c.record)
		spaced = spaced || spaceBeforeQuote(line)
		if line, err = c.field(line, fields); err != nil {
			return err
		}
		if fields++; c.width == 0 || fields <= c.width {
			end = len(c.record)
		} else if len(surplus) == 0 {
			surplus = bytes.Trim(c.record[at:], "\" \t")
		}
		if len(line) == 0 {
			break
		}
		c.record = append(c.record, c.comma...)
		line = line[len(c.comma):]
	}
	if len(surplus) > 0 {
		return c.tooManyFields(fields, spaced)
	}
	if fields < c.width {
		c.short++
	}
	if c.record = c.record[:end]; end == 0 {
		c.record = append(c.record, `""`...) // an empty line would be no record
	}
	c.record = append(c.record, '\n')
	c.out = c.record
	return nil
}

// field adds the field with which a line begins to the record, of which it has
// so many before. It returns what follows it in the line where it ends.
func (c *csvText) field(line []byte, before int) (rest []byte, err error) {
	if len(line) > 0 && line[0] == '"' {
		if quoted, err := c.isQuoted(line, before); err != nil {
			return nil, err
		} else if quoted {
			return c.quoted(line[1:])
		}
	}
	end := bytes.Index(line, c.comma)
	if end < 0 {
		end = len(line)
	}
	if bytes.IndexByte(line[:end], '\r') >= 0 {
		return nil, &Error{Line: c.number, Msg: "a carriage return that ends no line", Hint: `save the file with \n or \r\n line endings`}
	}
	at := len(c.record)
	c.record = append(c.record, line[:end]...)
	for i, b := range c.record[at:] {
		if b == '"' {
			c.record[at+i] = quoteStandIn
		}
	}
	return line[end:], nil
}

// readLine returns the next line without what ends it. It is valid until the
// next call.
func (c *csvText) readLine() ([]byte, error) {
	line, err := c.text.ReadSlice('\n')
	switch {
	case err == bufio.ErrBufferFull:
		line, err = c.readLong(line)
	case c.quote == quotesThatPair: // a look ahead moves what is in the buffer
		c.long = append(c.long[:0], line...)
		line = c.long
	}
	if err != nil && (err != io.EOF || len(line) == 0) {
		return nil, err
	}
	c.number++
	if c.size += len(line); c.size > maxRecord {
		return nil, c.tooLarge()
	}
	if !utf8.Valid(line) {
		return nil, &Error{Line: c.number, Msg: "not valid UTF-8", Hint: encodingHint}
	}
	if err == io.EOF {
		line = bytes.TrimRight(line, "\x1a")
	}
	n := len(line)
	line = bytes.TrimSuffix(line, []byte("\n"))
	if err == io.EOF || len(line) < n {
		line = bytes.TrimSuffix(line, []byte("\r"))
	}
	c.eol = "\n"
	if len(line) < n-1 {
		c.eol = "\r\n"
	}
	return line, nil
}

// readLong reads on a line of which the beginning fills the buffer.
func (c *csvText) readLong(begin []byte) ([]byte, error) {
	c.long = append(c.long[:0], begin...)
	for {
		line, err := c.text.ReadSlice('\n')
		c.long = append(c.long, line...)
		if err != bufio.ErrBufferFull {
			return c.long, err
		}
		if c.size+len(c.long) > maxRecord {
			if c.size == 0 && bytes.Count(c.long, c.comma) > maxColumns {
				return nil, c.tooManyColumns()
			}
			return nil, c.tooLarge()
		}
	}
}

func (c *csvText) tooLarge() *Error {
	return &Error{Line: c.start, Msg: "the row that begins here is larger than 16 MB", Hint: "is there a quote that is never closed?"}
}

func (c *csvText) tooManyColumns() *Error {
	return &Error{
		Line: c.start,
		Msg:  "the row that begins here has more than 100,000 columns",
		Hint: "is it the right file? if its delimiter is another one, name it with --delimiter",
	}
}

func (c *csvText) tooManyFields(fields int, spaced bool) *Error {
	e := &Error{
		Line: c.start,
		Msg:  fmt.Sprintf("row has %s, the header has %d", prose.Count(fields, "field"), c.width),
		Hint: fmt.Sprintf("a field that holds the delimiter %q or a line break must stand in double quotes", c.delimiter()),
	}
	switch {
	case spaced:
		e.Hint = spaceHint
	case slices.ContainsFunc(strings.Split(string(c.record), string(c.comma)), namesQuestion):
		e.Hint = headerHint(c.start)
	case c.width == 1 && c.delimiter() != '\t':
		e.Hint += "; if each line is a question, add --delimiter tab"
	}
	return e
}

const spaceHint = "there is a space before an opening quote, which makes the quote text: remove the space"

// spaceBeforeQuote reports whether a field begins with a space and a quote.
func spaceBeforeQuote(field []byte) bool {
	after := bytes.TrimLeft(field, " ")
	return len(after) > 0 && len(after) < len(field) && after[0] == '"'
}
