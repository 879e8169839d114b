package question

import (
	"bufio"
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// delimiters are those that are looked for, in order of preference.
const delimiters = ",;\t|"

// sepLine is a first line that names the delimiter for Excel.
var sepLine = regexp.MustCompile(`(?i)^"?sep=([^"\r\n])"?(\r?\n|\r?$)`)

// skipSep returns the delimiter that the first line names, and passes over it;
// 0: it names none.
func (c *csvText) skipSep() rune {
	head, _ := c.text.Peek(len("\"sep=\u2028\"\r\n")) // a read error comes back on the next read
	m := sepLine.FindSubmatch(head)
	if m == nil {
		return 0
	}
	c.text.Discard(len(m[0])) // peeked
	c.number++
	comma, _ := utf8.DecodeRune(m[1])
	return comma
}

// delimiter returns the delimiter that was asked for, or else the one that the
// first line names, or else the one that the header holds most often, or else the
// usual one; usual reports that it is. The text begins in a line.
func delimiter(text *bufio.Reader, name string, named rune, line int, opts Options) (comma rune, usual bool, err error) {
	switch strings.ToLower(opts.Delimiter) {
	case "":
		if named != 0 {
			return named, false, nil
		}
		ext := strings.ToLower(filepath.Ext(name))
		tabs := ext == ".tsv" || ext == ".txt" // or one column, in which commas are text
		head, _ := text.Peek(text.Size())      // a read error comes back on the next read
		if c := sniffDelimiter(head, line, tabs, opts); c != 0 {
			return c, false, nil
		}
		if tabs {
			return '\t', true, nil
		}
		return ',', true, nil
	case "comma":
		return ',', false, nil
	case "semicolon":
		return ';', false, nil
	case "tab", `\t`:
		return '\t', false, nil
	case "pipe":
		return '|', false, nil
	}
	c, size := utf8.DecodeRuneInString(opts.Delimiter)
	if size != len(opts.Delimiter) || strings.ContainsRune("\"\r\n\uFFFD", c) {
		return 0, false, &Error{
			Msg:  fmt.Sprintf("cannot be read with the delimiter %q", opts.Delimiter),
			Hint: "use one character, or comma, semicolon, tab or pipe",
		}
	}
	return c, false, nil
}

// sniffDelimiter finds the delimiter that the header holds most often; where no
// header is found, that of the first row, or of each of the first rows as often
// as of the others; 0: there is none. A tab comes first where tabs are usual. The
// text begins in a line.
func sniffDelimiter(text []byte, line int, tabs bool, opts Options) rune {
	template := templateNames(opts.Template)
	var first, all *splitRow
	for n := 0; len(text) > 0 && n <= maxTitleRows; {
		var row splitRow
		row, text = nextRow(text)
		if len(bytes.Trim(row.text, " \r\n")) > 0 {
			for i := range delimiters {
				if !opts.NoHeader && opts.isHeader(header{names: row.fields(i), line: line}, template) {
					return row.most(tabs)
				}
			}
			if n++; first == nil {
				first, all = &row, &splitRow{marks: row.marks}
			}
			for i := range delimiters {
				if len(row.marks[i]) != len(all.marks[i]) {
					all.marks[i] = nil
				}
			}
		}
		line += bytes.Count(row.text, []byte("\n"))
	}
	switch {
	case first == nil:
		return 0
	case opts.NoHeader || tabs:
		return all.most(tabs)
	}
	return first.most(tabs)
}

// A splitRow is a row of which the delimiter is not known.
type splitRow struct {
	text  []byte
	marks [len(delimiters)][]int // where in it each delimiter is
}

// nextRow takes the next row off a text. A quote counts where a field begins.
func nextRow(text []byte) (row splitRow, rest []byte) {
	quoted, begins := false, true
	for at, b := range text {
		mark := strings.IndexByte(delimiters, b)
		switch {
		case quoted:
			quoted = b != '"' // of a doubled one, the second opens it again
		case b == '"' && begins:
			quoted = true
		case b == '\n':
			row.text = text[:at+1]
			return row, text[at+1:]
		case mark >= 0:
			row.marks[mark] = append(row.marks[mark], at)
		}
		begins = mark >= 0 || b == '"'
	}
	row.text = text
	return row, nil
}

// fields returns the fields between one of the delimiters.
func (r *splitRow) fields(delimiter int) (fields []string) {
	from := 0
	for _, at := range append(r.marks[delimiter], len(r.text)) {
		fields = append(fields, strings.Trim(string(r.text[from:at]), "\" \r\n"))
		from = at + 1
	}
	return fields
}

// most returns the delimiter that the row holds most often, 0 for none; or a tab
// where it holds one and tabs are usual.
func (r *splitRow) most(tabs bool) rune {
	best := 0
	if tab := strings.IndexByte(delimiters, '\t'); tabs && len(r.marks[tab]) > 0 {
		return '\t'
	}
	for i := range delimiters {
		if len(r.marks[i]) > len(r.marks[best]) {
			best = i
		}
	}
	if len(r.marks[best]) == 0 {
		return 0
	}
	return rune(delimiters[best])
}

// fits returns the name of another delimiter, between which a row holds the name
// of a question column; empty: there is none.
func fits(row []string, comma rune, opts *Options) string {
	text := []byte(strings.Join(row, string(comma)))
	split, _ := nextRow(text)
	for i, name := range [...]string{"comma", "semicolon", "tab", "pipe"} {
		if rune(delimiters[i]) != comma && len(split.marks[i]) > 0 && opts.isHeader(header{names: split.fields(i)}, nil) {
			return name
		}
	}
	return ""
}
