package rescue

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
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

// SHA returns the key of a line that Read has read.
func (l Line) SHA() (key [sha256.Size]byte) {
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

// ErrTorn reports that the last line of a file is incomplete.
var ErrTorn = errors.New("the last line is not whole")

// Read yields the lines of a rescue file. Other users can write to the temporary
// folder, so the file must belong to this user and must not be readable or writable
// for others.
func Read(path string) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		info, err := os.Lstat(path)
		switch {
		case err != nil:
		case !info.Mode().IsRegular() || !owned(info):
			err = ErrTorn // and nothing before it
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
				err = ErrTorn
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
	if key, err := hex.DecodeString(one.Key); err != nil || len(key) != sha256.Size {
		return one, fmt.Errorf("%q is not a key", one.Key)
	}
	if len(one.Answer) == 0 {
		return one, errors.New("no answer")
	}
	return one, nil
}

// A Place says where the rescue files of a checkpoint are.
type Place struct {
	Checkpoint string    // its name, which tells its files from those of others
	Folder     string    // where its files go first; empty: it has none of its own
	LastResort io.Writer // receives the answers that no folder had room for
}

// folders returns the folders for rescue files, in order of preference.
func (p Place) folders() (dirs []string) {
	if p.Folder != "" {
		dirs = append(dirs, p.Folder)
	}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	return append(dirs, os.TempDir())
}

// pattern matches the rescue files of this checkpoint, anyRescue those of all.
func (p Place) pattern() string {
	id := sha256.Sum256([]byte(p.Checkpoint))
	return fmt.Sprintf("bizbatch-rescue-%x-*.jsonl", id[:8])
}

const anyRescue = "bizbatch-rescue-*.jsonl"

// A Found is a rescue file of this checkpoint or another.
type Found struct {
	Path string
	Mine bool // its name was made from this checkpoint's
}

// Find finds rescue files. The run that wrote one may have used another temporary
// folder, as runs under cron and systemd do.
func (p Place) Find() (found []Found) {
	dirs := p.folders()
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/tmp", "/var/tmp")
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		files, _ := os.ReadDir(dir) // what cannot be listed holds nothing of ours
		for _, f := range files {
			if is, _ := filepath.Match(anyRescue, f.Name()); is {
				mine, _ := filepath.Match(p.pattern(), f.Name())
				found = append(found, Found{filepath.Join(dir, f.Name()), mine})
			}
		}
	}
	return found
}
