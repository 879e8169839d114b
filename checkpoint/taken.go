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
)

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

// takeRescued saves the answers of the rescue files that earlier runs left,
// within the transaction of an import. It returns how many there were, and the
// files to remove once that is committed. An answer whose request is not in
// the checkpoint stays in its file. A file of another checkpoint is left to that
// one, unless it is not there: then it may be this one, before it was moved.
func (im *importer) takeRescued() (n int, used []string, err error) {
	for _, f := range im.s.rescueFiles() {
		if !f.mine && im.s.endpoint == "" {
			continue // nothing tells whose answers these are
		}
		taken, all, err := im.takeRescueFile(f.path)
		switch {
		case err != nil && f.mine:
			return n, nil, fmt.Errorf("take in the rescue file %s: %w", f.path, err)
		case err != nil:
			continue
		}
		if n += taken; all && f.mine {
			used = append(used, f.path)
		}
	}
	return n, used, nil
}

// takeRescueFile returns how many answers are new, and whether all of the file
// are in the checkpoint now.
func (im *importer) takeRescueFile(path string) (taken int, all bool, err error) {
	all = true
	for line, err := range readRescueFile(path) {
		if errors.Is(err, errTorn) {
			return taken, false, nil
		}
		if err != nil {
			return 0, false, err
		}
		switch fresh, err := im.keepRescued(line); {
		case errors.Is(err, sql.ErrNoRows):
			all = false
		case err != nil:
			return 0, false, err
		case fresh:
			taken++
		}
	}
	return taken, all, nil
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
	if key, err := hex.DecodeString(one.Key); err != nil || len(key) != len(Key{}) {
		return one, fmt.Errorf("%q is not a key", one.Key)
	}
	if len(one.Answer) == 0 {
		return one, errors.New("no answer")
	}
	return one, nil
}

// key is the key of a line that parseRescued has read.
func (r rescued) key() (key Key) {
	_, _ = hex.Decode(key[:], []byte(r.Key))
	return key
}

// keepRescued saves one answer, and reports whether it was not there yet. The
// error is sql.ErrNoRows where its request is not known.
func (im *importer) keepRescued(r rescued) (fresh bool, err error) {
	s := im.s
	if _, err := os.Stat(r.Checkpoint); r.Endpoint != s.endpoint || err == nil && r.Checkpoint != s.absPath() {
		return false, sql.ErrNoRows // another service's, or another checkpoint's that will take it in
	}
	id, err := im.find(r.key())
	if err != nil {
		return false, err
	}
	var state State
	err = s.writer.QueryRowContext(bg, "SELECT state FROM requests WHERE id = ?", id).Scan(&state)
	if err != nil || state == Answered {
		return false, err
	}
	// It was in flight when the save failed; now it is known what came of it.
	if err := s.exec("DELETE FROM uncertain WHERE request = ? AND finished = 0 AND started = ?", id, millis(r.Started)); err != nil {
		return false, err
	}
	return true, s.complete(id, r.completion())
}

// rescuedIDs are the requests without an answer whose answers are in this
// checkpoint's rescue files, with when they were sent (milliseconds since 1970).
func (s *Store) rescuedIDs() (map[int64]int64, error) {
	keys, ids := map[Key]int64{}, map[int64]int64{}
	for _, f := range s.rescueFiles() {
		if !f.mine {
			continue
		}
		for line, err := range readRescueFile(f.path) {
			if err != nil {
				break // the next import tells what is wrong with it
			}
			if line.Endpoint == s.endpoint {
				keys[line.key()] = millis(line.Started)
			}
		}
	}
	if len(keys) == 0 {
		return ids, nil
	}
	err := s.query(func(rows *sql.Rows) (bool, error) {
		var id int64
		var key sql.RawBytes
		err := rows.Scan(&id, &key)
		if err == nil && len(key) == len(Key{}) {
			if started, found := keys[Key(key)]; found {
				ids[id] = started
			}
		}
		return true, err
	}, "SELECT id, key FROM requests WHERE state <> 'answered'")
	return ids, err
}
