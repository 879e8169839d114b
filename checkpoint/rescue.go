package checkpoint

import (
	"bufio"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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

// Rescue writes answers that the checkpoint could not take to a file elsewhere
// (mode 0600, JSON lines, synced): in the temporary folder, else in the home
// folder. It returns the file's path; the next Import takes the answers in and
// removes the file. Where nothing can be written, the answers go to last.
func (s *Store) Rescue(answers []Unsaved, last io.Writer) (path string, err error) {
	var errs []error
	for _, path := range s.rescuePaths() {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err == nil {
			err = errors.Join(f.Chmod(0o600), s.writeRescued(f, answers), f.Sync(), f.Close())
		}
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

// rescuePaths are where the rescue file of this checkpoint may be. The name is
// made from the checkpoint's path, so that the next run finds it.
func (s *Store) rescuePaths() (paths []string) {
	id := KeyOf([]byte(s.absPath()))
	name := fmt.Sprintf("bizbatch-rescue-%x.jsonl", id[:8])
	dirs := []string{os.TempDir()}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	for _, dir := range dirs {
		paths = append(paths, filepath.Join(dir, name))
	}
	return paths
}

func (s *Store) absPath() string {
	if abs, err := filepath.Abs(s.path); err == nil {
		return abs
	}
	return s.path
}

// takeRescued saves the answers of the rescue files that an earlier run left,
// within the transaction of an import. It returns how many there were, and the
// files to remove once that is committed. An answer whose request is not in
// the checkpoint stays in its file.
func (s *Store) takeRescued() (n int, used []string, err error) {
	for _, path := range s.rescuePaths() {
		taken, unknown, err := s.takeRescueFile(path)
		if err != nil {
			return n, nil, fmt.Errorf("take in the rescue file %s: %w", path, err)
		}
		if n += taken; taken > 0 && unknown == 0 {
			used = append(used, path)
		}
	}
	return n, used, nil
}

func (s *Store) takeRescueFile(path string) (taken, unknown int, err error) {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	// The temporary folder is open to others: only a file that nobody else
	// could have read or written was left by us.
	if !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		return 0, 0, errors.New("it is not a regular file with mode 0600")
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	for dec := json.NewDecoder(bufio.NewReader(f)); ; {
		var r rescued
		if err := dec.Decode(&r); errors.Is(err, io.EOF) {
			return taken, unknown, nil
		} else if err != nil {
			return taken, unknown, err
		}
		switch err := s.keepRescued(r); {
		case errors.Is(err, sql.ErrNoRows):
			unknown++
		case err != nil:
			return taken, unknown, err
		default:
			taken++
		}
	}
}

func (s *Store) keepRescued(r rescued) error {
	var key Key
	if _, err := hex.Decode(key[:], []byte(r.Key)); err != nil || len(r.Key) != 2*len(key) {
		return fmt.Errorf("%q is not a key", r.Key)
	}
	var id int64
	if err := s.writer.QueryRowContext(bg, "SELECT id FROM requests WHERE hash = ? AND key = ?", key.hash(), key[:]).Scan(&id); err != nil {
		return err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0", id); err != nil {
		return err
	}
	return s.complete(id, Completion{r.Answer, r.Attempts, r.Cost, r.Started, r.Finished})
}
