package report

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// notesParts are the comments of a sheet that is returned, its own and ours. A
// sheet has one part with their texts, and one with their boxes, in which other
// things may be as well.
type notesParts struct {
	list, boxes string // names of the parts; empty: it has none
	texts       *document
	shapes      string
	taken       []string // cells with a comment
	ours        comments
}

var shapeNumber = regexp.MustCompile(`_s(\d+)"`)

// notes reads the comments of the questions' sheet.
func (b *sourceBook) notes() (n *notesParts, err error) {
	sheet := relations{b.sheetRels, path.Dir(b.sheet)}
	n = &notesParts{list: sheet.target("comments"), boxes: sheet.target("vmlDrawing")}
	n.ours.shape = 1024 // from which Excel numbers the boxes of a sheet
	if n.list != "" {
		if n.texts, err = b.read(n.list); err != nil {
			return nil, err
		}
		if at := n.texts.find("authors"); at >= 0 {
			authors, err := inner(n.texts.children[at].raw)
			if err != nil {
				return nil, err
			}
			n.ours.author = len(authors)
		}
		if at := n.texts.find("commentList"); at >= 0 {
			list, err := inner(n.texts.children[at].raw)
			if err != nil {
				return nil, err
			}
			for _, c := range list {
				ref, _ := attribute(c.raw, "ref")
				n.taken = append(n.taken, ref)
			}
		}
	}
	if n.boxes != "" {
		raw, err := b.bytes(n.boxes)
		if err != nil {
			return nil, err
		}
		n.shapes = string(raw) // which need not be XML: old versions of Excel wrote HTML
		for _, m := range shapeNumber.FindAllStringSubmatch(n.shapes, -1) {
			number, _ := strconv.Atoi(m[1]) // digits
			n.ours.shape = max(n.ours.shape, number)
		}
	}
	return n, nil
}

// add puts a comment at a cell, unless it has one.
func (n *notesParts) add(row, column, height int, text string) bool {
	if slices.Contains(n.taken, columnName(column)+strconv.Itoa(row+1)) {
		return false
	}
	n.ours.add(row, column, height, text)
	return true
}

// relate names the parts that are new, and returns by which id the sheet knows
// the boxes; empty: nothing is new.
func (n *notesParts) relate(b *sourceBook) (id string) {
	if n.ours.n == 0 {
		return ""
	}
	if n.list == "" {
		n.list = b.unused("xl/comments%d.xml")
		b.sheetRels.relate("comments", n.list)
		b.override(n.list, sheetTypes+"comments+xml")
	}
	if n.boxes == "" {
		n.boxes = b.unused("xl/drawings/vmlDrawing%d.vml")
		id = b.sheetRels.relate("vmlDrawing", n.boxes)
		b.override(n.boxes, vmlType)
	}
	return id
}

// put writes the parts.
func (n *notesParts) put(w *returnWriter) error {
	texts, shapes := n.ours.listPart(), n.ours.boxesPart()
	if n.texts != nil {
		if n.ours.n > 0 {
			n.texts.add("authors", `<author>`+commentAuthor+`</author>`, []string{"authors", "commentList", "extLst"})
			n.texts.add("commentList", n.ours.list.String(), []string{"authors", "commentList", "extLst"})
		}
		texts = n.texts.String()
	}
	if end := strings.LastIndex(n.shapes, "</"); end >= 0 && n.ours.n > 0 {
		kind := ""
		if !strings.Contains(n.shapes, `id="_x0000_t202"`) {
			kind = boxType
		}
		shapes = n.shapes[:end] + withNames(kind+n.ours.boxes.String()) + n.shapes[end:]
	} else if n.shapes != "" {
		shapes = n.shapes
	}
	for name, content := range map[string]string{n.list: texts, n.boxes: shapes} {
		if name != "" {
			if err := w.put(name, content); err != nil {
				return err
			}
		}
	}
	return nil
}

// withNames has the boxes say what their prefixes stand for: the part around them
// may have others.
func withNames(shapes string) string {
	const names = ` xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"`
	return strings.NewReplacer("<v:shape ", "<v:shape"+names+" ", "<v:shapetype ", "<v:shapetype"+names+" ").Replace(shapes)
}
