// Package question reads files of questions.
//
// The normal case is [Open] on a CSV file with a column named "question":
// every row that [Reader.Questions] yields is then a [batch.Question] to ask,
// numbered, and with all of its columns as they were. Excel and JSONL files,
// compressed files, other columns, delimiters and encodings, conversations, and
// questions built from several columns by a template are a matter of the file
// itself or of [Options].
//
// Rows are streamed: memory does not grow with the file. What is wrong with a
// file is an [*Error] that names the line.
package question

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"bizbatch/batch"
)

// Options say how to read a question file. The zero value is right for most.
type Options struct {
	// Format is the form of the file. Default: by its extension; .csv, .tsv
	// and .txt are CSV, .jsonl and .ndjson are JSONL, .xlsx and .xlsm are XLSX.
	// CSV and JSONL may be compressed by gzip, with .gz after the extension.
	Format batch.Format
	// Sheet names the sheet of an Excel file, in any case. Default: the first
	// that is not hidden, or, where that has no question column, the only one
	// that has. A sheet's cells are read as Excel shows them, hidden rows and
	// columns included; only short dates, which look different on every computer,
	// are year, month and day: 2025-04-15. A cell that cannot be read so is an
	// error where it is used, by a role of its column or by the template.
	Sheet string
	// Delimiter separates the fields of a CSV file: one character, or "comma",
	// "semicolon", "tab" or "pipe". Default: the one of these that the header
	// holds most often; where it holds none, a tab for .tsv, else a comma.
	Delimiter string
	// Quote says whether fields are quoted, as in CSV ("csv"), or quotes are text
	// ("none"). Default: as in CSV; in a file with tabs, text where they do not
	// pair up.
	Quote string
	// Encoding is the file's character encoding by its IANA or WHATWG name,
	// such as windows-1252. Default: UTF-8. A byte order mark in the file
	// outweighs it.
	Encoding string
	// QuestionColumn names the column (or JSONL member) that holds the
	// question. Default: the first of question, prompt, text and query that is
	// there. Names match in any case, with space, hyphen and underscore alike.
	QuestionColumn string
	// IDColumn names the column that names the row. Default: the first of id,
	// question_id and custom_id that is there, else rows go by their number.
	IDColumn string
	// AskModeColumn names the column that sets the ask mode of a row. Default:
	// ask_mode or mode, where there is one.
	AskModeColumn string
	// HeaderRow is the line, or row of a sheet, that names the columns. Default:
	// the first of the first 51 that holds the name of a question column.
	HeaderRow int
	// NoHeader says that the first row is a question already. Columns then go by
	// their letter, as in spreadsheets, or by their number; the only one is the
	// question.
	NoHeader bool
	// Model is what the run asks. Default: what the lines of an OpenAI Batch
	// file name, which are then the models of their questions.
	Model string
	// UniqueIDs refuses a file in which two rows go by one id. It is refused
	// of the lines of an OpenAI Batch file in any case.
	UniqueIDs bool
	// Template is a text/template that builds each question from the row's
	// columns, such as {{.question}} or {{index . "Client name"}}. Default:
	// the question is the question column's text.
	Template string
	// AskModes are those that the service has: what a row may have as ask_mode.
	AskModes batch.AskModes

	table bool // no column but the question's has a role, see ReadTable
}

// maxRecord is the largest row that is read, in bytes. It keeps memory bounded
// when a quote is never closed or a file has no lines.
const maxRecord = 16 << 20

// noQuestion is why a row is skipped.
const noQuestion = "no question"

// A Reader reads the questions of one file.
type Reader struct {
	name     string
	input    batch.Input
	next     func() (batch.Question, error) // the next row; io.EOF after the last
	template *questionTemplate              // nil unless there is one
	encoding string                         // what the file is decoded from; empty for UTF-8
	sheet    string                         // of an Excel file
	close    func() error                   // nil where there is nothing to close

	unique     bool // no two rows may have one id
	understood Understood
}

// Open opens the question file at path; "-" is standard input. It reads as far
// as the header, so that what is wrong with the columns is known at once.
func Open(path string, opts Options) (*Reader, error) {
	if path == "-" {
		return NewReader(os.Stdin, "standard input", opts)
	}
	if f, err := format(path, opts.Format); err == nil && f == batch.XLSX {
		return openXLSX(path, opts)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, readError(err).in(path)
	}
	r, err := NewReader(f, path, opts)
	if err != nil {
		f.Close() // only read from
		return nil, err
	}
	r.close = f.Close
	return r, nil
}

// NewReader reads questions from r. Errors call it name, whose extension is
// its format's default. An Excel file cannot be read in this way: use [Open].
func NewReader(r io.Reader, name string, opts Options) (*Reader, error) {
	q := &Reader{name: name, unique: opts.UniqueIDs}
	if err := q.init(r, opts); err != nil {
		return nil, q.complete(err)
	}
	return q, nil
}

// complete says of an error in which file it is.
func (r *Reader) complete(err error) *Error {
	e := asError(err).in(r.name)
	e.Sheet = r.sheet
	return e
}

