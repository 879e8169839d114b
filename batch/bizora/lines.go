package bizora

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"math"
	"strings"

	"github.com/tidwall/gjson"
)

// lines turns a stream of server-sent events into one that go-openai reads
// without losing anything. go-openai counts lines that are not data as a sign
// of a broken stream, joins them to the next error, and takes a line that
// begins with an error member out of the stream. So here comments, blank
// lines and events' names are left out, an error is made a chunk like any
// other, and a line that should not be there at all is passed on, to be
// refused rather than skipped.
type lines struct {
	scan *bufio.Scanner
	line []byte // what scan's line became, its space used again
	rest []byte // what of line is still to be read
}

var (
	dataPrefix  = []byte("data:")
	errorPrefix = []byte(`{"error":`)
	byteOrder   = []byte("\xef\xbb\xbf")
)

func newLines(r io.Reader) *lines {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 16<<10), math.MaxInt) // the body is bounded
	scan.Split(splitLine)
	return &lines{scan: scan}
}

func (l *lines) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if !l.scan.Scan() {
			if err := l.scan.Err(); err != nil {
				return 0, err
			}
			return 0, io.EOF
		}
		l.line = appendData(l.line[:0], l.scan.Bytes())
		l.rest = l.line
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// appendData adds a line to dst as go-openai is to see it, or nothing.
func appendData(dst, line []byte) []byte {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrder))
	data, isData := bytes.CutPrefix(line, dataPrefix)
	if !isData && ignored(line) {
		return dst
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return dst
	}
	dst = append(dst, "data: "...)
	if bytes.HasPrefix(data, errorPrefix) {
		dst = append(dst, "{ "...) // JSON's white space hides it from go-openai
		data = data[1:]
	}
	dst = append(dst, data...)
	return append(dst, '\n')
}

// ignored says that a line belongs to a stream of events but carries no data.
func ignored(line []byte) bool {
	name, _, found := bytes.Cut(line, []byte(":"))
	if !found {
		return len(line) == 0
	}
	switch string(name) {
	case "", "event", "id", "retry": // no name is a comment
		return true
	}
	return false
}

// splitLine is bufio.ScanLines, but a last line without its end counts only if
// it is whole: a stream that is cut within a line ends before that line.
func splitLine(data []byte, atEOF bool) (int, []byte, error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if !atEOF || len(data) == 0 {
		return 0, nil, nil
	}
	value := bytes.TrimSpace(bytes.TrimPrefix(data, dataPrefix))
	if string(value) == "[DONE]" || valid(string(value)) {
		return len(data), data, nil
	}
	return len(data), nil, nil
}

// valid says whether a line is JSON. gjson is the faster judge, but goes as
// deep as the line does: a line that could be that deep gets one with a limit.
func valid(line string) bool {
	const deep = 10_000
	if len(line) > deep && strings.Count(line, "[")+strings.Count(line, "{") > deep {
		return json.Valid([]byte(line))
	}
	return gjson.Valid(line)
}
