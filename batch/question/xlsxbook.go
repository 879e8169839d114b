package question

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"bizbatch/batch/question/numfmt"
)

// An xlsxBook is an Excel file.
type xlsxBook struct {
	zip      *zip.ReadCloser
	sheets   []xlsxSheet
	active   int  // the sheet that Excel shows first
	date1904 bool // dates begin in 1904
	stale    bool // Excel is to work all formulas out when it opens the file
	texts    *textTable
	styles   []string // the codes of the number formats of the cells' styles; empty: not known
	formats  map[string]*numfmt.Format
}

// An xlsxSheet is a sheet of a workbook: of cells, or a chart or a macro,
// which has none.
type xlsxSheet struct {
	name   string
	hidden bool
	part   string // empty if it has no cells
}

// openWorkbook opens an Excel file. Of its parts only those are read that
// questions need.
func openWorkbook(file string) (*xlsxBook, error) {
	z, err := zip.OpenReader(file)
	switch {
	case errors.Is(err, zip.ErrFormat):
		return nil, notZIP(file)
	case err != nil:
		return nil, err
	}
	w := &xlsxBook{zip: z, formats: map[string]*numfmt.Format{}}
	if err := w.open(); err != nil {
		w.close() // only read from
		return nil, err
	}
	return w, nil
}

func notExcel(why string) *Error {
	return &Error{Msg: "is not an Excel file that can be read (" + why + ")", Hint: "save it as .xlsx"}
}

func (w *xlsxBook) open() error {
	book := "xl/workbook.xml"
	main, err := w.related("")
	if err != nil {
		return err
	}
	for _, r := range main {
		if r.kind == "officeDocument" {
			book = r.target
		}
	}
	switch ext := path.Ext(book); {
	case w.find(book) == nil:
		return notExcel("it has no workbook")
	case ext == ".bin":
		return notExcel("it is an .xlsb")
	case strings.HasPrefix(book, "word/"):
		return &Error{Msg: "is a Word document, not an Excel file", Hint: "copy its table into a workbook, and save that as .xlsx"}
	}
	parts, err := w.related(book)
	if err != nil {
		return err
	}
	if err := w.readBook(book, parts); err != nil {
		return err
	}
	for _, r := range parts {
		if w.find(r.target) == nil {
			continue
		}
		switch r.kind {
		case "styles":
			err = w.readStyles(r.target)
		case "sharedStrings":
			var p *xlsxPart
			if p, err = openPart(w.find(r.target), false); err == nil {
				w.texts, err = readTexts(p)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// find finds a part by its name, in any case.
func (w *xlsxBook) find(name string) *zip.File {
	at := slices.IndexFunc(w.zip.File, func(f *zip.File) bool { return strings.EqualFold(strings.ReplaceAll(f.Name, `\`, "/"), name) })
	if at < 0 {
		return nil
	}
	return w.zip.File[at]
}

// read calls do with each element of a small part.
func (w *xlsxBook) read(name string, do func(xml.StartElement) error) error {
	p, err := openPart(w.find(name), true)
	if err != nil {
		return err
	}
	return p.each(do)
}

// A relation is a part that another one names.
type relation struct{ id, kind, target string }

// related reads which parts a part names; without a name, the file itself.
func (w *xlsxBook) related(part string) (related []relation, err error) {
	dir, file := path.Split(part)
	rels := dir + "_rels/" + file + ".rels"
	if w.find(rels) == nil {
		return nil, nil
	}
	return related, w.read(rels, func(e xml.StartElement) error {
		target := strings.ReplaceAll(attr(e, "Target"), `\`, "/")
		if e.Name.Local != "Relationship" || attr(e, "TargetMode") == "External" {
			return nil
		}
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		related = append(related, relation{attr(e, "Id"), path.Base(attr(e, "Type")), strings.TrimPrefix(target, "/")})
		return nil
	})
}

// readTables reports whether a table in the sheet has a filter, and returns the rows that
// show the totals of one. A table that cannot be read has neither.
func (w *xlsxBook) readTables(sheet xlsxSheet) (filters bool, totals []int) {
	parts, _ := w.related(sheet.part)
	for _, r := range parts {
		if r.kind == "table" && w.find(r.target) != nil {
			_ = w.read(r.target, func(e xml.StartElement) error {
				filters = filters || e.Name.Local == "filterColumn"
				if count := attr(e, "totalsRowCount"); e.Name.Local == "table" && count != "" && count != "0" {
					_, end, _ := strings.Cut(attr(e, "ref"), ":") // such as D40; there is one such row at most
					row, _ := strconv.Atoi(strings.TrimLeftFunc(end, unicode.IsLetter))
					totals = append(totals, row)
				}
				return nil
			})
		}
	}
	return filters, totals
}

// readBook reads the list of sheets.
func (w *xlsxBook) readBook(book string, parts []relation) error {
	views := 0
	return w.read(book, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "workbookPr":
			w.date1904 = w.date1904 || isTrue(attr(e, "date1904"))
		case "calcPr":
			w.stale = w.stale || isTrue(attr(e, "fullCalcOnLoad"))
		case "workbookView":
			if views++; views == 1 {
				w.active, _ = strconv.Atoi(attr(e, "activeTab")) // 0 where there is none
			}
		case "sheet":
			sheet := xlsxSheet{name: attr(e, "name"), hidden: attr(e, "state") != "" && attr(e, "state") != "visible"}
			for _, r := range parts {
				if r.id == attr(e, "id") && r.kind == "worksheet" && w.find(r.target) != nil {
					sheet.part = r.target
				}
			}
			w.sheets = append(w.sheets, sheet)
		}
		return nil
	})
}

// readStyles reads which number format each style has.
func (w *xlsxBook) readStyles(part string) error {
	codes := map[string]string{}
	in := ""
	return w.read(part, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "cellStyleXfs", "cellXfs", "dxfs":
			in = e.Name.Local
		case "numFmt":
			if in == "" { // those of conditional formats come later
				codes[attr(e, "numFmtId")] = attr(e, "formatCode")
			}
		case "xf":
			if in != "cellXfs" {
				break
			}
			id := attr(e, "numFmtId")
			code, ok := codes[id]
			if !ok {
				n, _ := strconv.Atoi(id) // 0 where there is none
				code, _ = numfmt.Builtin(n)
			}
			w.styles = append(w.styles, code)
		}
		return nil
	})
}

// format returns the number format of a cell's style, nil if it is not known.
func (w *xlsxBook) format(style string) *numfmt.Format {
	code := "General"
	if n, err := strconv.Atoi(style); style != "" && (err != nil || n != 0 || len(w.styles) > 0) {
		if err != nil || n < 0 || n >= len(w.styles) || w.styles[n] == "" {
			return nil
		}
		code = w.styles[n]
	}
	f := w.formats[code]
	if f == nil {
		f = numfmt.Parse(code)
		w.formats[code] = f
	}
	return f
}

// close removes the temporary files.
func (w *xlsxBook) close() error { return errors.Join(w.texts.close(), w.zip.Close()) }