func (r *Reader) init(src io.Reader, opts Options) (err error) {
	if r.input.Format, err = format(r.name, opts.Format); err != nil {
		return err
	}
	switch {
	case r.input.Format == batch.XLSX:
		return &Error{Msg: "cannot be read as xlsx: an Excel file must be named", Hint: "give the name of the file, such as bizbatch run questions.xlsx"}
	case opts.Sheet != "":
		return &Error{Msg: "has no sheets", Hint: "leave --sheet out: it is for Excel files"}
	case r.input.Format == batch.JSONL && (opts.NoHeader || opts.HeaderRow > 0):
		return &Error{Msg: "has no rows with a header", Hint: "leave --header-row and --no-header out: they are for CSV and Excel files"}
	}
	if err := r.setTemplate(opts); err != nil {
		return err
	}
	text, err := decode(src, opts.Encoding)
	if err != nil {
		return err
	}
	r.encoding = text.encoding
	r.input.BOM, r.input.Encoding = text.bom, text.encoding
	if r.input.Format == batch.JSONL {
		r.next = newJSONLReader(text.r, opts, &r.input, &r.understood).next
		return nil
	}
	c, err := newCSVText(text.r, plainName(r.name), opts, &r.input, &r.understood)
	if err != nil {
		return err
	}
	return r.initTable(c, opts)
}

// initTable begins to read a file that has a header.
func (r *Reader) initTable(text tableText, opts Options) error {
	t, err := newTable(text, opts, &r.input, &r.understood)
	if err != nil {
		return err
	}
	t.used = r.usedColumns(opts.Template)
	r.next = t.next
	return nil
}

func (r *Reader) setTemplate(opts Options) (err error) {
	if opts.Template != "" {
		r.template, err = parseTemplate(opts.Template)
	}
	return err
}

// format is the format that was asked for, or the one of the name's extension.
func format(name string, asked batch.Format) (batch.Format, error) {
	const hint = "say which with --format csv, jsonl or xlsx"
	switch asked {
	case batch.CSV, batch.JSONL, batch.XLSX:
		return asked, nil
	case "":
	default:
		return "", &Error{Msg: "cannot be read as " + string(asked), Hint: hint}
	}
	switch strings.ToLower(filepath.Ext(plainName(name))) {
	case ".csv", ".tsv", ".txt":
		return batch.CSV, nil
	case ".jsonl", ".ndjson":
		return batch.JSONL, nil
	case ".xlsx", ".xlsm":
		return batch.XLSX, nil
	case ".xls", ".xlsb", ".ods", ".numbers":
		return "", &Error{Msg: "is of a kind of spreadsheet that is not read", Hint: "save it as .xlsx, or as CSV (UTF-8)"}
	}
	return "", &Error{Msg: "has no extension that tells its format (.csv, .tsv, .txt, .jsonl, .ndjson, .xlsx, and .gz after one of the first five)", Hint: hint}
}

// Questions yields every row in order, those with nothing to ask included
// (their Skip says why). It ends after the first error, which is an [*Error];
// a file in which no row holds a question is one. It can be used once.
func (r *Reader) Questions() iter.Seq2[batch.Question, error] {
	return func(yield func(batch.Question, error) bool) {
		found, first := false, 1 // the line of the first row
		ids := ids{}
		for number := 0; ; number++ {
			q, err := r.read()
			if err == io.EOF {
				break
			}
			if err != nil {
				yield(batch.Question{}, r.complete(err))
				return
			}
			if r.unique {
				err = ids.claim(q)
			}
			if err != nil {
				yield(batch.Question{}, r.complete(err))
				return
			}
			found = found || q.Skip == ""
			if number == 0 {
				first = q.Line
			}
			if !yield(q, nil) {
				return
			}
		}
		if !found {
			e := noQuestions(first)
			if r.input.Format == batch.CSV {
				e.Hint = "every row is empty in the question column: is the header another row, or the delimiter another one?"
			}
			yield(batch.Question{}, r.complete(e))
		}
	}
}

func noQuestions(line int) *Error {
	return &Error{Line: line, Msg: "the file holds no questions", noTable: true}
}

func (r *Reader) read() (batch.Question, error) {
	q, err := r.next()
	if err != nil {
		return q, err
	}
	// A decoder puts U+FFFD in the place of what it cannot decode.
	if r.encoding != "" && bytes.ContainsRune(q.Fields, '\uFFFD') {
		return q, &Error{Line: q.Line, Msg: "not valid " + r.encoding, Hint: "name the file's encoding with --encoding"}
	}
	if r.template != nil && q.Skip == "" {
		err = r.template.fill(&q, r.input)
	}
	r.understood.note(&q)
	return q, err
}

// Input describes the file. It is complete once Questions has ended: the
// member names of a JSONL file are known only then.
func (r *Reader) Input() batch.Input {
	in := r.input
	in.FilteredRows = r.understood.FilteredRows
	return in
}

// Close closes the file that Open opened.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// asError makes an error that is not about what the file holds an Error too.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return readError(err)
}
