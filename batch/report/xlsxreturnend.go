package report

import (
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
)

// end writes what comes after the rows, and the parts that know of the answers.
func (w *returnWriter) end() error {
	if _, err := w.pass(excelRows + 1); err != nil {
		return err
	}
	after := &document{prefix: w.rows.prefix}
	if err := w.rows.rest(after); err != nil {
		return err
	}
	filter := w.extendFilter(after)
	if at := w.ours.verdictAt(); at >= 0 && w.lastRow > w.options.Source.HeaderRow {
		after.add("dataValidations", verdictList(w.first+at, w.options.Source.HeaderRow+1, w.lastRow), sheetOrder)
		if err := after.setCount("dataValidations"); err != nil {
			return err
		}
	}
	if w.links.n > 0 {
		after.add("hyperlinks", w.links.elements.String(), sheetOrder)
	}
	if id := w.notes.relate(w.source); id != "" {
		after.add("legacyDrawing", "", sheetOrder)
		at := after.find("legacyDrawing")
		after.children[at].raw = withPrefix(fmt.Sprintf(`<legacyDrawing xmlns:r="%s" r:id="%s"/>`, relNS, id), after.prefix)
	}
	after.children[0].raw = "</" + w.rows.prefix + "sheetData>"
	if _, err := io.WriteString(w.out, after.String()); err != nil {
		return err
	}
	if err := w.addSheets(filter); err != nil {
		return err
	}
	return w.putParts()
}

// extendFilter has the filter of the sheet go over our columns too, so that who
// sorts by it does not take the questions from their answers. It returns the
// area that the filter had and that which it has; empty: it was left alone.
func (w *returnWriter) extendFilter(sheet *document) (change [2]string) {
	at := sheet.find("autoFilter")
	if at < 0 {
		return change
	}
	ref, _ := attribute(sheet.children[at].raw, "ref")
	ref = strings.ReplaceAll(ref, "$", "")
	if wider := w.wider(ref, w.last); wider != "" {
		sheet.children[at].raw = withAttribute(sheet.children[at].raw, "ref", wider)
		change = [2]string{absolute(ref), absolute(wider)}
	}
	return change
}

// wider returns an area that begins with the header, and ends in a column from the
// given one on and before ours, with our columns; empty: it is another one.
func (w *returnWriter) wider(ref string, from int) string {
	begin, end, ok := strings.Cut(ref, ":")
	header := strconv.Itoa(w.options.Source.HeaderRow)
	if column := columnNumber(end); !ok || strings.TrimLeft(begin, capitals) != header || column < from || column >= w.first {
		return ""
	}
	return begin + ":" + columnName(w.lastColumn()) + strings.TrimLeft(end, capitals)
}

// extendTables has the table of the questions go over our columns too, for the
// same reason, and returns the parts that it wrote. A table with a row of totals,
// or one that comes from a query, is left alone: its columns have rules of
// their own. So is one that does not end just before our columns: each of its
// columns needs a name in the header.
func (w *returnWriter) extendTables() (changed []string, err error) {
	sheet := relations{w.source.sheetRels, path.Dir(w.source.sheet)}
	for _, c := range sheet.children {
		kind, _ := attribute(c.raw, "Type")
		if path.Base(kind) != "table" {
			continue
		}
		name := sheet.of(c)
		table, err := w.source.read(name)
		if err != nil {
			continue // whatever it is, it stays as it is
		}
		ref, _ := attribute(table.head[strings.LastIndex(table.head, "<"):], "ref")
		if wider := w.wider(ref, w.first-1); wider == "" || !plainTable(table) || !w.widen(table, wider) {
			continue
		}
		out, err := w.zip.Create(name)
		if err == nil {
			_, err = io.WriteString(out, table.String())
		}
		if err != nil {
			return nil, err
		}
		changed = append(changed, name)
	}
	return changed, nil
}

// plainTable reports whether no other part has to know of a change to the table.
func plainTable(table *document) bool {
	root := table.head[strings.LastIndex(table.head, "<"):]
	for name, plain := range map[string]string{"headerRowCount": "1", "totalsRowCount": "0", "tableType": "worksheet"} {
		if value, found := attribute(root, name); found && value != plain {
			return false
		}
	}
	return true
}

