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
	file *os.File
	buf  *bufio.Writer
	size int64
}

// A piece is a part of a spool.
type piece struct {
	at   int64
	size int
}

func newSpool(folder, pattern string) (*spool, error) {
	file, err := os.CreateTemp(folder, pattern)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name()) // where the system lets it go on without its name; close removes it elsewhere
	return &spool{file: file, buf: bufio.NewWriterSize(file, 64<<10)}, nil
}

func (s *spool) add(b []byte) (piece, error) {
	p := piece{s.size, len(b)}
	s.size += int64(len(b))
	_, err := s.buf.Write(b)
	return p, err
}

// flush makes every piece readable that was added.
func (s *spool) flush() error { return s.buf.Flush() }

// read is the piece, which must be flushed.
func (s *spool) read(p piece) ([]byte, error) {
	b := make([]byte, p.size)
	_, err := io.ReadFull(io.NewSectionReader(s.file, p.at, int64(p.size)), b)
	return b, err
}

func (s *spool) close() error {
	err := s.file.Close()
	if rerr := os.Remove(s.file.Name()); !errors.Is(rerr, fs.ErrNotExist) {
		err = errors.Join(err, rerr)
	}
	return err
}
