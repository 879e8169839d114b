package question

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"
)

// What an Excel file may hold, unpacked. A sheet and the table of its texts are
// unpacked to temporary files where they are larger than xlsxInMemory; the
// rest (styles, pictures) is read into memory.
const (
	xlsxUnpacked = 4 << 30
	xlsxRest     = 256 << 20
	xlsxInMemory = 16 << 20
)

// A sheetSource reads a sheet of an Excel file row by row, each cell as Excel
// shows it.
type sheetSource struct {
	file   *excelize.File
	rows   *excelize.Rows
	number int // of the current row, from 1
	cells  []string
	size   int
}

// openSheet opens a sheet of the file at path: the first that is not hidden, or
// the one of that name.
func openSheet(path, name string) (s *sheetSource, sheet string, err error) {
	if err := checkZip(path); err != nil {
		return nil, "", err
	}
	file, err := excelize.OpenFile(path, excelize.Options{
		UnzipSizeLimit: xlsxUnpacked, UnzipXMLSizeLimit: xlsxInMemory,
		// What a short date looks like depends on the computer that shows it:
		// here it is one that nobody can misread.
		ShortDatePattern: "yyyy-mm-dd",
	})
	if err != nil {
		return nil, "", notExcel(err)
	}
	if sheet, err = findSheet(file, name); err == nil {
		s = &sheetSource{file: file}
		s.rows, err = file.Rows(sheet)
	}
	if err != nil {
		file.Close() // only read from
		return nil, sheet, err
	}
	return s, sheet, nil
}

func notExcel(err error) *Error {
	return &Error{Msg: "is not an Excel file that can be read (" + err.Error() + ")", Hint: "save it as .xlsx, without a password", Err: err}
}

// checkZip refuses a file that would unpack to more than memory or disk should
// have to take, and one whose sheets are broken: excelize would take a row that
// cannot be read for the end.
func checkZip(path string) error {
	z, err := zip.OpenReader(path)
	switch {
	case errors.Is(err, zip.ErrFormat):
		return notExcel(errors.New("it is no ZIP file"))
	case err != nil:
		return err
	}
	defer z.Close()
	var all, rest uint64
	for _, f := range z.File {
		table := strings.HasPrefix(strings.ToLower(f.Name), "xl/worksheets/sheet") || strings.EqualFold(f.Name, "xl/sharedStrings.xml")
		if all += f.UncompressedSize64; !table {
			rest += f.UncompressedSize64
		}
		if all > xlsxUnpacked || rest > xlsxRest || f.UncompressedSize64 > xlsxUnpacked {
			return tooMuch("")
		}
	}
	for _, f := range z.File {
		if ext := strings.ToLower(filepath.Ext(f.Name)); ext != ".xml" && ext != ".rels" {
			continue
		}
		err := checkXML(f)
		if many, ok := errors.AsType[tooMuchError](err); ok {
			return tooMuch(fmt.Sprintf(": %s has %s", f.Name, many))
		} else if err != nil {
			return &Error{Msg: fmt.Sprintf("is a damaged Excel file: %s: %v", f.Name, err), Hint: "open it in Excel and save it again", Err: err}
		}
	}
	return nil
}

func tooMuch(what string) *Error {
	return &Error{Msg: "would unpack to more than can be right for questions" + what, Hint: "save the sheet with the questions alone, as .xlsx or CSV (UTF-8)"}
}

func findSheet(file *excelize.File, name string) (string, error) {
	sheets := file.GetSheetList()
	if name != "" {
		same := func(sheet string) bool { return strings.EqualFold(strings.TrimSpace(sheet), strings.TrimSpace(name)) }
		if at := slices.IndexFunc(sheets, same); at >= 0 {
			return sheets[at], nil
		}
		return "", &Error{Msg: fmt.Sprintf("has no sheet %q (found: %s)", name, list(sheets)), Hint: "name one of these with --sheet"}
	}
	for _, sheet := range sheets {
		if shown, err := file.GetSheetVisible(sheet); err == nil && shown {
			return sheet, nil
		}
	}
	return "", &Error{Msg: "has no sheet that is not hidden", Hint: "name one with --sheet"}
}

func (s *sheetSource) line() int { return s.number }

// read reads the next row that holds anything.
func (s *sheetSource) read(width int) ([]string, error) {
	for s.rows.Next() {
		s.number++
		cells, err := s.rows.Columns()
		if err != nil {
			return nil, s.at(&Error{Msg: "cannot be read: " + err.Error(), Err: err})
		}
		for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
			cells = cells[:len(cells)-1]
		}
		if len(cells) == 0 {
			continue
		}
		return s.fit(cells, width)
	}
	if err := s.rows.Error(); err != nil {
		return nil, s.at(&Error{Msg: "cannot be read: " + err.Error(), Err: err})
	}
	return nil, io.EOF
}

// fit makes a row as wide as the header.
func (s *sheetSource) fit(cells []string, width int) ([]string, error) {
	if width > 0 && len(cells) > width {
		column, _ := excelize.ColumnNumberToName(len(cells)) // it has so many
		return nil, s.at(&Error{
			Msg:  fmt.Sprintf("there is something in column %s, which has no name in the header", column),
			Hint: "name the column in the header, or clear the cell",
		})
	}
	s.cells, s.size = s.cells[:0], 0
	for _, cell := range cells {
		// Where an error stands in the place of a value, nobody meant to ask it.
		if slices.Contains(excelErrors, cell) {
			column, _ := excelize.ColumnNumberToName(len(s.cells) + 1)
			return nil, s.at(&Error{Msg: fmt.Sprintf("column %s holds the error %s", column, cell), Hint: "mend the formula, or clear the cell"})
		}
		s.size += len(cell)
		s.cells = append(s.cells, strings.ToValidUTF8(cell, "\ufffd"))
	}
	if s.size > maxRecord {
		return nil, s.at(&Error{Msg: "the row is larger than 16 MB"})
	}
	for len(s.cells) < width {
		s.cells = append(s.cells, "")
	}
	return s.cells, nil
}

var excelErrors = []string{"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#SPILL!", "#CALC!"}

// at places an error in the current row.
func (s *sheetSource) at(e *Error) *Error {
	e.Line = s.number
	return e
}

// close removes the temporary files.
func (s *sheetSource) close() error { return errors.Join(s.rows.Close(), s.file.Close()) }

// looksZipped says whether a file begins as ZIP files do, which Excel's are.
func looksZipped(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }
