package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/tidwall/gjson"
)

// lines reads the data of a stream of server-sent events, as the HTML standard
// has them (section 9.2.6): a line ends with a line feed, a carriage return or
// both; comments, unknown fields and blank lines carry no data; several data lines
// are one event. Unlike the standard, data that is JSON by itself is an event by
// itself, for some servers leave out the blank line between two. It is written
// here because github.com/tmaxmax/go-sse keeps a buffer for each stream, waits for
// the blank line, and copies each event twice.
//
// Most of its life a stream waits, and there may be thousands: only one at
// which something has arrived holds a buffer.
type lines struct {
	body    io.Reader
	first   [1]byte // what the wait for the buffer's content ended with
	given   bool    // first is in the buffer
	skip    bool    // the last line ended with a carriage return: a line feed belongs to it
	buf     *buffer // nil while nothing is at hand
	event   string  // the name of the event at hand
	partial []byte  // data of the event at hand that is no JSON by itself
	joined  bool    // the last data was of several lines
}

// A buffer is what a stream needs to be read.
type buffer struct {
	*bufio.Reader
	long []byte // a line that is longer than the reader's own buffer
}

var buffers = sync.Pool{New: func() any { return &buffer{Reader: bufio.NewReaderSize(nil, 16<<10)} }}

var (
	byteOrder  = []byte("\xef\xbb\xbf")
	dataField  = []byte("data")
	eventField = []byte("event")
)

// errDone ends a stream that says that it is complete; io.EOF any other.
var errDone = errors.New("the end of the stream is marked")

// next returns the data of the next event, which is valid until the call after
// it, and errDone or io.EOF at the end of the stream. A last line without its end
// counts only if it is whole: a stream that is cut within a line ends before that
// line.
func (l *lines) next() ([]byte, error) {
	l.joined = false
	for {
		line, err := l.line()
		name, data := field(line)
		switch {
		case err != nil && (!bytes.EqualFold(name, dataField) || !valid(string(data))):
			return nil, err
		case len(line) == 0 && len(l.partial) > 0: // the end of an event
			whole := l.partial
			l.partial, l.joined = nil, true
			return whole, nil
		case len(line) == 0:
			l.event = ""
		case bytes.EqualFold(name, eventField):
			l.event = string(data)
		case !bytes.EqualFold(name, dataField) || len(data) == 0 && len(l.partial) == 0:
		case len(l.partial) > 0:
			l.partial = append(append(l.partial, '\n'), data...)
		case string(data) == "[DONE]":
			return nil, errDone
		case l.event == "error" || !isHeartbeat(data):
			return data, nil
		}
	}
}

// unfinished takes back data that is no JSON: more of its event may follow.
func (l *lines) unfinished(data []byte) { l.partial = bytes.Clone(data) }

// line returns the next line without its end. At the end of the stream it comes
// with io.EOF.
func (l *lines) line() ([]byte, error) {
	var long []byte // what came before of a line that is longer than the buffer
	for {
		if l.buf == nil || l.buf.Buffered() == 0 {
			if err := l.fill(long == nil); err != nil {
				return long, err
			}
		}
		b, _ := l.buf.Peek(l.buf.Buffered()) // which is there
		if l.skip && b[0] == '\n' {
			l.skip = false
			_, _ = l.buf.Discard(1)
			continue
		}
		l.skip = false
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			end = len(b)
		}
		if cr := bytes.IndexByte(b[:end], '\r'); cr >= 0 {
			end, l.skip = cr, true
		}
		_, _ = l.buf.Discard(min(end+1, len(b)))
		if long == nil && end < len(b) {
			return b[:end], nil
		}
		if long == nil {
			long = l.buf.long[:0]
		}
		long = append(long, b[:end]...)
		if l.buf.long = long; end < len(b) {
			return long, nil
		}
	}
}

// fill waits until something is in the buffer. One that may be given back
// meanwhile, is.
func (l *lines) fill(release bool) error {
	if l.buf != nil && !release {
		_, err := l.buf.Peek(1)
		return err
	}
	l.release()
	if _, err := io.ReadFull(l.body, l.first[:]); err != nil {
		return err
	}
	l.given = false
	l.buf = buffers.Get().(*buffer)
	l.buf.Reset(l)
	_, err := l.buf.Peek(1)
	return err
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

// field takes a line apart; a comment has no name.
func field(line []byte) (name, value []byte) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, byteOrder))
	before, after, _ := bytes.Cut(line, []byte(":"))
	for _, b := range before {
		if !isWordByte(b) && b != ' ' {
			return dataField, line // no field, but JSON without an event, or garbage to be refused
		}
	}
	return before, bytes.TrimSpace(after)
}

// isWordByte reports a letter, a digit, or what joins words in a name.
func isWordByte(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_' || b == '.'
}

// isHeartbeat reports data by which a server only shows that it is there, such as
// ": OPENROUTER PROCESSING", "ping" or null.
func isHeartbeat(data []byte) bool {
	const longest = 64
	if data[0] == ':' || string(data) == "null" {
		return true
	}
	for _, b := range data {
		if !isWordByte(b) && b != ' ' {
			return false
		}
	}
	return len(data) <= longest && !valid(string(data))
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
