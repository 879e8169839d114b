package question

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// openXLSX opens the Excel file at path.
func openXLSX(path string, opts Options) (*Reader, error) {
	r := &Reader{name: path, unique: opts.UniqueIDs, input: batch.Input{Format: batch.XLSX}}
	err := r.setTemplate(opts)
	if err == nil {
		err = r.openBook(path, opts)
	}
	if err != nil {
		return nil, r.complete(err)
	}
	return r, nil
}

func (r *Reader) openBook(path string, opts Options) error {
	book, err := openWorkbook(path)
	if err != nil {
		return err
	}
	sheets, err := book.eligible(opts.Sheet)
	var source *sheetSource
	if err == nil {
		source, err = r.chooseSheet(book, sheets, opts)
	}
	if err != nil {
		book.close() // only read from
		return err
	}
	r.describe(book)
	r.close = func() error { return errors.Join(source.close(), book.close()) }
	return nil
}

// describe notes what was understood of a workbook.
func (r *Reader) describe(book *xlsxBook) {
	u := &r.understood
	u.Sheet, u.Sheets = r.sheet, len(book.sheets)
	for i, sheet := range book.sheets {
		if sheet.hidden {
			u.HiddenSheets++
		}
		if i == book.active {
			u.OpensOn = sheet.name
		}
	}
}

// eligible returns the sheets that may contain the questions: the named one, or all
// that are not hidden.
func (w *xlsxBook) eligible(name string) (sheets []xlsxSheet, err error) {
	var names []string
	for _, sheet := range w.sheets {
		names = append(names, sheet.name)
		if name == "" && !sheet.hidden || name != "" && strings.EqualFold(strings.TrimSpace(sheet.name), strings.TrimSpace(name)) {
			sheets = append(sheets, sheet)
		}
	}
	switch {
	case len(sheets) > 0:
		return sheets, nil
	case name == "":
		return nil, &Error{Msg: "has no sheet that is not hidden", Hint: "name one with --sheet"}
	}
	return nil, &Error{Msg: fmt.Sprintf("has no sheet %q (found: %s)", name, list(names)), Hint: "name one of these with --sheet"}
}

// chooseSheet opens the first of the sheets, or the only one that has a question
// column where the first has none. A sheet with a question column that cannot be read, or
// with no question below it, may be the one that is meant: then no sheet is read.
func (r *Reader) chooseSheet(book *xlsxBook, sheets []xlsxSheet, opts Options) (*sheetSource, error) {
	var found, passed []string
	var best, doubted *Error // of the sheets that were passed; of the first that may be meant
	at := -1
	for i, sheet := range sheets {
		e := trySheet(book, sheet, opts)
		switch {
		case e == nil:
			if found = append(found, sheet.name); at < 0 {
				at = i
			}
		case !e.noTable:
			doubted = cmp.Or(doubted, e)
		default:
			if at < 0 {
				passed = append(passed, sheet.name)
			}
			if best == nil || best.Line == 0 || best.Hint == "" { // a chart or an empty sheet tells less
				best = e
			}
		}
		if at == 0 {
			break
		}
	}
	switch {
	case doubted != nil:
		r.sheet = doubted.Sheet
		return nil, doubted.orIn(found)
	case len(found) == 1:
		r.sheet, r.understood.PassedOver = found[0], passed
		return r.openSheet(book, sheets[at], opts)
	case len(found) == 0:
		r.sheet = best.Sheet
		if hidden := book.hiddenQuestions(opts); hidden != "" && opts.Sheet == "" {
			best.Hint = strings.TrimPrefix(best.Hint+"; a hidden sheet has a question column: to ask what is there, add --sheet "+strconv.Quote(hidden), "; ")
		}
		return nil, best
	}
	return nil, &Error{
		Msg:  fmt.Sprintf("has no question column in its first sheet, %q, and more than one sheet that has one: %s", sheets[0].name, list(found)),
		Hint: "name one of these with --sheet",
	}
}

// orIn adds to a hint that other sheets have questions, if there are any.
func (e *Error) orIn(sheets []string) *Error {
	if len(sheets) == 0 {
		return e
	}
	var flags []string
	for _, name := range sheets {
		flags = append(flags, "--sheet "+strconv.Quote(name))
	}
	hint := "if the questions are in another sheet, add " + strings.Join(flags, " or ")
	e.Hint = strings.TrimSuffix(hint+"; otherwise, "+e.Hint, "; otherwise, ")
	return e
}

// hiddenQuestions names the first hidden sheet that has questions; empty: none has.
func (w *xlsxBook) hiddenQuestions(opts Options) string {
	for _, sheet := range w.sheets {
		if sheet.hidden && trySheet(w, sheet, opts) == nil {
			return sheet.name
		}
	}
	return ""
}

// trySheet reads a sheet up to its first question. The error says why there is none;
// what is wrong in the row of a question is reported when the sheet is read.
func trySheet(book *xlsxBook, sheet xlsxSheet, opts Options) (e *Error) {
	trial := &Reader{sheet: sheet.name}
	source, err := trial.openSheet(book, sheet, opts)
	if err != nil {
		return trial.complete(err)
	}
	defer source.close() // only read from
	for !opts.table {
		q, err := trial.read()
		if err == io.EOF {
			e = noQuestions(max(1, trial.understood.HeaderLine))
			e.noTable = false
			return trial.complete(e)
		}
		if err != nil || q.Skip == "" {
			break
		}
	}
	return nil
}

// openSheet opens a sheet and reads its header.
func (r *Reader) openSheet(book *xlsxBook, sheet xlsxSheet, opts Options) (*sheetSource, error) {
	if sheet.part == "" {
		return nil, &Error{Msg: fmt.Sprintf("has no cells in sheet %q: it is a chart, or a macro", sheet.name), Hint: "name another one with --sheet", noTable: true}
	}
	s, err := newSheetSource(book, sheet)
	if err != nil {
		return nil, err
	}
	err = r.initTable(&sheetText{source: s}, opts)
	if err == nil {
		s.understood, s.used = &r.understood, r.usedColumns(opts.Template)
		if opts.NoHeader {
			err = s.check() // its first row was read as a header would be
		}
	}
	if err != nil {
		s.close() // only read from
		return nil, err
	}
	return s, nil
}

// A templateAction is what a template has in braces; in it, a dot or a dollar
// alone is the whole row.
var (
	templateAction = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	wholeRow       = regexp.MustCompile(`[\s(|{,=][.$][\s)|},-]`)
)

// usesRow reports whether a template may use any column, not only those that it
// names.
func usesRow(template string) bool {
	return slices.ContainsFunc(templateAction.FindAllString(template, -1), func(action string) bool {
		return wholeRow.MatchString(strings.NewReplacer("index . ", "", "index $ ", "").Replace(action))
	})
}

// usedColumns reports of each column whether it is sent or names a question.
func (r *Reader) usedColumns(template string) []bool {
	u := &r.understood
	roles, names := []string{u.Question, u.ID, u.AskMode}, templateNames(template)
	all := usesRow(template)
	used := make([]bool, len(r.input.Columns))
	for i, name := range r.input.Columns {
		used[i] = all || name != "" && (slices.Contains(roles, name) || slices.Contains(names, strings.TrimSpace(name)))
	}
	return used
}
