package chat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"strings"

	"github.com/tidwall/gjson"
)

// lines reads the data of a stream of server-sent events, as the HTML standard
// has them (section 9.2.6): a line ends with a line feed, a carriage return or
// both; comments, unknown fields and blank lines carry no data; several data lines
// are one event. Unlike the standard, data that is JSON by itself is an event by
// itself, for some servers leave out the blank line between two. It is written
// here because github.com/tmaxmax/go-sse waits for the blank line, drops the data
// of an event that it does not get to its end, and copies each event twice.
type lines struct {
	in      *bufio.Reader
	long    []byte // a line that is longer than what in has at hand
	skip    bool   // the last line ended with a carriage return: a line feed belongs to it
	event   string // the name of the event at hand
	partial []byte // data of the event at hand that is no JSON by itself
	joined  bool   // the last data was of several lines
	said    string // the last words that were no data
}

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
		case err != nil:
			return l.last(name, data, err)
		case len(line) == 0 && len(l.partial) > 0: // the end of an event
			whole := l.partial
			l.partial, l.joined = nil, true
			return whole, nil
		case len(line) == 0:
			l.event = ""
		case bytes.EqualFold(name, eventField):
			l.event = string(data)
		case !bytes.EqualFold(name, dataField) || len(data) == 0 && len(l.partial) == 0:
			l.words(name)
		case len(l.partial) > 0:
			l.partial = append(append(l.partial, '\n'), data...)
		case string(data) == "[DONE]":
			return nil, errDone
		case l.event == "error" || !isHeartbeat(data):
			return data, nil
		default:
			l.words(data)
		}
	}
}

// last returns the data of an event within which the stream ended, if it is whole.
func (l *lines) last(name, data []byte, err error) ([]byte, error) {
	if !bytes.EqualFold(name, dataField) {
		l.words(name)
		data = nil
	}
	if l.joined = len(l.partial) > 0; l.joined {
		data = append(append(l.partial, '\n'), data...)
		l.partial = nil
	}
	if !valid(string(data)) || isHeartbeat(data) {
		l.words(data)
		return nil, err
	}
	return data, nil
}

// words keeps what reads as if it were said to people.
func (l *lines) words(line []byte) {
	if bytes.ContainsRune(line, ' ') && !bytes.ContainsAny(line[:1], ":{[") {
		l.said = string(line)
	}
}

// unfinished takes back data that is no JSON: more of its event may follow.
func (l *lines) unfinished(data []byte) { l.partial = bytes.Clone(data) }

// line returns the next line without its end, as soon as that has arrived. At the
// end of the stream it comes with io.EOF.
func (l *lines) line() ([]byte, error) {
	l.long = l.long[:0]
	for {
		if _, err := l.in.Peek(1); err != nil {
			return l.long, err
		}
		b, _ := l.in.Peek(l.in.Buffered()) // which is there
		if l.skip && b[0] == '\n' {
			l.skip = false
			_, _ = l.in.Discard(1)
			continue
		}
		end := bytes.IndexByte(b, '\n')
		if end < 0 {
			end = len(b)
		}
		cr := bytes.IndexByte(b[:end], '\r')
		if l.skip = cr >= 0; l.skip {
			end = cr
		}
		whole := end < len(b)
		_, _ = l.in.Discard(min(end+1, len(b)))
		if whole && len(l.long) == 0 {
			return b[:end], nil
		}
		if l.long = append(l.long, b[:end]...); whole {
			return l.long, nil
		}
	}
}

// field takes a line apart; a comment has no name.
func field(line []byte) (name, value []byte) {
	line = bytes.Trim(bytes.TrimPrefix(line, byteOrder), " \t\v\f\x00")
	before, after, _ := bytes.Cut(line, []byte(":"))
	for _, b := range before {
		if !isWordByte(b) && b != ' ' {
			return dataField, line // no field, but JSON without an event, or garbage to be refused
		}
	}
	return before, bytes.TrimSpace(after)
}

// isWordByte reports whether a byte is a letter, a digit, or joins words in a name.
func isWordByte(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_' || b == '.'
}

// isHeartbeat reports whether data only shows that the server is there, such as ":
// OPENROUTER PROCESSING", "ping", null, [PING] or a time: something short that is no
// object, nor the beginning of one, of a text in quotes or of a page.
func isHeartbeat(data []byte) bool {
	const longest = 64
	return data[0] == ':' || string(data) == `""` || string(data) != "[" && len(data) <= longest && !bytes.ContainsAny(data, `{}<>"`)
}

// valid reports whether a line is JSON. gjson is faster than encoding/json, but
// recurses as deep as the line is nested, so deeply nested lines are checked with a
// limit.
func valid(line string) bool {
	const deep = 10_000
	if len(line) > deep && strings.Count(line, "[")+strings.Count(line, "{") > deep {
		return json.Valid([]byte(line))
	}
	return gjson.Valid(line)
}
