package report

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// A sheetReader takes a sheet apart as it reads it, so that it can be written
// again with more in it: what stands before the rows, each row, and what comes
// after them.
type sheetReader struct {
	xml    *xml.Decoder
	in     *recorder
	prefix string // of its elements
	row    sheetRow
}

// A sheetRow is a row as it stands in the file.
type sheetRow struct {
	number int // from 1
	before string
	tag    string // its start tag
	cells  []sheetCell
	rest   string // what follows the cells
	raw    string // all of it
}

// A sheetCell is a cell as it stands in the file.
type sheetCell struct {
	column int // from 0
	style  int
	filled bool // there is something in it
	raw    string
}

func newSheetReader(r io.Reader) *sheetReader {
	s := &sheetReader{in: &recorder{r: bufio.NewReaderSize(r, 64<<10)}}
	s.xml = xml.NewDecoder(s.in)
	s.xml.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errNotUTF8 }
	return s
}

// take returns the text of what was read since the last call.
func (s *sheetReader) take() string { return s.in.take(s.xml.InputOffset()) }

// head reads as far as the rows.
func (s *sheetReader) head() (*document, error) {
	doc := &document{}
	for depth := 0; ; {
		before := s.xml.InputOffset()
		token, err := s.xml.RawToken()
		if err != nil {
			return nil, unended(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch depth++; depth {
			case 1:
				s.prefix = prefixOf(token.Name)
				doc.prefix, doc.head = s.prefix, s.take()
			case 2:
				if token.Name.Local == "sheetData" {
					return doc, nil
				}
				_ = s.in.take(before) // white space
				doc.children = append(doc.children, element{name: token.Name.Local})
			}
		case xml.EndElement:
			if depth--; depth == 1 {
				doc.children[len(doc.children)-1].raw = s.take()
			}
		}
	}
}

// next reads the next row; io.EOF after the last.
func (s *sheetReader) next() error {
	number := s.row.number + 1
	if number == 1 {
		_ = s.take() // the tag of the rows
	}
	for {
		before := s.xml.InputOffset()
		token, err := s.xml.RawToken()
		if err != nil {
			return unended(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local != "row" {
				return fmt.Errorf("there is a %s among its rows", token.Name.Local)
			}
			s.row = sheetRow{number: number, before: s.in.take(before), cells: s.row.cells[:0]}
			if r := attrOf(token, "r"); r != "" {
				if s.row.number, err = strconv.Atoi(r); err != nil || s.row.number < number {
					return fmt.Errorf("row %q comes after row %d", r, number-1)
				}
			}
			s.row.tag = s.take()
			return s.readRow()
		case xml.EndElement:
			_ = s.take()
			return io.EOF
		}
	}
}

// readRow reads what is in a row.
func (s *sheetReader) readRow() error {
	var raw strings.Builder
	raw.WriteString(s.row.tag)
	column, inCell := -1, false
	for depth := 1; ; {
		token, err := s.xml.RawToken()
		if err != nil {
			return unended(err)
		}
		cells := s.row.cells
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				inCell = token.Name.Local == "c"
			}
			switch {
			case depth == 2 && inCell:
				c := sheetCell{column: column + 1}
				if r := attrOf(token, "r"); r != "" {
					c.column = columnNumber(r)
				}
				if c.column <= column {
					return fmt.Errorf("row %d has its cells out of order", s.row.number)
				}
				c.style, _ = strconv.Atoi(attrOf(token, "s")) // 0 where there is none
				column = c.column
				s.row.cells = append(cells, c)
			case depth == 3 && inCell:
				cells[len(cells)-1].filled = true
			}
		case xml.EndElement:
			switch depth--; {
			case depth == 0:
				raw.WriteString(s.take())
				s.row.raw = raw.String()
				return nil
			case depth == 1:
				text := s.take()
				raw.WriteString(text)
				if inCell {
					cells[len(cells)-1].raw = text
				} else {
					s.row.rest += text
				}
			}
		}
	}
}

// rest reads what comes after the rows.
func (s *sheetReader) rest(doc *document) error {
	doc.children = append(doc.children, element{name: "sheetData"})
	depth := 1
	for {
		before := s.xml.InputOffset()
		token, err := s.xml.RawToken()
		if err != nil {
			return unended(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth++; depth == 2 {
				_ = s.in.take(before) // white space
				doc.children = append(doc.children, element{name: token.Name.Local})
			}
		case xml.EndElement:
			switch depth--; depth {
			case 1:
				doc.children[len(doc.children)-1].raw = s.take()
			case 0:
				doc.tail = s.take()
				return nil
			}
		}
	}
}

func unended(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func attrOf(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Space == "" && a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// capitals are the letters of columns.
const capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// columnNumber returns the column of a cell's name, from 0: 1 for B7.
func columnNumber(cell string) int {
	n := 0
	for _, c := range cell {
		if c < 'A' || c > 'Z' {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

// A recorder keeps what was read.
type recorder struct {
	r    *bufio.Reader
	kept []byte
	from int64 // where kept begins
}

func (r *recorder) ReadByte() (byte, error) {
	b, err := r.r.ReadByte()
	if err == nil {
		r.kept = append(r.kept, b)
	}
	return b, err
}

func (r *recorder) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.kept = append(r.kept, p[:n]...)
	return n, err
}

// take returns what was kept as far as a place in the file; it is kept no longer.
func (r *recorder) take(to int64) string {
	n := int(to - r.from)
	text := string(r.kept[:n])
	r.kept = r.kept[:copy(r.kept, r.kept[n:])]
	r.from = to
	return text
}
