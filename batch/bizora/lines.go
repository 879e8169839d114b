package bizora

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// lines reads the data of a stream of server-sent events, line by line.
// Comments, blank lines and events' names are left out; a line that should not
// be there at all is passed on, to be refused rather than skipped.
//
// Most of its life a stream waits, and there may be thousands: only one at
// which something has arrived holds a buffer.
type lines struct {
	body  io.Reader
	first [1]byte // what the wait for the buffer's content ended with
	given bool    // first is in the buffer
	buf   *buffer // nil while nothing is at hand
}

// A buffer is what a stream needs to be read.
type buffer struct {
	*bufio.Reader
	long []byte // a line that is longer than the reader's own buffer
}

var buffers = sync.Pool{New: func() any { return &buffer{Reader: bufio.NewReaderSize(nil, 16<<10)} }}

var (
	dataPrefix = []byte("data:")
	byteOrder  = []byte("\xef\xbb\xbf")
)

// next returns the next line's data, which is valid until the call after it,
// and io.EOF at the end of the stream: where it is said, or else where nothing
// follows. A last line without its end counts only if it is whole: a stream
// that is cut within a line ends before that line.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.line()
		switch data := lineData(line); {
		case string(data) == "[DONE]":
			return nil, io.EOF
		case err != nil && !valid(string(data)):
			return nil, err
		case len(data) > 0:
			return data, nil
		}
	}
}

func (l *lines) line() ([]byte, error) {
	if l.buf != nil && l.buf.Buffered() == 0 {
		l.release()
	}
	if l.buf == nil {
		if _, err := io.ReadFull(l.body, l.first[:]); err != nil {
			return nil, err
		}
		l.given = false
		l.buf = buffers.Get().(*buffer)
		l.buf.Reset(l)
	}
	line, err := l.buf.ReadSlice('\n')
	if err != bufio.ErrBufferFull {
		return line, err
	}
	l.buf.long = l.buf.long[:0]
	for err == bufio.ErrBufferFull {
		l.buf.long = append(l.buf.long, line...)
		line, err = l.buf.ReadSlice('\n')
	}
	l.buf.long = append(l.buf.long, line...)
	return l.buf.long, err
}

// Read gives the buffer the byte that was waited for, and then the stream.
func (l *lines) Read(p []byte) (int, error) {
	if !l.given {
		l.given = true
		return copy(p, l.first[:]), nil
	}
	return l.body.Read(p)
}

// release gives back the buffer. What is in it is lost.
func (l *lines) release() {
	if l.buf != nil {
		l.buf.Reset(nil)
		buffers.Put(l.buf)
		l.buf = nil
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
