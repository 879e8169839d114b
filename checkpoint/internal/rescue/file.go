package rescue

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"runtime"
	"time"

	"bizbatch/checkpoint/internal/keys"
)

// A Line is a line of a rescue file: an answer that could not be saved in its
// checkpoint. Its key identifies the request.
type Line struct {
	Checkpoint string          `json:"checkpoint"`
	Endpoint   string          `json:"endpoint"`
	Key        string          `json:"key"` // hexadecimal
	Answer     json.RawMessage `json:"answer"`
	Label      string          `json:"label,omitempty"`
	Attempts   int             `json:"attempts"`
	Cost       int64           `json:"cost"`
	Started    time.Time       `json:"started"`
	Finished   time.Time       `json:"finished"`
	Unfit      bool            `json:"unfit,omitempty"`
}

// SHA returns the key of a line of a file.
func (l Line) SHA() (key keys.Key) {
	_, _ = hex.Decode(key[:], []byte(l.Key))
	return key
}

// one yields a line.
func one(line Line) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) { yield(line, nil) }
}

// each yields lines.
func each(lines iter.Seq[Line]) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		for line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

// Write writes answers as lines.
func Write(w io.Writer, answers iter.Seq2[Line, error]) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for r, err := range answers {
		if err == nil {
			err = enc.Encode(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// errTorn reports that the last line of a file is incomplete.
var errTorn = errors.New("the last line is not whole")

// readFile yields the lines of a rescue file. Other users can write to the temporary
// folder, so the file must belong to this user and must not be readable or writable
// for others.
func readFile(path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		info, err := os.Lstat(path)
		switch {
		case err != nil:
		case !info.Mode().IsRegular() || !owned(info):
			err = errTorn // and nothing before it
		case runtime.GOOS != "windows" && info.Mode().Perm() != 0o600:
			err = errors.New("it is not a file with mode 0600: make it one (chmod 600) if it is yours, or remove it")
		}
		var f *os.File
		if err == nil {
			f, err = os.Open(path)
		}
		if err != nil {
			yield(Line{}, err)
			return
		}
		defer f.Close()
		read(f)(yield)
	}
}

// read yields the lines of a rescue file. If the process died while it wrote the
// file, the last line is torn. The lines before it are valid.
func read(r io.Reader) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		br := bufio.NewReader(r)
		for n := 1; ; n++ {
			line, err := br.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			var one Line
			switch {
			case errors.Is(err, io.EOF):
				err = errTorn
			case err == nil:
				if one, err = parse(line); err != nil {
					err = fmt.Errorf("line %d: %w", n, err)
				}
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

func parse(line []byte) (one Line, err error) {
	if err := json.Unmarshal(line, &one); err != nil {
		return one, err
	}
	if key, err := hex.DecodeString(one.Key); err != nil || len(key) != len(keys.Key{}) {
		return one, fmt.Errorf("%q is not a key", one.Key)
	}
	if len(one.Answer) == 0 {
		return one, errors.New("no answer")
	}
	return one, nil
}
