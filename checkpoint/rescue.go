package checkpoint

import (
	"bufio"
	"database/sql"
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
// the home folder, else beside the checkpoint. It returns the file's path; the
// next Import takes the answers in and removes the file. Where nothing can be
// written, the answers go to last, and the path is empty.
func (s *Store) Rescue(answers []Unsaved, last io.Writer) (path string, err error) {
	return s.rescue(last, func(yield func(rescued, error) bool) {
		for _, a := range answers {
			key := KeyOf(a.Payload)
			if !yield(s.rescued(key[:], a.Completion), nil) {
				return
			}
		}
	})
}

// RescueAll does the same with every answer of a checkpoint that is gone (see
// ErrGone), as far as the open file still gives them. It returns how many there
// are.
func (s *Store) RescueAll(last io.Writer) (path string, n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, err = s.rescue(last, func(yield func(rescued, error) bool) {
		n = 0
		rows, err := s.writer.QueryContext(bg, `SELECT q.key, a.answer, q.attempts, q.cost, q.started, q.finished
			FROM requests q JOIN answers a ON a.request = q.id`)
		if err != nil {
			yield(rescued{}, err)
			return
		}
		defer rows.Close()
		for rows.Next() {
			var key []byte
			var c Completion
			var started, finished int64
			err := rows.Scan(&key, &c.Answer, &c.Attempts, &c.Cost, &started, &finished)
			c.Started, c.Finished = fromMillis(started), fromMillis(finished)
			if n++; !yield(s.rescued(key, c), err) {
				return
			}
		}
		if err := rows.Err(); err != nil {
			yield(rescued{}, err)
		}
	})
	s.emptied = err == nil
	return path, n, err
}

func (s *Store) rescued(key []byte, c Completion) rescued {
	return rescued{s.absPath(), s.endpoint, hex.EncodeToString(key), c.Answer, c.Attempts, c.Cost, c.Started, c.Finished}
}

// rescue writes to the first folder that takes it. A file that is whole but
// could not be synced is better than none.
func (s *Store) rescue(last io.Writer, answers iter.Seq2[rescued, error]) (path string, err error) {
	var errs []error
	unsynced := ""
	for _, dir := range s.rescueDirs() {
		path, synced, err := s.rescueTo(dir, answers)
		switch {
		case err == nil && synced == nil:
			return path, remove(unsynced)
		case err == nil && unsynced == "":
			unsynced = path
		case err == nil:
			err = remove(path)
		}
		errs = append(errs, err, synced)
	}
	if unsynced != "" {
		return unsynced, nil
	}
	if err := writeRescued(last, answers); err != nil {
		return "", errors.Join(append(errs, err)...)
	}
	return "", nil
}

func (s *Store) rescueTo(dir string, answers iter.Seq2[rescued, error]) (path string, synced, err error) {
	f, err := os.CreateTemp(dir, s.rescuePattern())
	if err != nil {
		return "", nil, err
	}
	err = errors.Join(f.Chmod(0o600), writeRescued(f, answers)) // whatever the umask
	synced = errors.Join(f.Sync(), syncDir(dir))
	if err = errors.Join(err, f.Close()); err != nil {
		return "", nil, errors.Join(err, os.Remove(f.Name()))
	}
	return f.Name(), synced, nil
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

// rescueDirs are the folders for rescue files.
func (s *Store) rescueDirs() []string {
	dirs := []string{os.TempDir()}
	if home, err := os.UserHomeDir(); err == nil {
		dirs = append(dirs, home)
	}
	return append(dirs, filepath.Dir(s.absPath()))
}

// searchDirs are where rescue files can be, each once: the run that wrote one
// may have had another temporary folder, as those of cron and systemd have.
func (s *Store) searchDirs() []string {
	dirs := s.rescueDirs()
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/tmp", "/var/tmp")
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// anyRescue matches every checkpoint's rescue files, rescuePattern this one's:
// it is made from the checkpoint's path, so that runs on two checkpoints do not
// take each other's files away.
const anyRescue = "bizbatch-rescue-*.jsonl"

func (s *Store) rescuePattern() string {
	id := KeyOf([]byte(s.absPath()))
	return fmt.Sprintf("bizbatch-rescue-%x-*.jsonl", id[:8])
}

func (s *Store) absPath() string {
	if abs, err := filepath.Abs(s.Path()); err == nil {
		return abs
	}
	return s.Path()
}

// takeRescued saves the answers of the rescue files that earlier runs left,
// within the transaction of an import. It returns how many there were, and the
// files to remove once that is committed. An answer whose request is not in
// the checkpoint stays in its file; so does all of another checkpoint's file,
// which may be this one's before it was moved.
func (s *Store) takeRescued() (n int, used []string, err error) {
	for _, dir := range s.searchDirs() {
		files, _ := os.ReadDir(dir) // what cannot be listed holds nothing of ours
		for _, f := range files {
			if found, _ := filepath.Match(anyRescue, f.Name()); !found {
				continue
			}
			path := filepath.Join(dir, f.Name())
			mine, _ := filepath.Match(s.rescuePattern(), f.Name())
			if !mine && s.endpoint == "" {
				continue // nothing tells whose answers these are
			}
			taken, all, err := s.takeRescueFile(path)
			switch {
			case err != nil && mine:
				return n, nil, fmt.Errorf("take in the rescue file %s: %w", path, err)
			case err != nil:
				continue
			}
			if n += taken; all && mine {
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
	// The temporary folder is open to others: only a file of this user that
	// nobody else could have read or written was left by us.
	if !info.Mode().IsRegular() || !owned(info) {
		return 0, false, nil
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		return 0, false, errors.New("it is not a file with mode 0600: make it one (chmod 600) if it is yours, or remove it")
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
	if r.Endpoint != s.endpoint {
		return false, sql.ErrNoRows // another service's
	}
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
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0 AND started = ?", id, millis(r.Started)); err != nil {
		return false, err
	}
	return true, s.complete(id, Completion{r.Answer, r.Attempts, r.Cost, r.Started, r.Finished})
}
