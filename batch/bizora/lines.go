package bizora

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/tidwall/gjson"
)

// lines reads the data of a stream of server-sent events, line by line.
// Comments, blank lines and events' names are left out; a line that should not
// be there at all is passed on, to be refused rather than skipped.
//
// Most of its life a stream waits, and there may be thousands: it holds no more
// than a small buffer then. A long line has one of its own while it arrives.
type lines struct{ r *bufio.Reader }

var (
	dataPrefix = []byte("data:")
	byteOrder  = []byte("\xef\xbb\xbf")
)

func newLines(r io.Reader) lines { return lines{bufio.NewReader(r)} }

// next returns the next line's data, and io.EOF at the end of the stream: where
// it is said, or else where nothing follows. A last line without its end counts
// only if it is whole: a stream that is cut within a line ends before that line.
func (l lines) next() (string, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		if err == bufio.ErrBufferFull {
			start := bytes.Clone(line)
			line, err = l.r.ReadBytes('\n')
			line = append(start, line...)
		}
		switch data := lineData(line); {
		case string(data) == "[DONE]":
			return "", io.EOF
		case err != nil && !valid(string(data)):
			return "", err
		case len(data) > 0:
			return string(data), nil
		}
	}
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

// valid says whether a line is JSON. gjson is the faster judge, but goes as
// deep as the line does: a line that could be that deep gets one with a limit.
func valid(line string) bool {
	const deep = 10_000
	if len(line) > deep && strings.Count(line, "[")+strings.Count(line, "{") > deep {
		return json.Valid([]byte(line))
	}
	return gjson.Valid(line)
}
