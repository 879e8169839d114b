package question

import (
	"bytes"
	"fmt"
	"io"
)

// A quoteRule determines which fields are quoted.
type quoteRule string

const (
	csvQuotes      quoteRule = "csv"  // those that begin with a quote
	noQuotes       quoteRule = "none" // none
	quotesThatPair quoteRule = "pair" // those that begin with a quote and end with one
)

// maxLookAhead is how far away the quote may be that closes a field, in a file
// whose quotes may be text. Excel's largest cell has 32,767 characters, of at
// most 4 bytes.
const maxLookAhead = 256 << 10

// newQuoteRule returns the requested rule, or the default for the delimiter. With
// tabs, Excel's files quote fields, but its clipboard and Google Sheets do not.
func newQuoteRule(asked string, comma rune) (quoteRule, error) {
	switch rule := quoteRule(asked); {
	case rule == csvQuotes, rule == noQuotes:
		return rule, nil
	case asked != "":
		return "", &Error{Msg: fmt.Sprintf("cannot be read with the quotes %q", asked), Hint: "say --quote csv or --quote none"}
	case comma == '\t':
		return quotesThatPair, nil
	}
	return csvQuotes, nil
}

// quoted adds to the record a quoted field, which line goes on with after its
// first quote. It returns what follows it in the line where it ends.
func (c *csvText) quoted(line []byte) (rest []byte, err error) {
	opened := c.number
	c.record = append(c.record, '"')
	for {
		i := bytes.IndexByte(line, '"')
		if i < 0 {
			c.add(line)
			c.add([]byte(c.eol))
			if line, err = c.readLine(); err == io.EOF {
				return nil, &Error{Line: opened, Msg: "the quoted field that begins here is not closed", Hint: quoteHint}
			} else if err != nil {
				return nil, err
			}
			continue
		}
		c.add(line[:i])
		if line = line[i+1:]; len(line) > 0 && line[0] == '"' {
			c.record = append(c.record, `""`...)
			line = line[1:]
			continue
		}
		rest := line
		if !bytes.HasPrefix(rest, c.comma) {
			rest = bytes.TrimLeft(rest, " ")
		}
		if len(rest) > 0 && !bytes.HasPrefix(rest, c.comma) {
			return nil, c.torn(opened, line)
		}
		c.add(line[:len(line)-len(rest)])
		c.record = append(c.record, '"')
		return rest, nil
	}
}

// add adds a part of a quoted field.
func (c *csvText) add(part []byte) {
	at := len(c.record)
	c.record = append(c.record, part...)
	for i, b := range c.record[at:] {
		if b == '\r' {
			c.record[at+i] = crStandIn
		}
	}
}

const quoteHint = `a field with a quote in it must stand in quotes, and the quote be doubled: "the ""safe harbor"" rule"`

// torn says of a field that was opened in a line that something follows the
// quote that should close it.
func (c *csvText) torn(opened int, after []byte) *Error {
	e := &Error{Line: opened, Msg: "the quoted field that begins here goes on after a quote: " + short(`"`+string(after)), Hint: quoteHint}
	if c.number != opened {
		e.Msg = fmt.Sprintf("the quoted field that begins here is not closed, or goes on after a quote in line %d: %s", c.number, short(`"`+string(after)))
	}
	return e
}

// isQuoted reports whether the field is quoted that line begins with, after so many
// fields of its row. The field begins with a quote.
func (c *csvText) isQuoted(line []byte, fields int) (bool, error) {
	if c.quote != quotesThatPair {
		return c.quote == csvQuotes, nil
	}
	if at, closes := c.closing(line[1:]); at >= 0 {
		if closes && bytes.Contains(line[1:1+at], c.comma) && fields+bytes.Count(line, c.comma)+1 == c.width {
			return false, c.unclear("the two quotes here", "one cell with a tab in it")
		}
		return closes, nil
	}
	for n := 4 << 10; ; n *= 2 {
		ahead, err := c.text.Peek(min(n, maxLookAhead)) // a read error comes back on the next read
		at, closes := c.closing(ahead)
		if at >= 0 && !closes {
			return false, nil
		}
		if end := bytes.IndexByte(ahead[at+1:], '\n'); at >= 0 && (end >= 0 || err != nil) {
			last := ahead[at+1:]
			if end >= 0 {
				last = last[:end]
			}
			return c.spansLines(fields, line, ahead[:at], last)
		}
		if err != nil || n >= maxLookAhead {
			return false, nil
		}
	}
}

// closing finds the first quote that is not doubled, -1 for none, and says
// whether it ends a field: nothing follows but a delimiter or the end of a line.
func (c *csvText) closing(text []byte) (at int, ends bool) {
	for i := 0; ; i += 2 {
		next := bytes.IndexByte(text[i:], '"')
		if next < 0 {
			return -1, false
		}
		i += next
		after := text[i+1:]
		if len(after) == 0 || after[0] != '"' {
			after = bytes.TrimPrefix(after, []byte("\r"))
			return i, len(after) == 0 || after[0] == '\n' || bytes.HasPrefix(after, c.comma)
		}
	}
}

// spansLines reports whether a field is quoted if its quotes are in different lines:
// line continues up to the closing quote, and last follows it. If each line by
// itself is a complete row, the quotes are text, because a cell rarely contains a
// delimiter. If both readings are possible, the file is refused: joined or split
// rows cost money.
func (c *csvText) spansLines(fields int, line, more, last []byte) (bool, error) {
	width, delimiters := c.width, func(text []byte) int { return bytes.Count(text, c.comma) }
	alone := fields+delimiters(line) > 0 && (width == 0 || width == fields+delimiters(line)+1)
	if width == 0 {
		width = fields + delimiters(line) + 1
	}
	lines := bytes.Split(more, []byte("\n"))
	for i, next := range lines {
		n := delimiters(next) + 1
		if i == len(lines)-1 {
			n += delimiters(last)
		}
		alone = alone && n == width
	}
	switch {
	case alone:
		return false, nil
	case delimiters(line)+delimiters(more) == 0 && (width > 1 || fields+delimiters(last) > 0):
		return true, nil
	}
	return false, c.unclear(fmt.Sprintf("the quote here and the one in line %d", c.number+len(lines)), "one cell of several lines")
}

// unclear returns the error for quotes in the current line that may enclose a cell
// or be text.
func (c *csvText) unclear(quotes, cell string) *Error {
	return &Error{
		Line: c.number,
		Msg:  fmt.Sprintf("%s: is what they enclose %s, or are they text?", quotes, cell),
		Hint: "say --quote csv where it is one cell, --quote none where quotes are text",
	}
}
