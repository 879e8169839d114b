package chat

import (
	"bufio"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// However a stream is cut into parts, its events are the same.
func TestEventsOfAStream(t *testing.T) {
	long := strings.Repeat("3", 100_000)
	stream := "data: {\"n\":1}\n\ndata: {\"n\":2}\r\n\r\ndata: " + long + "\n: comment\rdata: {\"n\":4}\rda" + "ta: {\"n\":5}\n\ndata: x\ndata: y\n\ndata: {\"n\":6}"
	want := []string{`{"n":1}`, `{"n":2}`, long, `{"n":4}`, `{"n":5}`, `{"n":6}`}
	for name, in := range map[string]io.Reader{
		"at once": strings.NewReader(stream), "a byte at a time": iotest.OneByteReader(strings.NewReader(stream)), "with its end": iotest.DataErrReader(strings.NewReader(stream)),
	} {
		l := lines{in: bufio.NewReader(in)}
		for i, want := range want {
			data, err := l.next()
			if err != nil || string(data) != want {
				t.Errorf("%s: event %d is %.20q, %v", name, i+1, data, err)
			}
		}
		if _, err := l.next(); err != io.EOF {
			t.Errorf("%s: at the end: %v", name, err)
		}
	}
}