// widen adds our columns to a table.
func (w *returnWriter) widen(table *document, ref string) bool {
	at := table.find("tableColumns")
	if at < 0 {
		return false
	}
	columns, err := inner(table.children[at].raw)
	if err != nil {
		return false
	}
	last := lastID(columns, "id")
	var added strings.Builder
	for i, c := range w.ours.columns {
		added.WriteString(withAttribute(fmt.Sprintf(`<tableColumn id="%d"/>`, last+1+i), "name", c.name))
	}
	table.add("tableColumns", added.String(), nil)
	root := strings.LastIndex(table.head, "<")
	table.head = table.head[:root] + withAttribute(table.head[root:], "ref", ref)
	if filter := table.find("autoFilter"); filter >= 0 {
		table.children[filter].raw = withAttribute(table.children[filter].raw, "ref", ref)
	}
	return table.setCount("tableColumns") == nil
}

// lastID returns the largest number that the attribute has in elements, or 0.
func lastID(elements []element, name string) (last int) {
	for _, e := range elements {
		value, _ := attribute(e.raw, name)
		n, _ := strconv.Atoi(value) // 0 if it is not a number
		last = max(last, n)
	}
	return last
}

// addSheets writes the sheets of the sources and of the runs, and has the
// workbook know them.
func (w *returnWriter) addSheets(filter [2]string) error {
	s := w.source
	sheets, err := s.sheets()
	if err != nil {
		return err
	}
	id := lastID(sheets, "sheetId")
	if at := s.book.find("definedNames"); at >= 0 && filter[0] != "" {
		s.book.children[at].raw = s.widenFilterName(s.book.children[at].raw, filter)
	}
	index := len(sheets)
	var added []*sheet
	open := func(sh *sheet) (io.Writer, error) {
		name := s.unused("xl/worksheets/sheet%d.xml")
		id++
		var title strings.Builder
		excelText(&title, sh.name)
		s.book.add("sheets", fmt.Sprintf(`<sheet name="%s" sheetId="%d" xmlns:r="%s" r:id="%s"/>`, title.String(), id, relNS, s.rels.relate("worksheet", name)), bookOrder)
		if sh.header {
			s.book.add("definedNames", sh.definedNames(index), bookOrder)
		}
		index++
		s.override(name, sheetTypes+"worksheet+xml")
		added = append(added, sh)
		sh.part = name
		return w.zip.Create(name)
	}
	if err := w.ours.sources.copyTo(open); err != nil {
		return err
	}
	run := runSheet(s.freeName("Run"), s.styles.base)
	out, err := open(run)
	if err == nil {
		err = writeRun(out, run, w.options, w.written)
	}
	for _, sh := range added {
		if sh.links.rels.Len() > 0 && err == nil {
			err = w.put(relsName(sh.part), xmlHead+`<Relationships xmlns="`+packageNS+`/relationships">`+sh.links.rels.String()+`</Relationships>`)
		}
	}
	return err
}

// bookOrder is the order of the elements of a workbook.
var bookOrder = strings.Fields(`fileVersion fileSharing workbookPr workbookProtection bookViews sheets functionGroups externalReferences
	definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing fileRecoveryPr webPublishObjects extLst`)

// widenFilterName has the hidden name of the sheet's filter know its new area.
func (b *sourceBook) widenFilterName(names string, change [2]string) string {
	list, err := inner(names)
	if err != nil {
		return names
	}
	for _, name := range list {
		kind, _ := attribute(name.raw, "name")
		sheet, _ := attribute(name.raw, "localSheetId")
		if kind == "_xlnm._FilterDatabase" && sheet == strconv.Itoa(b.index) {
			names = strings.Replace(names, name.raw, strings.Replace(name.raw, change[0], change[1], 1), 1)
		}
	}
	return names
}

// putParts writes the parts that know of the answers.
func (w *returnWriter) putParts() error {
	s := w.source
	kind := mainType
	if w.macros {
		kind = macroType
	}
	s.override(s.name, kind)
	if err := w.notes.put(w); err != nil {
		return err
	}
	styles, err := s.styles.String()
	if err != nil {
		return err
	}
	parts := [][2]string{{s.stylesName, styles}, {s.name, s.book.String()}, {relsName(s.name), s.rels.String()}, {"[Content_Types].xml", s.types.String()}}
	if len(s.sheetRels.children) > 0 {
		parts = slices.Insert(parts, 0, [2]string{relsName(s.sheet), s.sheetRels.String()})
	}
	for _, p := range parts {
		if err := w.put(p[0], p[1]); err != nil {
			return err
		}
	}
	return w.zip.Close()
}

// put writes a part.
func (w *returnWriter) put(name, content string) error {
	out, err := w.zip.Create(name)
	if err == nil {
		_, err = io.WriteString(out, content)
	}
	return err
}
