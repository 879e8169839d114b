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

// A rescued line is an answer that arrived but could not be saved in its
// checkpoint. The key says which request it answers.
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

// errTorn ends the lines of a file whose last one is not whole.
var errTorn = errors.New("the last line is not whole")

// readRescueFile yields the lines of a rescue file. The temporary folder is open
// to others: only a file of this user that nobody else could have read or
// written was left by us.
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

// readRescued yields the lines of a rescue file. The last one is torn where the
// process died while it wrote the file; those before it are good.
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

// key is the key of a line that parseRescued has read.
func (r rescued) key() (key requestKey) {
	_, _ = hex.Decode(key[:], []byte(r.Key))
	return key
}

// rescueDirs are the folders for rescue files, the best first.
func (s *Store) rescueDirs() []string {
	dirs := []string{filepath.Dir(s.absPath())}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	return append(dirs, os.TempDir())
}

// anyRescue matches every checkpoint's rescue files, rescuePattern this one's:
// it is made from the checkpoint's path, so that runs on two checkpoints do not
// take each other's files away.
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

// A rescueFile is one that a run left, this checkpoint's or another's.
type rescueFile struct {
	path string
	mine bool // its name was made from this checkpoint's path
}

// rescueFiles finds them: the run that wrote one may have had another temporary
// folder, as those of cron and systemd have.
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
