package question

import (
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
)

// crStandIn stands for a carriage return inside quotes on its way through
// encoding/csv, which turns \r\n into \n there too. It never occurs in UTF-8.
const crStandIn = 0xFF

// restoreCR puts the carriage returns of a field back.
func restoreCR(field string) string {
	if strings.IndexByte(field, crStandIn) < 0 {
		return field
	}
	return strings.ReplaceAll(field, string([]byte{crStandIn}), "\r")
}

// maxColumns is the largest number of columns that is read. The parser takes a
// hundred times the memory of a row for one that holds nothing but delimiters.
const maxColumns = 100_000

// A guard stands before a CSV parser. It hides carriage returns inside quotes
// from it and stops at what the parser would take without a word: a record
// without end, or of too many fields, and line ends that it does not know.
type guard struct {
	r      io.Reader // UTF-8
	comma  rune
	line   int  // the current line
	start  int  // the line where the current record begins
	size   int  // bytes of the current record so far
	commas int  // in it; those that are more than a byte long are not counted
	quoted bool // inside a quoted field
	cr     bool // after a carriage return outside quotes
}

func (g *guard) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	for i, c := range p[:n] {
		if g.cr && c != '\n' {
			return i, &Error{
				Line: g.line,
				Msg:  "a carriage return that ends no line",
				Hint: `save the file with \n or \r\n line endings`,
			}
		}
		g.cr = false
		g.size++
		if !g.quoted && c < utf8.RuneSelf && rune(c) == g.comma {
			g.commas++
		}
		switch c {
		case '"':
			g.quoted = !g.quoted
		case '\r':
			if g.quoted {
				p[i] = crStandIn
			} else {
				g.cr = true
			}
		case '\n':
			g.line++
			if !g.quoted {
				g.start, g.size, g.commas = g.line, 0, 0
			}
		}
		if g.size > maxRecord {
			return i, &Error{
				Line: g.start,
				Msg:  "the row that begins here is larger than 16 MB",
				Hint: "is there a quote that is never closed?",
			}
		}
		if g.commas >= maxColumns {
			return i, &Error{
				Line: g.start,
				Msg:  "the row that begins here has more than 100,000 columns",
				Hint: "is it the right file? if its delimiter is another one, name it with --delimiter",
			}
		}
	}
	if errors.Is(err, encoding.ErrInvalidUTF8) {
		err = &Error{Line: g.line, Msg: "not valid UTF-8", Hint: encodingHint}
	}
	return n, err
}
