package bizora

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"math"
	"strings"

	"github.com/tidwall/gjson"
)

// lines reads the data of a stream of server-sent events, line by line.
// Comments, blank lines and events' names are left out; a line that should not
// be there at all is passed on, to be refused rather than skipped.
type lines struct{ scan *bufio.Scanner }

var (
	dataPrefix = []byte("data:")
	byteOrder  = []byte("\xef\xbb\xbf")
)

func newLines(r io.Reader) *lines {
	scan := bufio.NewScanner(r)
	scan.Buffer(make([]byte, 16<<10), math.MaxInt) // the body is bounded
	scan.Split(splitLine)
	return &lines{scan}
}

// next returns the next line's data, and io.EOF at the end of the stream: where
// it is said, or else where nothing follows.
func (l *lines) next() (string, error) {
	for l.scan.Scan() {
		switch data := lineData(l.scan.Bytes()); string(data) {
		case "":
		case "[DONE]":
			return "", io.EOF
		default:
			return string(data), nil
		}
	}
	return "", cmp.Or(l.scan.Err(), io.EOF)
}

// lineData is what is to be read of a line; empty: nothing.
func lineData(line []byte) []byte {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrder))
	data, isData := bytes.CutPrefix(line, dataPrefix)
	if !isData && ignored(line) {
		return nil
	}
	return bytes.TrimSpace(data)
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
