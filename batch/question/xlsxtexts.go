package question

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf16"
)

// xlsxInMemory is how many bytes of texts are kept in memory. More are kept in a
// temporary file.
const xlsxInMemory = 4 << 20

// A textTable contains the shared texts of a workbook, to which cells refer by
// number.
type textTable struct {
	ends   []int64 // where each text ends
	memory []byte
	file   *os.File // has them all, if memory is not enough; nil if it is
}

// readTexts reads the table of texts.
func readTexts(p *xlsxPart) (t *textTable, err error) {
	defer p.close()
	t = &textTable{}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	out := bufio.NewWriter(nil)
	size := int64(0)
	for {
		token, err := p.next()
		if err == io.EOF {
			return t, out.Flush()
		} else if err != nil {
			return t, err
		}
		if start, ok := token.(xml.StartElement); !ok || start.Name.Local != "si" {
			continue
		}
		text, err := p.text()
		if err != nil {
			return t, err
		}
		if len(t.ends) == xlsxTexts {
			return t, damaged(p.name, tooMuchError(fmt.Sprintf("more than %d texts", xlsxTexts)))
		}
		size += int64(len(text))
		t.ends = append(t.ends, size)
		if t.file == nil && size > xlsxInMemory {
			if t.file, err = os.CreateTemp("", "bizbatch-*"); err != nil {
				return t, err
			}
			out.Reset(t.file)
			out.Write(t.memory) // errors are told by Flush
			t.memory = nil
		}
		if t.file == nil {
			t.memory = append(t.memory, text...)
		} else {
			out.WriteString(text)
		}
	}
}

// at returns the text of a number.
func (t *textTable) at(number string) (string, error) {
	i, err := strconv.Atoi(number)
	if t == nil || err != nil || i < 0 || i >= len(t.ends) {
		return "", fmt.Errorf("a text that is not in the file (%s)", number)
	}
	start := int64(0)
	if i > 0 {
		start = t.ends[i-1]
	}
	if t.file == nil {
		return string(t.memory[start:t.ends[i]]), nil
	}
	text := make([]byte, t.ends[i]-start)
	_, err = t.file.ReadAt(text, start)
	return string(text), err
}

// close removes the temporary file.
func (t *textTable) close() error {
	if t == nil || t.file == nil {
		return nil
	}
	return errors.Join(t.file.Close(), os.Remove(t.file.Name()))
}

// text reads a text to the end of its element, which has begun: its runs, and
// not how it is pronounced.
func (p *xlsxPart) text() (string, error) {
	var b strings.Builder
	take, phonetic := false, 0
	for depth := 1; depth > 0; {
		token, err := p.next()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.StartElement:
			depth++
			if token.Name.Local == "rPh" {
				phonetic = depth
			}
			take = token.Name.Local == "t" && phonetic == 0
		case xml.EndElement:
			if depth == phonetic {
				phonetic = 0
			}
			depth--
			take = false
		case xml.CharData:
			if take {
				b.Write(token)
			}
		}
	}
	return unescape(b.String()), nil
}

// unescape puts characters that XML cannot hold in the place of their numbers:
// _x000D_ is a carriage return.
func unescape(text string) string {
	var b strings.Builder
	for {
		at := strings.Index(text, "_x")
		if at < 0 || len(text) < at+7 {
			break
		}
		unit, err := strconv.ParseUint(text[at+2:at+6], 16, 16)
		if err != nil || text[at+6] != '_' {
			b.WriteString(text[:at+2])
			text = text[at+2:]
			continue
		}
		b.WriteString(text[:at])
		text = text[at+7:]
		r := rune(unit)
		if utf16.IsSurrogate(r) && len(text) >= 7 && strings.HasPrefix(text, "_x") && text[6] == '_' {
			if low, err := strconv.ParseUint(text[2:6], 16, 16); err == nil {
				r = utf16.DecodeRune(r, rune(low))
				text = text[7:]
			}
		}
		b.WriteRune(r)
	}
	if b.Len() == 0 {
		return text
	}
	b.WriteString(text)
	return b.String()
}
