package report

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"bizbatch/batch"
	"bizbatch/internal/disk"
)

// A File is a file of answers on its way. It is for one goroutine.
type File struct {
	path   string // as the caller gave it, for messages
	target string // what path leads to
	temp   *os.File
	lock   io.Closer // says that temp is in use, see createTemp
	buf    *bufio.Writer
	w      writer
	keep   func(batch.Record) bool
	err    error // the first one; it keeps Commit from publishing a torn file

	rows     int
	finished bool
	done     bool // committed or aborted
}

// Create begins a file of answers to the questions that in describes, in the
// format of path's extension. It writes to a hidden file of mode 0600 beside
// path (.answers.csv.*.tmp) that [File.Commit] renames; only a killed process
// leaves one behind, which the next Create of the same path removes. Its name is
// drawn at random, so that a run and an export to the same path cannot write
// into each other's.
//
// Where path is a symbolic link, the file it leads to is written and the link
// stays. A folder, a pipe or a device is refused.
func Create(path string, in batch.Input, o Options) (*File, error) {
	format, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	create := format.create
	if o.OpenAIBatch && format.Name == "JSON Lines" {
		create = newOpenAIWriter
		o.Status = cmp.Or(o.Status, batch.Answered)
	}
	f, err := begin(path)
	if err != nil {
		return nil, err
	}
	if o.Copy != nil {
		f.buf.Reset(io.MultiWriter(f.temp, o.Copy))
	}
	f.keep = o.keep
	if f.w, err = create(f.buf, filepath.Dir(f.target), in, o); err != nil {
		return nil, errors.Join(f.failed(err), f.Abort())
	}
	return f, nil
}

// Anew says why an Excel file of questions was made anew, and not returned with
// the answers in it; empty: it was, or there is none.
func (f *File) Anew() string {
	if w, ok := f.w.(*xlsxWriter); ok {
		return w.anew
	}
	return ""
}

// WriteFile writes a small file in the same way: whole or not at all.
func WriteFile(path string, content []byte) error {
	f, err := begin(path)
	if err != nil {
		return err
	}
	defer f.Abort()
	if _, err := f.buf.Write(content); err != nil {
		return f.failed(err)
	}
	return f.Commit()
}

// begin opens the temporary file for path.
func begin(path string) (*File, error) {
	f := &File{path: path}
	var err error
	if f.target, err = follow(path); err != nil {
		return nil, f.failed(err)
	}
	folder := filepath.Dir(f.target)
	f.temp, f.lock, err = createTemp(folder, "."+filepath.Base(f.target)+".", ".tmp")
	if err != nil {
		return nil, fmt.Errorf("write %s: create a file in folder %s: %w", path, folder, cause(err))
	}
	f.buf = bufio.NewWriterSize(f.temp, 64<<10)
	return f, nil
}

// Write adds a row, unless [Options] leave it out. After an error the file cannot be committed.
func (f *File) Write(rec batch.Record) error {
	if f.done {
		return f.failed(os.ErrClosed)
	}
	if f.err != nil {
		return f.err
	}
	if !f.keep(rec) {
		return nil
	}
	if err := f.w.write(rec); err != nil {
		f.err = f.failed(fmt.Errorf("the row of line %d: %w", rec.Line, cause(err)))
	}
	f.rows++
	return f.err
}

// Rows returns how many rows were written: those that Options keep.
func (f *File) Rows() int { return f.rows }

// Commit makes the file appear under its name, on disk to stay. Where it
// fails, the file that was there before is untouched, unless the error is one
// of syncing the folder.
func (f *File) Commit() error {
	if f.done {
		return f.failed(os.ErrClosed)
	}
	if err := f.Finish(); err != nil {
		return err
	}
	if f.err = f.publish(); f.err != nil {
		f.err = f.failed(f.err)
		return f.err
	}
	f.done = true
	_ = f.lock.Close() // the file has its name
	return nil
}

// Finish writes what follows the last row, so that Options.Copy has every byte
// before Commit gives the file its name. Commit does it where it was not done.
func (f *File) Finish() error {
	if f.finished || f.err != nil {
		return f.err
	}
	f.finished = true
	if f.w != nil {
		f.err = errors.Join(f.w.end(), f.w.close())
	}
	if f.err == nil {
		f.err = f.buf.Flush()
	}
	if f.err != nil {
		f.err = f.failed(f.err)
	}
	return f.err
}

func (f *File) publish() error {
	if err := f.temp.Sync(); err != nil {
		return err
	}
	if err := f.temp.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.temp.Name(), f.target); err != nil {
		return err
	}
	return disk.SyncFolder(filepath.Dir(f.target))
}

// Abort removes what was written. After Commit it does nothing, so that it can
// be deferred.
func (f *File) Abort() error {
	if f.done {
		return nil
	}
	f.done = true
	defer f.lock.Close()
	var clearing error
	if f.w != nil && !f.finished {
		clearing = f.w.close()
	}
	closing := f.temp.Close()
	if errors.Is(closing, os.ErrClosed) {
		closing = nil // by a Commit that failed later
	}
	removing := os.Remove(f.temp.Name())
	if errors.Is(removing, fs.ErrNotExist) {
		removing = nil // renamed by a Commit that failed later
	}
	if err := errors.Join(clearing, closing, removing); err != nil {
		return fmt.Errorf("remove the unfinished %s: %w", f.path, err)
	}
	return nil
}

func (f *File) failed(err error) error {
	return fmt.Errorf("write %s: %w", f.path, cause(err))
}

// cause returns what went wrong without the names of the call and of the temporary
// file, which say nothing to the reader of a message about path.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}

// follow returns the file that path leads to over any symbolic links, which need
// not exist yet.
func follow(path string) (string, error) {
	for range 40 { // as many as Linux follows
		info, err := os.Lstat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular():
			return path, nil
		case info.Mode()&fs.ModeSymlink == 0:
			return "", errors.New("it is there and is not a file")
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", err
		}
		if !filepath.IsAbs(link) {
			folder, _ := filepath.Split(path)
			link = folder + link // not cleaned: folder/.. may lie elsewhere
		}
		path = link
	}
	return "", errors.New("too many symbolic links")
}
