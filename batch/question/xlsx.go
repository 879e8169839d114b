package question

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// A sheetSource reads a sheet of an Excel file row by row, each cell as Excel
// shows it.
type sheetSource struct {
	book     *xlsxBook
	part     *xlsxPart
	number   int // of the current row, from 1
	hidden   bool
	inData   bool  // within the rows
	filtered bool  // a filter hides rows
	totals   []int // rows that are no data of their table
	hides    int   // hidden rows with something in them, below the header
	cells    []string
	faults   []fault // of the current row
	used     []bool  // the columns that matter; nil: not known yet

	understood *Understood // gets the hidden rows; nil: not known yet
}

// A fault is an error in a cell. It is reported only if the cell is used.
type fault struct {
	column    int // from 0
	msg, hint string
}

// newSheetSource opens a sheet with cells.
func newSheetSource(book *xlsxBook, sheet xlsxSheet) (*sheetSource, error) {
	part, err := openPart(book.find(sheet.part), false)
	if err != nil {
		return nil, err
	}
	filtered, totals := book.readTables(sheet)
	return &sheetSource{book: book, part: part, filtered: filtered, totals: totals}, nil
}

func (s *sheetSource) line() int { return s.number }

func (s *sheetSource) close() error { return s.part.close() }

// read reads the next row that is not empty, and no totals of a table.
func (s *sheetSource) read(width int) ([]string, error) {
	for {
		if err := s.next(); err != nil {
			if err == io.EOF && s.filtered && s.understood != nil {
				s.understood.FilteredRows = s.hides
			}
			return nil, err
		}
		if slices.Contains(s.totals, s.number) {
			continue
		}
		cells := s.cells
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if s.cells = cells; len(cells) == 0 && !s.matters() {
			continue
		}
		if width > 0 {
			if s.hidden {
				s.hides++
			}
			return s.fit(width)
		}
		return cells, nil
	}
}

// fit makes a row as wide as the header.
func (s *sheetSource) fit(width int) ([]string, error) {
	if len(s.cells) > width {
		e := &Error{
			Msg:  fmt.Sprintf("there is something in column %s, which has no name in the header", columnName(len(s.cells)-1)),
			Hint: "name the column in the header, or clear the cell",
		}
		if slices.ContainsFunc(s.cells, namesQuestion) {
			e.Hint = headerHint(s.number)
		}
		return nil, s.at(e)
	}
	for len(s.cells) < width {
		s.cells = append(s.cells, "")
	}
	return s.cells, s.check()
}

// matters reports whether a used column contains a cell that cannot be read.
func (s *sheetSource) matters() bool { return s.check() != nil }

// check looks for what cannot be read in the columns that are used.
func (s *sheetSource) check() error {
	for _, f := range s.faults {
		if f.column < len(s.used) && s.used[f.column] {
			return s.at(&Error{Msg: fmt.Sprintf("cell %s%d %s", columnName(f.column), s.number, f.msg), Hint: f.hint})
		}
	}
	return nil
}

// at places an error in the current row.
func (s *sheetSource) at(e *Error) *Error {
	e.Line = s.number
	return e
}

// next reads the next row into cells. After the last it reads on to the end of
// the part, so that a sheet that breaks off is no shorter sheet.
func (s *sheetSource) next() error {
	for {
		token, err := s.part.next()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "sheetPr":
				s.filtered = s.filtered || isTrue(attr(token, "filterMode"))
			case "filterColumn": // of the filter below the rows
				s.filtered = true
			case "sheetData":
				s.inData = true
			case "row":
				if s.inData {
					return s.readRow(token)
				}
			}
		case xml.EndElement:
			if token.Name.Local == "sheetData" {
				s.inData = false
			}
		}
	}
}

func (s *sheetSource) readRow(start xml.StartElement) error {
	before := s.number
	s.number++
	if r := attr(start, "r"); r != "" {
		n, err := strconv.Atoi(r)
		if err != nil || n < s.number {
			return damaged(s.part.name, fmt.Errorf("row %q comes after row %d", r, before))
		}
		s.number = n
	}
	s.hidden = isTrue(attr(start, "hidden"))
	s.cells, s.faults = s.cells[:0], s.faults[:0]
	at, size := -1, 0
	for {
		token, err := s.part.next()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local != "c" {
				continue
			}
			if at, err = s.readCell(token, at+1); err != nil {
				return err
			}
			if size += len(s.cells[at]); size > maxRecord {
				return s.at(&Error{Msg: "the row is larger than 16 MB"})
			}
		case xml.EndElement:
			if token.Name.Local == "row" {
				return nil
			}
		}
	}
}

// A sheetCell is a cell as it stands in the file.
type sheetCell struct {
	kind, style string
	formula     bool
	computed    bool // there is a value, of a formula its result
	rich        bool // the value stands for a picture, or another thing that is no text
	value       string
}

// readCell reads a cell, which is in the given column unless it says otherwise.
func (s *sheetSource) readCell(start xml.StartElement, column int) (int, error) {
	if r := attr(start, "r"); r != "" {
		var ok bool
		if column, ok = columnOf(r); !ok {
			return 0, s.at(&Error{Msg: fmt.Sprintf("there is a cell with the name %q, which is none", r), Hint: "open the file in Excel and save it again"})
		}
	}
	c := sheetCell{kind: attr(start, "t"), style: attr(start, "s"), rich: attr(start, "vm") != ""}
	take := false
	var value bytes.Buffer
	for depth := 1; depth > 0; {
		token, err := s.part.next()
		if err != nil {
			return 0, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch token.Name.Local {
			case "is":
				if c.value, err = s.part.text(); err != nil {
					return 0, err
				}
				c.kind = "inlineStr"
				continue
			case "f":
				c.formula = true
			case "v":
				take, c.computed = true, true
			}
			depth++
		case xml.EndElement:
			depth--
			take = false
		case xml.CharData:
			if take {
				value.Write(token)
			}
		}
	}
	if c.kind != "inlineStr" {
		c.value = value.String()
	}
	for len(s.cells) <= column {
		s.cells = append(s.cells, "")
	}
	text, msg, hint := s.book.show(c)
	s.cells[column] = strings.ToValidUTF8(text, "\ufffd")
	if msg != "" {
		s.faults = append(s.faults, fault{column, msg, hint})
	}
	return column, nil
}

// columnOf returns the column of a cell's name, from 0: 1 for B7.
func columnOf(name string) (column int, ok bool) {
	const last = 16384
	for i := 0; i < len(name); i++ {
		c := name[i] &^ 0x20
		if c < 'A' || c > 'Z' {
			_, err := strconv.ParseUint(name[i:], 10, 32)
			return column - 1, err == nil && i > 0
		}
		if column = column*26 + int(c-'A') + 1; column > last {
			break
		}
	}
	return 0, false
}

// columnName returns the name of a column, from 0: B for 1.
func columnName(column int) string {
	name := ""
	for n := column + 1; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}
