package report_test

import (
	"archive/zip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

func TestAWorkbookThatIsTooLargeIsWrittenAnew(t *testing.T) {
	path, in, source, recs := clientBook(t)
	for name, change := range map[string]func(*report.Source, *report.Options){
		"it has no row of names":               func(s *report.Source, _ *report.Options) { s.HeaderRow = 0 },
		`its sheet "2025" is not found`:        func(s *report.Source, _ *report.Options) { s.Sheet = "2025" },
		"no such file or directory":            func(s *report.Source, _ *report.Options) { s.Path += "x" },
		"it has more than 50000 rows":          func(s *report.Source, _ *report.Options) { s.Path = longBook(t) },
		"":                                     func(_ *report.Source, o *report.Options) { o.Status = batch.Answered },
		"zip: not a valid zip file":            func(s *report.Source, _ *report.Options) { s.Path = textFile(t) },
		"it is in the strict form of Open XML": func(s *report.Source, _ *report.Options) { s.Path = strictBook(t, path) },
		"its sheet has no room beside its columns, charts and merged cells": func(s *report.Source, _ *report.Options) { s.Path = mergedBook(t) },
	} {
		t.Run(name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "q.answers.xlsx")
			o := report.Options{Source: source}
			change(&o.Source, &o)
			f, err := report.Create(out, in, o)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Abort()
			for _, rec := range recs {
				if err := f.Write(rec); err != nil {
					t.Fatal(err)
				}
			}
			if err := f.Commit(); err != nil || f.Anew() != name {
				t.Errorf("it says %q, %v", f.Anew(), err)
			}
			if sheets := opened(t, out).GetSheetList(); sheets[0] != "Answers" {
				t.Errorf("it has the sheets %v", sheets)
			}
		})
	}
}

// longBook returns a workbook with more rows than are returned in it.
func longBook(t testing.TB) string {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	_, err := f.NewSheet("Open items")
	if err != nil {
		t.Fatal(err)
	}
	w, err := f.NewStreamWriter("Open items")
	if err != nil {
		t.Fatal(err)
	}
	for row := 1; row <= 50_001; row++ {
		if err := w.SetRow(fmt.Sprintf("A%d", row), []any{"x"}); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "long.xlsx")
	if err := errors.Join(w.Flush(), f.SaveAs(path)); err != nil {
		t.Fatal(err)
	}
	return path
}

// mergedBook returns a workbook with a footnote as wide as the sheet.
func mergedBook(t testing.TB) string {
	t.Helper()
	path, _, source, _ := clientBook(t)
	f := opened(t, path)
	if err := errors.Join(f.MergeCell(source.Sheet, "A9", "XFD9"), f.Save()); err != nil {
		t.Fatal(err)
	}
	return path
}

// textFile returns a file that is no workbook, in spite of its name.
func textFile(t testing.TB) string {
	path := filepath.Join(t.TempDir(), "q.xlsx")
	if err := os.WriteFile(path, []byte("no workbook"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// changedBook returns a copy of a workbook with changed parts, without those that
// become empty, and with more parts.
func changedBook(t testing.TB, path string, change func(name, content string) string, more ...string) string {
	t.Helper()
	changed := filepath.Join(t.TempDir(), "changed.xlsx")
	f, err := os.Create(changed)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	all := parts(t, path)
	for _, name := range more {
		all[name] = "more"
	}
	for name, content := range all {
		content := change(name, content)
		if content == "" {
			continue
		}
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(content))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return changed
}

// strictBook returns the workbook in the strict form of Open XML.
func strictBook(t testing.TB, path string) string {
	return changedBook(t, path, func(name, content string) string {
		if name == "xl/workbook.xml" {
			content = strings.Replace(content, "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main", 1)
		}
		return content
	})
}
