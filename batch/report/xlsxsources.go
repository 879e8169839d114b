package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// sourceSheets are the sheets of sources, a row for each citation. They wait in
// a temporary file for the answers to end, for the sheets of a workbook stand
// one after the other in it. Where a sheet is full, the next one goes on.
type sourceSheets struct {
	name   func(n int) string // of the nth sheet
	styles int                // see sheet.styles
	rows   *spool
	sheets []*sheet
}

func newSourceSheets(folder string, name func(int) string) (*sourceSheets, error) {
	rows, err := newSpool(folder)
	if err != nil {
		return nil, err
	}
	return &sourceSheets{name: name, rows: rows}, nil
}

var sourceColumns = []column{
	{"question_id", 14, wrappedCell}, {"number", 9, plainCell}, {"title", 40, wrappedCell}, {"page", 8, plainCell},
	{"tool", 22, plainCell}, {"url", 44, linkCell}, {"excerpt", 90, wrappedCell},
}

// begin begins a sheet.
func (s *sourceSheets) begin() error {
	next := &sheet{name: s.name(len(s.sheets) + 1), columns: sourceColumns, header: true, freeze: freeze{rows: 1}, styles: s.styles}
	s.sheets = append(s.sheets, next)
	return next.begin(s.rows)
}

// cite writes a record's sources and returns where the first of them stands.
func (s *sourceSheets) cite(id string, cited []batch.Source) (place string, err error) {
	for i, source := range cited {
		if n := len(s.sheets); n == 0 || s.sheets[n-1].full() {
			if err := s.begin(); err != nil {
				return "", err
			}
		}
		sheet := s.sheets[len(s.sheets)-1]
		err := sheet.add(s.rows, []cell{
			{text: id, look: wrappedCell}, {text: strconv.Itoa(i + 1), number: true}, {text: source.Title(), look: wrappedCell}, {text: source.Page()},
			{text: source.Tool()}, {text: source.URL(), look: linkCell, link: excelURLOf(source.URL())}, {text: source.Excerpt(), look: wrappedCell},
		})
		if err != nil {
			return "", err
		}
		if place == "" {
			place = fmt.Sprintf("#'%s'!A%d", strings.ReplaceAll(sheet.name, "'", "''"), sheet.rows)
		}
		if sheet.full() {
			if err := sheet.end(s.rows); err != nil {
				return "", err
			}
		}
	}
	return place, nil
}

// copyTo writes each sheet to the part that open makes for it.
func (s *sourceSheets) copyTo(open func(*sheet) (io.Writer, error)) error {
	if len(s.sheets) == 0 {
		if err := s.begin(); err != nil {
			return err
		}
	}
	if last := s.sheets[len(s.sheets)-1]; !last.full() {
		if err := last.end(s.rows); err != nil {
			return err
		}
	}
	file, err := s.rows.fromStart()
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(file, 64<<10)
	for _, sheet := range s.sheets {
		out, err := open(sheet)
		if err != nil {
			return err
		}
		if err := copyThrough(out, in, "</worksheet>"); err != nil {
			return err
		}
	}
	return nil
}

// copyThrough copies until after the end mark, which stands nowhere before: the
// text of cells has no <.
func copyThrough(out io.Writer, in *bufio.Reader, end string) error {
	for {
		part, err := in.ReadSlice('>')
		if _, werr := out.Write(part); werr != nil {
			return werr
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return err
		case strings.HasSuffix(string(part), end):
			return nil
		}
	}
}

func (s *sourceSheets) close() error {
	if s == nil || s.rows == nil {
		return nil
	}
	rows := s.rows
	s.rows = nil
	return rows.close()
}
