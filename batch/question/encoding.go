package question

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

const encodingHint = "name the file's encoding, such as --encoding windows-1252 for many that Excel saved"

// A decoded file is text in UTF-8, without a byte order mark.
type decoded struct {
	r        *bufio.Reader
	bom      bool   // it began with the byte order mark of UTF-8
	encoding string // what it is decoded from; empty for UTF-8, which is not checked yet
}

// decode finds a file's encoding, by its byte order mark or else by name.
func decode(src io.Reader, name string) (decoded, error) {
	raw := bufio.NewReaderSize(src, 64<<10)
	head, err := raw.Peek(4)
	if kindOf(head) == gzipFile {
		content, zerr := unzipped(raw)
		if zerr != nil {
			return decoded{}, zerr
		}
		raw = bufio.NewReaderSize(content, 64<<10)
		head, err = raw.Peek(4)
	}
	if err != nil && err != io.EOF {
		return decoded{}, err
	}
	if e := notText(kindOf(head), name); e != nil {
		return decoded{}, e
	}
	d := decoded{r: raw}
	var enc encoding.Encoding
	switch {
	case bytes.HasPrefix(head, []byte("\xEF\xBB\xBF")):
		d.bom = true
		raw.Discard(3) // peeked
	case bytes.HasPrefix(head, []byte("\xFF\xFE")), bytes.HasPrefix(head, []byte("\xFE\xFF")):
		d.encoding, enc = "UTF-16", unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case name != "":
		if enc, err = lookup(name); err != nil {
			return d, err
		}
		if enc == unicode.UTF8 {
			enc = nil
		} else {
			d.encoding = name
		}
	}
	if enc != nil {
		d.r = bufio.NewReaderSize(transform.NewReader(raw, enc.NewDecoder()), 64<<10)
	}
	if _, err := d.r.Peek(1); err == io.EOF {
		return d, emptyFile()
	}
	return d, nil
}

func emptyFile() *Error { return &Error{Line: 1, Msg: "the file is empty"} }

// lookup finds an encoding by the names that web pages use for it, which are
// the more forgiving ones, or else by its IANA name.
func lookup(name string) (encoding.Encoding, error) {
	if enc, err := htmlindex.Get(name); err == nil {
		return enc, nil
	}
	if enc, err := ianaindex.IANA.Encoding(name); err == nil && enc != nil {
		return enc, nil
	}
	return nil, &Error{
		Msg:  fmt.Sprintf("cannot be read: %q is no encoding that is known here", name),
		Hint: "use a name such as utf-8, utf-16le, windows-1252 or macintosh",
	}
}
