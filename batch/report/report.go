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
// The extension chooses the form. CSV is for people and spreadsheets, with the
// seven columns that matter most; JSONL is for programs and leaves nothing out.
package report

import (
	"bufio"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bizbatch/batch"
)

// A Format is a form in which answers can be written.
type Format string

// The formats, named as their extensions.
const (
	CSV   Format = "csv"   // delimited as the input was; commas where it was no CSV
	TSV   Format = "tsv"   // CSV with tabs
	JSONL Format = "jsonl" // one JSON object a line
)

var extensions = map[string]Format{
	".csv":    CSV,
	".tsv":    TSV,
	".jsonl":  JSONL,
	".ndjson": JSONL,
}

// FormatOf is the format that a file's extension asks for, in any case. Its
// error lists the extensions that there are.
func FormatOf(path string) (Format, error) {
	format, ok := extensions[strings.ToLower(filepath.Ext(path))]
	if !ok {
		return "", fmt.Errorf("no format for answers is known by the extension of %s (.csv, .tsv, .jsonl or .ndjson)", path)
	}
	return format, nil
}

// Options say how a file is written. The zero value is right for most.
type Options struct {
	// CSVSafe keeps spreadsheets from running the cells of a CSV file: one
	// that they would take for a formula gets an apostrophe before it, which
	// makes it text. Other programs then read the apostrophe too. JSONL is as
	// without it.
	CSVSafe bool
}

// A writer puts records into a buffer, each in one piece or with an error.
type writer interface {
	write(rec batch.Record) error
}

// newWriter begins a file of the format, with its header where it has one.
func newWriter(format Format, b *bufio.Writer, in batch.Input, o Options) (writer, error) {
	if format == JSONL {
		return newJSONLWriter(b, in), nil
	}
	if format == TSV {
		in.Delimiter = "\t"
	}
	return newCSVWriter(b, in, o.CSVSafe)
}

// common are the columns of a CSV file. JSONL has them too, and more.
var common = []string{"answer", "citations", "status", "error", "attempts", "seconds", "request_id"}

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

// sameName says whether people would take a column's name for name.
func sameName(column, name string) bool {
	return strings.EqualFold(strings.TrimSpace(column), name)
}
