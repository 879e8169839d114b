package report

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
)

// A spool holds what stands later in a file than it comes, in a temporary file.
type spool struct {
	*bufio.Writer
	file *os.File
	size int64 // of the pieces
}

// A piece is a part of a spool.
type piece struct {
	at   int64
	size int
}

func newSpool(folder string) (*spool, error) {
	f, err := os.CreateTemp(folder, ".spool.*.tmp")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name()) // where the system lets it go on without its name; close removes it elsewhere
	return &spool{Writer: bufio.NewWriterSize(f, 64<<10), file: f}, nil
}

// add writes a piece. A spool has pieces only, or none.
func (s *spool) add(b []byte) (piece, error) {
	p := piece{s.size, len(b)}
	s.size += int64(len(b))
	_, err := s.Write(b)
	return p, err
}

// read returns a piece, which must be flushed.
func (s *spool) read(p piece) ([]byte, error) {
	b := make([]byte, p.size)
	_, err := io.ReadFull(io.NewSectionReader(s.file, p.at, int64(p.size)), b)
	return b, err
}

// fromStart returns the file with all that was written, at its beginning.
func (s *spool) fromStart() (io.Reader, error) {
	if err := s.Flush(); err != nil {
		return nil, err
	}
	_, err := s.file.Seek(0, io.SeekStart)
	return s.file, err
}

// copyTo writes all of it to out.
func (s *spool) copyTo(out io.Writer) error {
	in, err := s.fromStart()
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}

func (s *spool) close() error {
	err := s.file.Close()
	if rerr := os.Remove(s.file.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}
