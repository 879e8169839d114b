package question

import (
	"strings"
	"unicode/utf8"
)

// A recordSource gives the rows of a sheet.
type recordSource interface {
	// read reads the next row, as wide as the header; width is 0 as long as
	// there is none. The slice is valid until the next call. io.EOF ends them.
	read(width int) ([]string, error)
	// line is the number of the row that was read last, from 1.
	line() int
}

// A sheetText is a sheet as CSV.
type sheetText struct {
	source recordSource
	width  int
	record []byte
	out    []byte // what is left of it to give
}

func (s *sheetText) line() int       { return s.source.line() }
func (s *sheetText) fit(width int)   { s.width = width }
func (s *sheetText) delimiter() rune { return 0 }

func (s *sheetText) Read(p []byte) (int, error) {
	if len(s.out) == 0 {
		fields, err := s.source.read(s.width)
		if err != nil {
			return 0, err
		}
		s.record = appendRecord(s.record[:0], ',', fields)
		s.out = s.record
	}
	n := copy(p, s.out)
	s.out = s.out[n:]
	return n, nil
}

// hide writes the text of a quoted field.
var hide = strings.NewReplacer(`"`, `""`, "\r", string([]byte{crStandIn}))

// appendRecord writes a record as CSV that encoding/csv reads as it is meant.
func appendRecord(b []byte, comma rune, fields []string) []byte {
	for i, field := range fields {
		if i > 0 {
			b = utf8.AppendRune(b, comma)
		}
		b = append(b, '"')
		b = append(b, hide.Replace(field)...)
		b = append(b, '"')
	}
	return append(b, '\n')
}
