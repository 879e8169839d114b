package report

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// relations are the parts that a part names.
type relations struct {
	*document
	folder string // of the part
}

// relsName returns the name of the part with a part's relations.
func relsName(part string) string {
	folder, file := path.Split(part)
	return folder + "_rels/" + file + ".rels"
}

// relations reads them; a part without any has an empty document.
func (b *sourceBook) relations(part string) (relations, error) {
	r := relations{folder: path.Dir(part)}
	name := relsName(part)
	if b.find(name) == nil {
		r.document = &document{head: xmlHead + `<Relationships xmlns="` + packageNS + `/relationships">`, tail: `</Relationships>`}
		return r, nil
	}
	doc, err := b.read(name)
	r.document = doc
	return r, err
}

// target returns the part of a kind, empty if there is none.
func (r relations) target(kind string) string {
	for _, c := range r.children {
		if t, _ := attribute(c.raw, "Type"); path.Base(t) == kind {
			return r.of(c)
		}
	}
	return ""
}

// relationID returns the id by which an element names another part.
func relationID(raw string) string {
	m := relationAttr.FindStringSubmatch(startTag(raw))
	if m == nil {
		return ""
	}
	return m[1]
}

var relationAttr = regexp.MustCompile(`\s\w+:id\s*=\s*["']([^"']*)["']`)

func (r relations) byID(id string) string {
	for _, c := range r.children {
		if i, _ := attribute(c.raw, "Id"); i == id {
			return r.of(c)
		}
	}
	return ""
}

func (r relations) of(c element) string {
	target, _ := attribute(c.raw, "Target")
	if strings.HasPrefix(target, "/") {
		return target[1:]
	}
	return path.Join(r.folder, target)
}

// relate adds a relation to a part and returns its id.
func (d *document) relate(kind, part string) (id string) {
	for n := len(d.children) + 1; ; n++ {
		id = "rId" + strconv.Itoa(n)
		taken := func(c element) bool { i, _ := attribute(c.raw, "Id"); return strings.EqualFold(i, id) }
		if !slices.ContainsFunc(d.children, taken) {
			break
		}
	}
	d.append("Relationship", fmt.Sprintf(`<Relationship Id="%s" Type="%s/%s" Target="/%s"/>`, id, relNS, kind, part))
	return id
}
