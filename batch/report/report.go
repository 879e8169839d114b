// Package report writes what became of a file of questions: every row as it
// was read, and beside it the answer, its sources and the row's status.
//
// The normal case is
//
//	f, err := report.Create("questions.answers.csv", input, report.Options{})
//	…
//	defer f.Abort()
//	for rec, err := range records {
//		…
//		if err := f.Write(rec); err != nil { … }
//	}
//	return f.Commit()
//
// The file appears under its name, whole, at Commit and not before: a reader
// never meets half of it, and a file that was there stays until then.
//
// The extension chooses the form. CSV and XLSX are for spreadsheets, with the
// columns that matter most; HTML is a page to read, search and print,
// Markdown a memo; JSONL is for programs and leaves nothing out.
package report

import (
	"io"
	"slices"
	"strings"
	"time"

	"bizbatch/batch"
)

// Options say how a file is written. The zero value is right for most.
type Options struct {
	// CSVSafe keeps spreadsheets from running the cells of a CSV file: one
	// that they would take for a formula gets an apostrophe before it, which
	// makes it text. So does a part of a cell, after a line break, comma,
	// semicolon or tab, that would be a cell of its own in a spreadsheet that
	// splits by another delimiter than the file's. Other programs then read
	// the apostrophe too. Other formats are as without it; the cells of XLSX
	// are text in any case.
	CSVSafe bool
	// CSVBOM says whether a CSV file begins with a byte order mark, by which
	// Excel on Windows sees that it is UTF-8: [Yes] or [No]. Default: where
	// the input began with one, was in another encoding, or is an Excel file.
	CSVBOM Choice
	// OpenAIBatch writes JSON Lines as the output file of OpenAI's Batch API,
	// which holds the answered questions only. With a Status of failed or
	// pending it holds those, as OpenAI's error file does.
	OpenAIBatch bool
	// WordTemplate is a Word document whose styles, page, header and footer a
	// Word file takes. Default: ours.
	WordTemplate string
	// Status keeps only rows that are answered (truncated and refused answers
	// included), failed, or pending (in flight included). Default: all rows.
	Status batch.Status
	// Since keeps only rows whose answer or failure came in at that time or
	// later. Default: all rows.
	Since time.Time
	// History is what the summary of HTML and XLSX tells of the runs. Default:
	// there is no summary.
	History *batch.History
	// Review adds the columns "reviewed by", "verdict" and "review note", and after
	// them ReviewColumns, which people added. Default: there are none.
	Review        bool
	ReviewColumns []string
	// Source is what is known of the question file. Default: nothing; an XLSX
	// file is made anew, and columns go by their names.
	Source Source
	// Columns are further ones of a table, and what other formats tell of a record.
	Columns []Column
	// Members are further ones of JSON lines, instead of Columns.
	Members []Column
	// Groups are what the workbook tells of the files that a [Pattern] makes.
	// Default: nothing.
	Groups []Group
	// Copy gets every byte of the file, too, before it has its name. Default:
	// nothing does.
	Copy io.Writer
}

// A Source is the file that the questions were read from.
type Source struct {
	// Path names an Excel file to return with the answers in it; empty: none.
	Path string
	// Unfit says why that file cannot be returned; empty: nothing is known against
	// it.
	Unfit     string
	Sheet     string // with the questions
	HeaderRow int    // of that sheet
	// Question and ID name the columns with these parts of a row; empty: they go
	// by their usual names, or there is none.
	Question, ID string
}

// A Choice is made, or (empty) left to the default.
type Choice string

// The choices.
const (
	Yes Choice = "yes"
	No  Choice = "no"
)

// keep reports whether a row is to be written.
func (o Options) keep(rec batch.Record) bool {
	if !o.Since.IsZero() && rec.Finished.Before(o.Since) {
		return false
	}
	switch o.Status {
	case "":
		return true
	case batch.Answered:
		return rec.Answer != nil
	case batch.Pending:
		return rec.Status == batch.Pending || rec.Status == batch.Running
	}
	return rec.Status == o.Status
}

// A writer puts records into a file, each in one piece or with an error.
type writer interface {
	write(rec batch.Record) error
	end() error   // writes what follows the last record
	close() error // removes what was only needed on the way
}

// streamed is a writer whose records are all there is to it.
type streamed struct{}

func (streamed) end() error   { return nil }
func (streamed) close() error { return nil }

// ownNames says under which name each of the wanted ones is written: its own,
// or with bizbatch_ before it where the input uses that name itself, whatever
// the case.
func ownNames(wanted, columns []string) map[string]string {
	taken := func(name string) bool {
		return slices.ContainsFunc(columns, func(column string) bool { return sameName(column, name) })
	}
	names := make(map[string]string, len(wanted))
	for _, want := range wanted {
		name := want
		for taken(name) {
			name = "bizbatch_" + name
		}
		names[want] = name
	}
	return names
}

// sameName reports whether people would take a column's name for name.
func sameName(column, name string) bool {
	return strings.EqualFold(strings.TrimSpace(column), name)
}
