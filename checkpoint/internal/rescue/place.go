package rescue

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

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

// A found is a rescue file of this checkpoint or another.
type found struct {
	path string
	mine bool // its name was made from this checkpoint's
}

// find finds rescue files. The run that wrote one may have used another temporary
// folder, as runs under cron and systemd do.
func (p Place) find() (files []found) {
	dirs := p.folders()
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/tmp", "/var/tmp")
	}
	slices.Sort(dirs)
	for _, dir := range slices.Compact(dirs) {
		entries, _ := os.ReadDir(dir) // what cannot be listed holds nothing of ours
		for _, f := range entries {
			if is, _ := filepath.Match(anyRescue, f.Name()); is {
				mine, _ := filepath.Match(p.pattern(), f.Name())
				files = append(files, found{filepath.Join(dir, f.Name()), mine})
			}
		}
	}
	return files
}

// TakeIn has the answers of earlier runs saved by keep, and returns the files to remove
// once that is committed: those of this checkpoint whose answers are all in it now. An
// answer stays in its file where keep returns sql.ErrNoRows, since its request is not
// known. The files of other checkpoints are passed over unless others is set.
func (p Place) TakeIn(others bool, keep func(Line) error) (used []string, err error) {
	for _, f := range p.find() {
		if !f.mine && !others {
			continue
		}
		all, err := takeIn(f.path, keep)
		if err != nil && f.mine {
			return nil, fmt.Errorf("take in the rescue file %s: %w", f.path, err)
		}
		if all && f.mine {
			used = append(used, f.path)
		}
	}
	return used, nil
}

// takeIn reports whether keep saved all answers of a file.
func takeIn(path string, keep func(Line) error) (all bool, err error) {
	all = true
	for line, err := range readFile(path) {
		if errors.Is(err, errTorn) {
			return false, nil
		}
		if err == nil {
			err = keep(line)
		}
		switch {
		case errors.Is(err, sql.ErrNoRows):
			all = false
		case err != nil:
			return false, err
		}
	}
	return all, nil
}

// Lines yields the answers in this checkpoint's files. Where one is damaged, the next
// TakeIn tells what is wrong.
func (p Place) Lines() iter.Seq[Line] {
	return func(yield func(Line) bool) {
		for _, f := range p.find() {
			if !f.mine {
				continue
			}
			for line, err := range readFile(f.path) {
				if err != nil {
					break
				}
				if !yield(line) {
					return
				}
			}
		}
	}
}
