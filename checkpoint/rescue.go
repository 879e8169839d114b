package checkpoint

import (
	"bufio"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// A rescued line is an answer that arrived but could not be saved in its
// checkpoint. The key says which request it answers.
type rescued struct {
	Checkpoint string          `json:"checkpoint"`
	Key        string          `json:"key"` // hexadecimal
	Answer     json.RawMessage `json:"answer"`
	Attempts   int             `json:"attempts"`
	Cost       int64           `json:"cost"`
	Started    time.Time       `json:"started"`
	Finished   time.Time       `json:"finished"`
}

// An Unsaved is an answer for Rescue.
type Unsaved struct {
	Payload []byte
	Completion
}

// Rescue writes answers that the checkpoint could not take to a new file
// elsewhere (mode 0600, JSON lines, synced): in the temporary folder, else in
// the home folder. It returns the file's path; the next Import takes the
// answers in and removes the file. Where nothing can be written, the answers go
// to last, and the path is empty.
func (s *Store) Rescue(answers []Unsaved, last io.Writer) (path string, err error) {
	var errs []error
	for _, dir := range rescueDirs() {
		path, err := s.rescueTo(dir, answers)
		if err == nil {
			return path, nil
		}
		errs = append(errs, err)
	}
	if err := s.writeRescued(last, answers); err != nil {
		return "", errors.Join(append(errs, err)...)
	}
	return "", nil
}

func (s *Store) rescueTo(dir string, answers []Unsaved) (path string, err error) {
	f, err := os.CreateTemp(dir, s.rescuePattern())
	if err != nil {
		return "", err
	}
	if err := errors.Join(s.writeRescued(f, answers), f.Sync(), f.Close(), syncDir(dir)); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), nil
}

func (s *Store) writeRescued(w io.Writer, answers []Unsaved) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, a := range answers {
		key := KeyOf(a.Payload)
		err := enc.Encode(rescued{s.absPath(), hex.EncodeToString(key[:]), a.Answer, a.Attempts, a.Cost, a.Started, a.Finished})
		if err != nil {
			return err
		}
	}
	return nil
}

func rescueDirs() []string {
	dirs := []string{os.TempDir()}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	return dirs
}

// rescuePattern is the name of this checkpoint's rescue files, made from its
// path, so that the next run finds them.
func (s *Store) rescuePattern() string {
	id := KeyOf([]byte(s.absPath()))
	return fmt.Sprintf("bizbatch-rescue-%x-*.jsonl", id[:8])
}

func (s *Store) absPath() string {
	if abs, err := filepath.Abs(s.path); err == nil {
		return abs
	}
	return s.path
}

// takeRescued saves the answers of the rescue files that earlier runs left,
// within the transaction of an import. It returns how many there were, and the
// files to remove once that is committed. An answer whose request is not in
// the checkpoint stays in its file.
func (s *Store) takeRescued() (n int, used []string, err error) {
	for _, dir := range rescueDirs() {
		files, _ := os.ReadDir(dir) // what cannot be listed holds nothing of ours
		for _, f := range files {
			if ours, _ := filepath.Match(s.rescuePattern(), f.Name()); !ours {
				continue
			}
			path := filepath.Join(dir, f.Name())
			taken, all, err := s.takeRescueFile(path)
			if err != nil {
				return n, nil, fmt.Errorf("take in the rescue file %s: %w", path, err)
			}
			if n += taken; all {
				used = append(used, path)
			}
		}
	}
	return n, used, nil
}

// takeRescueFile returns how many answers are new, and whether all of the file
// are in the checkpoint now.
func (s *Store) takeRescueFile(path string) (taken int, all bool, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, false, err
	}
	// The temporary folder is open to others: only a file that nobody else
	// could have read or written was left by us.
	if !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		return 0, false, errors.New("it is not a regular file with mode 0600")
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	list, torn, err := readRescued(f)
	all = !torn
	for _, r := range list {
		switch fresh, err := s.keepRescued(r); {
		case errors.Is(err, sql.ErrNoRows):
			all = false
		case err != nil:
			return 0, false, err
		case fresh:
			taken++
		}
	}
	return taken, all, err
}

// readRescued reads the lines of a rescue file. The last one is torn where the
// process died while it wrote the file; those before it are good.
func readRescued(r io.Reader) (list []rescued, torn bool, err error) {
	for br := bufio.NewReader(r); ; {
		line, err := br.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return list, len(line) > 0, nil
		}
		if err != nil {
			return nil, false, err
		}
		var one rescued
		if err := json.Unmarshal(line, &one); err != nil {
			return nil, false, fmt.Errorf("line %d: %w", len(list)+1, err)
		}
		if key, err := hex.DecodeString(one.Key); err != nil || len(key) != len(Key{}) {
			return nil, false, fmt.Errorf("line %d: %q is not a key", len(list)+1, one.Key)
		}
		if len(one.Answer) == 0 {
			return nil, false, fmt.Errorf("line %d: no answer", len(list)+1)
		}
		list = append(list, one)
	}
}

// keepRescued saves one answer, and reports whether it was not there yet. The
// error is sql.ErrNoRows where its request is not known.
func (s *Store) keepRescued(r rescued) (fresh bool, err error) {
	key, err := hex.DecodeString(r.Key)
	if err != nil {
		return false, err
	}
	var id int64
	var state State
	err = s.writer.QueryRowContext(bg, "SELECT id, state FROM requests WHERE key = ?", key).Scan(&id, &state)
	if err != nil || state == Answered {
		return false, err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0", id); err != nil {
		return false, err
	}
	return true, s.complete(id, Completion{r.Answer, r.Attempts, r.Cost, r.Started, r.Finished})
}
