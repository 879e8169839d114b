package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An element is a child of a part's root, with all that is in it, as it stands
// in the file.
type element struct {
	name string // without the prefix
	raw  string
}

// A document is a small part of a workbook as it stands in the file. What is
// not changed is written again byte by byte: Excel's parts have much in them
// that this program knows nothing of.
type document struct {
	head     string // as far as the root's start tag, that included
	children []element
	tail     string // from the root's end tag on
	prefix   string // of the root, such as x:
}

var errNotUTF8 = errors.New("a part of it is not in UTF-8")

// parseDocument takes a part apart.
func parseDocument(raw []byte) (*document, error) {
	d := xml.NewDecoder(bytes.NewReader(raw))
	d.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) { return nil, errNotUTF8 }
	doc := &document{}
	depth, begin := 0, int64(0)
	for {
		before := d.InputOffset()
		token, err := d.RawToken()
		switch {
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF // of a part without a root
		case err != nil:
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			switch depth++; depth {
			case 1:
				doc.head = string(raw[:d.InputOffset()])
				doc.prefix = prefixOf(token.Name)
				if bytes.HasSuffix(raw[:d.InputOffset()], []byte("/>")) {
					doc.head = strings.TrimSuffix(doc.head, "/>") + ">"
					doc.tail = "</" + doc.prefix + token.Name.Local + ">"
					return doc, nil
				}
			case 2:
				begin = before
				doc.children = append(doc.children, element{name: token.Name.Local})
			}
		case xml.EndElement:
			switch depth--; depth {
			case 1:
				doc.children[len(doc.children)-1].raw = string(raw[begin:d.InputOffset()])
			case 0:
				doc.tail = string(raw[before:])
				return doc, nil
			}
		}
	}
}

// prefixOf returns an element's prefix, with its colon. A raw token has it for the
// name's space.
func prefixOf(name xml.Name) string {
	if name.Space == "" {
		return ""
	}
	return name.Space + ":"
}

// String returns the XML of the part.
func (d *document) String() string {
	var b strings.Builder
	b.WriteString(d.head)
	for _, c := range d.children {
		b.WriteString(c.raw)
	}
	b.WriteString(d.tail)
	return b.String()
}

// find returns the place of the first child of that name; -1: there is none.
func (d *document) find(name string) int {
	return slices.IndexFunc(d.children, func(c element) bool { return c.name == name })
}

// add puts elements into the child of that name, after what is in it. Where there
// is none, it is made, at its place by the order of the names.
func (d *document) add(name, text string, order []string) {
	text = withPrefix(text, d.prefix)
	if at := d.find(name); at >= 0 {
		d.children[at].raw = inside(d.children[at].raw, text)
		return
	}
	at := 0
	for i, c := range d.children {
		if slices.Contains(order[:slices.Index(order, name)], c.name) {
			at = i + 1
		}
	}
	d.children = slices.Insert(d.children, at, element{name, fmt.Sprintf("<%s%s>%s</%[1]s%[2]s>", d.prefix, name, text)})
}

// inside returns an element with text after what is in it.
func inside(raw, text string) string {
	if open, empty := strings.CutSuffix(raw, "/>"); empty {
		name := tagName.FindString(raw)
		return open + ">" + text + "</" + strings.TrimPrefix(name, "<") + ">"
	}
	at := strings.LastIndex(raw, "</")
	return raw[:at] + text + raw[at:]
}

var tagName = regexp.MustCompile(`^<[^\s/>]+`)

// startTag returns an element's start tag.
func startTag(raw string) string {
	for i, quote := 0, byte(0); i < len(raw); i++ {
		switch c := raw[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return raw[:i+1]
		}
	}
	return raw
}

// attribute returns the value of an attribute in an element's start tag, and whether
// it has it.
func attribute(raw, name string) (value string, found bool) {
	token, err := xml.NewDecoder(strings.NewReader(raw)).RawToken()
	start, ok := token.(xml.StartElement)
	if err != nil || !ok {
		return "", false
	}
	for _, a := range start.Attr {
		if prefixOf(a.Name)+a.Name.Local == name {
			return a.Value, true
		}
	}
	return "", false
}

// withAttribute returns an element whose start tag has an attribute of that value;
// with "", it does not have it.
func withAttribute(raw, name, value string) string {
	tag := startTag(raw)
	at := regexp.MustCompile(`\s` + regexp.QuoteMeta(name) + `\s*=\s*("[^"]*"|'[^']*')`).FindStringIndex(tag)
	text := ""
	if value != "" {
		var b strings.Builder
		excelText(&b, value)
		text = " " + name + `="` + b.String() + `"`
	}
	if at == nil {
		end := len(tagName.FindString(tag))
		at = []int{end, end}
	}
	return tag[:at[0]] + text + tag[at[1]:] + raw[len(tag):]
}

// inner returns the children of an element.
func inner(raw string) ([]element, error) {
	doc, err := parseDocument([]byte(raw))
	if err != nil {
		return nil, err
	}
	return doc.children, nil
}

// withPrefix returns our elements as they stand in a part whose elements have a
// prefix.
func withPrefix(text, prefix string) string {
	if prefix == "" {
		return text
	}
	return anyTag.ReplaceAllString(text, "<${1}"+prefix+"${2}")
}

var anyTag = regexp.MustCompile(`<(/?)([a-zA-Z])`)

// setCount has an element say how many children it has.
func (d *document) setCount(name string) error {
	at := d.find(name)
	if at < 0 {
		return nil
	}
	children, err := inner(d.children[at].raw)
	d.children[at].raw = withAttribute(d.children[at].raw, "count", strconv.Itoa(len(children)))
	return err
}
