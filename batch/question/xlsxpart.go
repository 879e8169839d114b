package question

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// What a part of an Excel file may hold: more than Excel itself takes, and no
// more than any computer has memory for.
const (
	xlsxUnpacked = 4 << 30  // bytes of a sheet, or of the table of texts
	xlsxRow      = 32 << 20 // bytes of XML of a row, of a text in the table of texts, or of all styles
	xlsxElements = 1 << 20  // elements of these
	xlsxTexts    = 4 << 20  // texts in that table
	xlsxDepth    = 100      // elements in each other
)

// A tooMuchError reports a part of an Excel file that is larger than any valid part.
type tooMuchError string

func (e tooMuchError) Error() string { return string(e) }

// An xlsxPart reads the XML of a part of an Excel file. Its errors are complete.
type xlsxPart struct {
	name   string
	file   io.Closer
	in     *limitedReader
	xml    *xml.Decoder
	depth  int
	row    int // the depth of what is limited as one: a row, or a text; 0: we are in none
	within int // elements of that
}

// openPart opens a part. A whole one is limited as one row is.
func openPart(f *zip.File, whole bool) (*xlsxPart, error) {
	if f.UncompressedSize64 > xlsxUnpacked {
		return nil, tooMuch("")
	}
	r, err := f.Open()
	if err != nil {
		return nil, damaged(f.Name, err)
	}
	p := &xlsxPart{name: f.Name, file: r}
	if whole {
		p.row = 1
	}
	text, err := decodeXML(r)
	if err != nil {
		r.Close() // only read from
		return nil, damaged(f.Name, err)
	}
	p.in = &limitedReader{r: text, left: xlsxRow}
	p.xml = xml.NewDecoder(p.in)
	return p, nil
}

var xmlEncoding = regexp.MustCompile(`^(?:\xEF\xBB\xBF)?<\?xml[^>]*\sencoding\s*=\s*["']([^"']+)["']`)

// decodeXML gives the XML in UTF-8, without its declaration: of what that says
// only the encoding matters here.
func decodeXML(r io.Reader) (io.Reader, error) {
	raw := bufio.NewReader(r)
	head, _ := raw.Peek(200)
	encoding := ""
	if bytes.HasPrefix(head, []byte("<\x00")) {
		encoding = "utf-16le"
	} else if bytes.HasPrefix(head, []byte("\x00<")) {
		encoding = "utf-16be"
	} else if m := xmlEncoding.FindSubmatch(head); m != nil {
		encoding = string(m[1])
	}
	text, err := decode(raw, encoding)
	if err != nil {
		return nil, err
	}
	if head, _ = text.r.Peek(200); bytes.HasPrefix(head, []byte("<?xml")) {
		text.r.Discard(bytes.IndexByte(head, '>') + 1) // peeked
	}
	return text.r, nil
}

// next reads the next token, with io.EOF after the last. A start of a row or of
// a text begins a new limit.
func (p *xlsxPart) next() (xml.Token, error) {
	token, err := p.xml.Token()
	if err != nil {
		if err == io.EOF && p.xml.InputOffset() > 0 {
			return nil, io.EOF
		}
		return nil, damaged(p.name, err)
	}
	switch token := token.(type) {
	case xml.StartElement:
		p.depth++
		p.within++
		if name := token.Name.Local; p.row == 0 && (name == "row" || name == "si") {
			p.row = p.depth
		}
	case xml.EndElement:
		if p.depth == p.row {
			p.row = 0
		}
		p.depth--
	}
	switch {
	case p.depth > xlsxDepth:
		err = tooMuchError(fmt.Sprintf("more than %d elements in each other", xlsxDepth))
	case p.within > xlsxElements:
		err = tooMuchError(fmt.Sprintf("more than %d elements in a row, a text or the styles", xlsxElements))
	case p.row == 0:
		p.in.left, p.within = xlsxRow, 0
	}
	if err != nil {
		return nil, damaged(p.name, err)
	}
	return token, nil
}

// each calls do with every element of the part, and closes it.
func (p *xlsxPart) each(do func(xml.StartElement) error) error {
	defer p.close()
	for {
		token, err := p.next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if start, ok := token.(xml.StartElement); ok {
			if err := do(start); err != nil {
				return err
			}
		}
	}
}

func (p *xlsxPart) close() error { return p.file.Close() }

// attr returns an element's attribute of that name, empty if it has none.
func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// isTrue reports whether an attribute is true.
func isTrue(value string) bool { return value == "1" || value == "true" }

// damaged returns the error for a part that cannot be read.
func damaged(part string, err error) *Error {
	if many, ok := errors.AsType[tooMuchError](err); ok {
		return tooMuch(fmt.Sprintf(": %s has %s", part, many))
	}
	msg := err.Error()
	if e, ok := errors.AsType[*Error](err); ok {
		msg = e.Msg
	}
	return &Error{Msg: fmt.Sprintf("is a damaged Excel file: %s: %s", part, msg), Hint: "open it in Excel and save it again", Err: err}
}

func tooMuch(what string) *Error {
	return &Error{Msg: "would unpack to more than can be right for questions" + what, Hint: "save the sheet with the questions alone, as .xlsx or CSV (UTF-8)"}
}

// A limitedReader ends with an error after a number of bytes.
type limitedReader struct {
	r    io.Reader
	left int
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, tooMuchError(fmt.Sprintf("more than %d MB in a row, a text or the styles", xlsxRow>>20))
	}
	n, err := l.r.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
