package checkpoint

import (
	"bufio"
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

// A rescued is a line of a rescue file: an answer that could not be saved in its
// checkpoint. Its key identifies the request.
type rescued struct {
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

func (s *Store) rescued(key requestKey, c Completion) rescued {
	return rescued{s.absPath(), s.endpoint, hex.EncodeToString(key[:]), c.Answer, c.Label, c.Attempts, c.Cost, c.Started, c.Finished, c.Unfit}
}

func (r rescued) completion() Completion {
	return Completion{r.Answer, r.Label, r.Attempts, r.Cost, r.Started, r.Finished, r.Unfit, false}
}

func one(line rescued) iter.Seq2[rescued, error] {
	return func(yield func(rescued, error) bool) { yield(line, nil) }
}

func each(lines iter.Seq[rescued]) iter.Seq2[rescued, error] {
	return func(yield func(rescued, error) bool) {
		for line := range lines {
			if !yield(line, nil) {
				return
			}
		}
	}
}

func writeRescued(w io.Writer, answers iter.Seq2[rescued, error]) error {
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

// readRescueFile yields the lines of a rescue file. Other users can write to the
// temporary folder, so the file must belong to this user and must not be readable or
// writable for others.
func readRescueFile(path string) iter.Seq2[rescued, error] {
	return func(yield func(rescued, error) bool) {
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
			yield(rescued{}, err)
			return
		}
		defer f.Close()
		readRescued(f)(yield)
	}
}

// readRescued yields the lines of a rescue file. If the process died while it wrote
// the file, the last line is torn. The lines before it are valid.
func readRescued(r io.Reader) iter.Seq2[rescued, error] {
	return func(yield func(rescued, error) bool) {
		br := bufio.NewReader(r)
		for n := 1; ; n++ {
			line, err := br.ReadBytes('\n')
			if errors.Is(err, io.EOF) && len(line) == 0 {
				return
			}
			var one rescued
			switch {
			case errors.Is(err, io.EOF):
				err = errTorn
			case err == nil:
				if one, err = parseRescued(line); err != nil {
					err = fmt.Errorf("line %d: %w", n, err)
				}
			}
			if !yield(one, err) || err != nil {
				return
			}
		}
	}
}

func parseRescued(line []byte) (one rescued, err error) {
	if err := json.Unmarshal(line, &one); err != nil {
		return one, err
	}
	if key, err := hex.DecodeString(one.Key); err != nil || len(key) != len(requestKey{}) {
		return one, fmt.Errorf("%q is not a key", one.Key)
	}
	if len(one.Answer) == 0 {
		return one, errors.New("no answer")
	}
	return one, nil
}

// key returns the key of a line that parseRescued has read.
func (r rescued) key() (key requestKey) {
	_, _ = hex.Decode(key[:], []byte(r.Key))
	return key
}

// rescueDirs returns the folders for rescue files, in order of preference.
func (s *Store) rescueDirs() []string {
	dirs := []string{filepath.Dir(s.absPath())}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	return append(dirs, os.TempDir())
}

// anyRescue matches the rescue files of all checkpoints, rescuePattern those of this
// one. The pattern depends on the checkpoint's path, so that runs on two checkpoints
// do not use each other's files.
const anyRescue = "bizbatch-rescue-*.jsonl"

func (s *Store) rescuePattern() string {
	id := keyOf([]byte(s.absPath()))
	return fmt.Sprintf("bizbatch-rescue-%x-*.jsonl", id[:8])
}

func (s *Store) absPath() string {
	if abs, err := filepath.Abs(s.Path()); err == nil {
		return abs
	}
	return s.Path()
}

// A rescueFile is a rescue file of this checkpoint or another.
type rescueFile struct {
	path string
	mine bool // its name was made from this checkpoint's path
}

// rescueFiles finds rescue files. The run that wrote one may have used another
// temporary folder, as runs under cron and systemd do.
func (s *Store) rescueFiles() (found []rescueFile) {
	dirs := s.rescueDirs()
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/tmp", "/var/tmp")
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		files, _ := os.ReadDir(dir) // what cannot be listed holds nothing of ours
		for _, f := range files {
			if is, _ := filepath.Match(anyRescue, f.Name()); is {
				mine, _ := filepath.Match(s.rescuePattern(), f.Name())
				found = append(found, rescueFile{filepath.Join(dir, f.Name()), mine})
			}
		}
	}
	return found
}
