package chat

import (
	"io"
	"strings"
	"testing"
)

// A stream has a buffer only while something of it is at hand.
func TestAWaitHoldsNoBuffer(t *testing.T) {
	parts := []string{"data: 1\n\ndata: 2\n\n", "data: " + strings.Repeat("3", 100_000) + "\n", "data: 4\nda", "ta: 5\n"}
	var l lines
	waits, held := 0, []int{}
	var rest string
	l.body = readFunc(func(p []byte) (int, error) {
		if rest == "" {
			if len(parts) == 0 {
				return 0, io.EOF
			}
			if l.buf != nil {
				held = append(held, waits)
			}
			waits++
			rest, parts = parts[0], parts[1:]
		}
		n := copy(p, rest)
		rest = rest[n:]
		return n, nil
	})
	for i, want := range []int{1, 1, 100_000, 1, 1} {
		line, err := l.next()
		if err != nil || len(line) != want || line[0] != "12345"[i] {
			t.Errorf("line %d: %d bytes, %v", i+1, len(line), err)
		}
	}
	if _, err := l.next(); err != io.EOF || l.buf != nil {
		t.Errorf("at the end: %v, a buffer %v", err, l.buf != nil)
	}
	if waits != 4 || len(held) != 1 || held[0] != 3 { // the fourth part begins in the middle of a line
		t.Errorf("of %d waits, these held a buffer: %v", waits, held)
	}
}
