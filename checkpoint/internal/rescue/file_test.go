package rescue

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
)

// line is the answer to text.
func line(text string) Line {
	key := sha256.Sum256([]byte(text))
	return Line{Checkpoint: "questions.csv.bizbatch", Key: hex.EncodeToString(key[:]), Answer: fmt.Appendf(nil, `{"text":"<answer> to %s"}`, text)}
}

// A rescue file may hold a night's answers: they are read one by one.
func TestARescueFileIsReadLineByLine(t *testing.T) {
	r, w := io.Pipe()
	written, n := make(chan int, 1), 0
	go func() {
		defer w.Close()
		for i := range 3 {
			if err := Write(w, one(line(fmt.Sprint(i)))); err != nil {
				t.Error(err)
			}
			<-written // the next line is not there before this one was read
		}
	}()
	for _, err := range read(r) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		written <- n
	}
	if n != 3 {
		t.Errorf("%d lines", n)
	}
}

func FuzzReadRescued(f *testing.F) {
	var two bytes.Buffer
	for _, text := range []string{"a", "b"} {
		if err := Write(&two, one(line(text))); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(two.Bytes())
	f.Add(two.Bytes()[:two.Len()-1])
	f.Add([]byte("{}\n"))
	f.Add([]byte(`{"key":"00","answer":1}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		var end error
		for line, err := range read(bytes.NewReader(b)) {
			if end = err; err != nil {
				break
			}
			if n++; !json.Valid(line.Answer) || len(line.Key) != 2*sha256.Size {
				t.Errorf("%+v", line)
			}
		}
		torn := len(b) > 0 && b[len(b)-1] != '\n'
		switch {
		case end == nil && (torn || n != bytes.Count(b, []byte("\n"))):
			t.Errorf("%d answers, and no error, of %q", n, b)
		case errors.Is(end, errTorn) && !torn:
			t.Errorf("torn: %q", b)
		}
	})
}
