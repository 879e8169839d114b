package report

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
)

// A spool is what waits in a temporary file for its place in a longer one.
type spool struct {
	*bufio.Writer
	file *os.File
}

func newSpool(folder string) (*spool, error) {
	f, err := os.CreateTemp(folder, ".spool.*.tmp")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // where the system lets it go on without its name; close removes it elsewhere
	return &spool{bufio.NewWriterSize(f, 64<<10), f}, nil
}

// copyTo writes all of it.
func (s *spool) copyTo(out io.Writer) error {
	if err := s.Flush(); err != nil {
		return err
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := io.Copy(out, s.file)
	return err
}

func (s *spool) close() error {
	err := s.file.Close()
	if rerr := os.Remove(s.file.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}
