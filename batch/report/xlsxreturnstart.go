package report

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"bizbatch/batch"
)

// newReturnWriter fails where the workbook cannot be returned, with the reason.
func newReturnWriter(b *bufio.Writer, folder string, macros bool, in batch.Input, o Options) (_ *returnWriter, err error) {
	w := &returnWriter{options: o, macros: macros, in: rowReader{in}, written: map[batch.Status]int{}}
	if w.source, err = openSource(o.Source); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = w.close()
		}
	}()
	if err := w.survey(); err != nil {
		return nil, err
	}
	sources, err := newSourceSheets(folder, func(int) string { return w.source.freeName("Sources") })
	if err != nil {
		return nil, err
	}
	sources.styles = w.source.styles.base
	w.ours = newAnswerRow(in, o, sources)
	if w.first+len(w.ours.columns) > excelColumns {
		return nil, errors.New("its sheet has no room beside its columns, charts and merged cells")
	}
	if w.notes, err = w.source.notes(); err != nil {
		return nil, err
	}
	w.zip = zip.NewWriter(b)
	return w, nil
}

// start writes the parts that are not changed, and the sheet as far as its rows.
func (w *returnWriter) start() error {
	if err := w.copyParts(); err != nil {
		return err
	}
	return w.begin()
}

// survey reads the sheet once, to find how large it is, and where our columns begin.
func (w *returnWriter) survey() error {
	r, err := w.source.find(w.source.sheet).Open()
	if err != nil {
		return err
	}
	defer r.Close()
	rows := newSheetReader(r)
	if _, err := rows.head(); err != nil {
		return err
	}
	w.first = len(w.in.in.Columns)
	n := 0
	for {
		if err := rows.next(); err == io.EOF {
			break
		} else if err != nil {
			return err
		}
		if n++; n > mostReturnedRows {
			return fmt.Errorf("it has more than %d rows", mostReturnedRows)
		}
		w.lastRow = rows.row.number
		for _, c := range rows.row.cells {
			if c.filled && rows.row.number >= w.options.Source.HeaderRow {
				w.first = max(w.first, c.column+1)
			}
		}
	}
	after := &document{}
	if err := rows.rest(after); err != nil {
		return err
	}
	w.last = w.first - 1
	w.first = w.source.besidePictures(w.first, w.options.Source.HeaderRow)
	w.first = besideMerged(after, w.first, w.options.Source.HeaderRow)
	return nil
}

// besideMerged returns the first column from the given one on, counted from 0, to
// the right of all merged cells at the rows from the header down. A merged area
// shows only its first cell. after is what comes after the rows of the sheet.
func besideMerged(after *document, column, header int) int {
	at := after.find("mergeCells")
	if at < 0 {
		return column
	}
	areas, _ := inner(after.children[at].raw) // it was read before
	for _, area := range areas {
		ref, _ := attribute(area.raw, "ref")
		end := ref[strings.LastIndex(ref, ":")+1:]
		if row, _ := strconv.Atoi(strings.TrimLeft(end, capitals)); row >= header {
			column = max(column, columnNumber(end)+1)
		}
	}
	return column
}

// copyParts copies what is not changed.
func (w *returnWriter) copyParts() error {
	s := w.source
	macros := relations{s.rels, path.Dir(s.name)}.target("vbaProject")
	changed := []string{"[Content_Types].xml", s.name, relsName(s.name), s.sheet, relsName(s.sheet), s.stylesName, w.notes.list, w.notes.boxes}
	if tables, err := w.extendTables(); err != nil {
		return err
	} else {
		changed = append(changed, tables...)
	}
	if !w.macros && macros != "" { // Excel opens no workbook with macros under another name
		changed = append(changed, macros, relsName(macros))
		s.rels.children = slices.DeleteFunc(s.rels.children, func(c element) bool { return strings.Contains(c.raw, "/vbaProject\"") })
		s.types.children = slices.DeleteFunc(s.types.children, func(c element) bool { return strings.Contains(c.raw, "\"/"+macros+"\"") })
	}
	for _, f := range s.zip.File {
		if slices.ContainsFunc(changed, func(name string) bool { return strings.EqualFold(name, f.Name) }) {
			continue
		}
		if err := w.zip.Copy(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// begin writes the sheet as far as its rows.
func (w *returnWriter) begin() (err error) {
	if w.part, err = w.source.find(w.source.sheet).Open(); err != nil {
		return err
	}
	w.rows = newSheetReader(w.part)
	if w.sheet, err = w.rows.head(); err != nil {
		return err
	}
	w.widths = w.columnWidths()
	w.asked = namedColumn(w.in.in.Columns, w.options.Source.Question, batch.QuestionNames)
	w.setColumns()
	w.setDimension()
	if w.out, err = w.zip.Create(w.source.sheet); err != nil {
		return err
	}
	if _, err := io.WriteString(w.out, w.sheet.head); err != nil {
		return err
	}
	for _, c := range w.sheet.children {
		if _, err := io.WriteString(w.out, c.raw); err != nil {
			return err
		}
	}
	_, err = io.WriteString(w.out, "<"+w.rows.prefix+"sheetData>")
	return err
}
