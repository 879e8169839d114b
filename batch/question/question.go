// Package question reads files of questions.
//
// The normal case is [Open] on a CSV file with a column named "question":
// [Reader.Questions] then yields a [batch.Question] for every row, with its row
// number as ID and with all of its columns. [Options] select other columns,
// delimiters and encodings, and a template that builds questions from several
// columns. Excel and JSONL files, compressed files and conversations are recognised
// by themselves.
//
// Rows are streamed, so memory use does not depend on the size of the file. Errors
// are [*Error] values with the line number.
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

// Options say how to read a question file. The zero value suits most files.
type Options struct {
	// Format is the format of the file. Default: by the extension; .csv, .tsv and
	// .txt are CSV, .jsonl and .ndjson are JSONL, .xlsx and .xlsm are XLSX. CSV and
	// JSONL files may be compressed with gzip, with .gz after the extension.
	Format batch.Format
	// Sheet is the name of the sheet of an Excel file, in any case. Default: the
	// first sheet that is not hidden. If that has no question column, the only sheet
	// that has one.
	//
	// Cells are read as Excel shows them, including hidden rows and columns. Short
	// dates, which look different on every computer, are read as year, month and
	// day: 2025-04-15. A cell that cannot be read as Excel shows it is an error if
	// its column is used.
	Sheet string
	// Delimiter separates the fields of a CSV file: one character, or "comma",
	// "semicolon", "tab" or "pipe". Default: the one of these that occurs most often
	// in the header. If none occurs, a tab for .tsv and a comma for other files.
	Delimiter string
	// Quote says whether quotes enclose fields ("csv") or are text ("none").
	// Default: "csv"; in a file with tabs whose quotes do not pair up, "none".
	Quote string
	// Encoding is the file's character encoding by its IANA or WHATWG name, such as
	// windows-1252. Default: UTF-8. A byte order mark in the file takes precedence.
	Encoding string
	// QuestionColumn is the column (or JSONL member) that contains the question.
	// Default: the first of question, prompt, text and query that exists. Names
	// match in any case, and space, hyphen and underscore are equal.
	QuestionColumn string
	// IDColumn is the column that names the row. Default: the first of id,
	// question_id and custom_id that exists; otherwise the ID is the row number.
	IDColumn string
	// AskModeColumn is the column with the ask mode of a row. Default: ask_mode or
	// mode, if it exists.
	AskModeColumn string
	// HeaderRow is the line, or row of a sheet, with the column names. Default: the
	// first of the first 51 lines that contains the name of a question column.
	HeaderRow int
	// NoHeader says that the first row is a question. Columns are then named by
	// their letter, as in spreadsheets, or by their number. If there is only one
	// column, it is the question.
	NoHeader bool
	// Model is the model that the run asks. Default: each line of an OpenAI Batch
	// file is asked of the model that it names.
	Model string
	// UniqueIDs makes it an error if two rows have the same ID. In OpenAI Batch
	// files this is always an error.
	UniqueIDs bool
	// Template is a text/template that builds each question from the columns of its
	// row, such as {{.question}} or {{index . "Client name"}}. Default: the question
	// is the text of the question column.
	Template string
	// AskModes are the ask modes of the service, which a row may select.
	AskModes batch.AskModes

	table bool // no column but the question's has a role, see ReadTable
}

// maxRecord is the maximum size of a row in bytes. It bounds memory if a quote is
// never closed or a file has no line breaks.
const maxRecord = 16 << 20

// noQuestion is the reason to skip a row without a question.
const noQuestion = "no question"

// A Reader reads the questions of a file.
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

// Open opens the question file at path; "-" is standard input. It reads the header,
// so that wrong columns are reported at once.
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

// NewReader returns a Reader that reads questions from r. The name is used in
// errors, and its extension is the default format. Excel files need [Open].
func NewReader(r io.Reader, name string, opts Options) (*Reader, error) {
	q := &Reader{name: name, unique: opts.UniqueIDs}
	if err := q.init(r, opts); err != nil {
		return nil, q.complete(err)
	}
	return q, nil
}

// complete adds the names of the file and the sheet to an error.
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

// initTable starts reading a file that has a header.
func (r *Reader) initTable(text tableText, opts Options) error {
	t, err := newTable(text, opts, &r.input, &r.understood)
	if err != nil {
		return err
	}
	t.used = r.usedColumns(opts.Template)
	r.next = t.next
	return r.checkTemplateColumns(opts.Template)
}

func (r *Reader) setTemplate(opts Options) (err error) {
	if opts.Template != "" {
		r.template, err = parseTemplate(opts.Template)
	}
	return err
}

// format returns the requested format, or else that of the name's extension.
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

// Questions yields every row in order, including those without a question, whose
// Skip says why. After an error, which is an [*Error], it ends. A file without any
// question is an error. Questions can be used once.
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

// Input returns the description of the file. The member names of a JSONL file are
// complete only after Questions has ended.
func (r *Reader) Input() batch.Input {
	in := r.input
	in.FilteredRows, in.Question = r.understood.FilteredRows, r.understood.Question
	return in
}

// Close closes the file that [Open] opened.
func (r *Reader) Close() error {
	if r.close == nil {
		return nil
	}
	return r.close()
}

// asError returns err as an Error.
func asError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return readError(err)
}
