package report

import (
	"bufio"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bizbatch/batch"
	"bizbatch/internal/prose"
)

// A Format is a form in which answers can be written.
type Format struct {
	Name       string   // as docs and help call it
	Extensions []string // in lower case, the usual one first
	History    bool     // it tells of the runs, too: see [Options]

	// create begins a file. Temporary files may stand in its folder.
	create func(b *bufio.Writer, folder string, in batch.Input, o Options) (writer, error)
	// compare writes a file of comparisons; nil: the format is not for them.
	compare func(b *bufio.Writer, folder string, in batch.Input, c *Comparisons, o Options) error
}

// Formats are the formats that a file's extension can ask for.
var Formats = []Format{
	{"CSV", []string{".csv"}, false, newCSVWriter, compareCSV},
	{"tab-separated", []string{".tsv"}, false, newTSVWriter, compareTSV},
	{"Text", []string{".txt"}, false, newTextWriter, nil},
	{"Excel", []string{".xlsx"}, true, newXLSXWriter, compareXLSX},
	{"Excel with macros", []string{".xlsm"}, true, newXLSMWriter, nil},
	{"JSON Lines", []string{".jsonl", ".ndjson"}, false, newJSONLWriter, compareJSONL},
	{"Word", []string{".docx"}, true, newDOCXWriter, compareDOCX},
	{"Markdown", []string{".md", ".markdown"}, true, newMarkdownWriter, compareMarkdown},
	{"HTML", []string{".html", ".htm"}, true, newHTMLWriter, compareHTML},
}

// FormatOf returns the format that a file's extension asks for, in any case. Its
// error lists the extensions that there are.
func FormatOf(path string) (Format, error) {
	ext := strings.ToLower(filepath.Ext(path))
	for _, f := range Formats {
		if slices.Contains(f.Extensions, ext) {
			return f, nil
		}
	}
	return Format{}, fmt.Errorf("no format for answers is known by the extension of %s (%s)", path, Extensions())
}

// Extensions returns the usual extensions as a list to read: ".csv, .tsv or .md".
func Extensions() string {
	var usual []string
	for _, f := range Formats {
		usual = append(usual, f.Extensions[0])
	}
	return prose.Or(usual)
}
