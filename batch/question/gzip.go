package question

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"strings"
)

// unzipped returns what a gzip file holds. Its content tells one, not its name: some
// programs unpack a file and leave its name.
func unzipped(src *bufio.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, gzipError(err)
	}
	return gunzip{z}, nil
}

// A gunzip explains the errors of gzip.
type gunzip struct{ z *gzip.Reader }

func (g gunzip) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = gzipError(err)
	}
	return n, err
}

func gzipError(err error) error {
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return &Error{Msg: "is a gzip file that is cut short", Hint: "was it copied or downloaded to its end?", Err: io.ErrUnexpectedEOF}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader), strings.HasPrefix(err.Error(), "flate:"):
		return &Error{Msg: "is a damaged gzip file (" + err.Error() + ")", Hint: "copy or compress it again", Err: err}
	}
	return err
}

// plainName returns a file's name without the extension of a compressed file:
// questions.csv for questions.csv.gz.
func plainName(name string) string {
	if at := len(name) - len(".gz"); at > 0 && strings.EqualFold(name[at:], ".gz") {
		return name[:at]
	}
	return name
}
