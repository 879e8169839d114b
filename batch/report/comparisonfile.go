package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// CreateComparisons begins a file of comparisons as [Create] does one of answers, and
// writes all of it but its name.
func CreateComparisons(path string, in batch.Input, c *Comparisons, o Options) (*File, error) {
	if err := CanCompare(path); err != nil {
		return nil, err
	}
	format, _ := FormatOf(path) // there is one
	f, err := begin(path)
	if err != nil {
		return nil, err
	}
	if o.Copy != nil {
		f.buf.Reset(io.MultiWriter(f.temp, o.Copy))
	}
	err = format.compare(f.buf, filepath.Dir(f.target), in, c, o)
	f.rows = len(c.List)
	if err != nil {
		return nil, errors.Join(f.failed(err), f.Abort())
	}
	if err := f.Finish(); err != nil {
		return nil, errors.Join(err, f.Abort())
	}
	return f, nil
}

// CanCompare returns an error unless comparisons can be written to a file, by its
// extension.
func CanCompare(path string) error {
	if format, err := FormatOf(path); err != nil || format.compare == nil {
		return fmt.Errorf("differences cannot be written to %s: choose %s", path, ComparisonExtensions())
	}
	return nil
}

// ComparisonExtensions returns the usual extensions of formats for comparisons, as a
// list to read.
func ComparisonExtensions() string {
	var usual []string
	for _, f := range Formats {
		if f.compare != nil {
			usual = append(usual, f.Extensions[0])
		}
	}
	return prose.Or(usual)
}

// compared are the columns of a table of comparisons, after the input's.
var compared = []string{"difference", "what", "answer before", "answered before", "answer", "answered"}

// comparedColumns returns what they are called beside the input's.
func comparedColumns(in batch.Input) (list []string) {
	names := ownNames(compared, in.Columns)
	for _, name := range compared {
		list = append(list, names[name])
	}
	return list
}

func compareCSV(b *bufio.Writer, _ string, in batch.Input, c *Comparisons, o Options) error {
	comma := ','
	if !in.Tabs {
		comma = commaOf(in)
	}
	return compareTable(b, in, c, o, comma)
}

func compareTSV(b *bufio.Writer, _ string, in batch.Input, c *Comparisons, o Options) error {
	return compareTable(b, in, c, o, '\t')
}

// compareTable writes a row for each comparison: the input's columns, and ours.
func compareTable(b *bufio.Writer, in batch.Input, all *Comparisons, o Options, comma rune) error {
	w, err := newDelimited(b, in, o, comma)
	if err == nil {
		err = w.put(slices.Concat(in.Columns, comparedColumns(in)))
	}
	for i := range all.List {
		if err != nil {
			return err
		}
		c := &all.List[i]
		var before, now string
		row, rowErr := w.rows.cells(c.Record.Fields)
		if err = rowErr; err == nil {
			before, _ = moment(c.Old.Finished).MarshalCSV() // a time
			now, _ = moment(c.New.Finished).MarshalCSV()
			err = w.put(append(row, texts(string(c.Class), strings.Join(c.Difference.What(), "; "), textOf(c.Was), before, textOf(c.Is), now)...))
		}
	}
	return err
}

// compareJSONL writes a line for each comparison.
func compareJSONL(b *bufio.Writer, _ string, _ batch.Input, all *Comparisons, _ Options) error {
	for i := range all.List {
		line, err := all.List[i].MarshalJSON()
		if err != nil {
			return err
		}
		if _, err := b.Write(append(unbroken(line), '\n')); err != nil {
			return err
		}
	}
	return nil
}
