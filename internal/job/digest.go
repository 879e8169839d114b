package job

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// digestFile identifies a file's content and how it is read, or was written. It
// is empty for one that cannot be read, which the reader tells, and for a pipe,
// which can be read only once.
func digestFile(path string, how any) string {
	return digestOf(contentDigest(path), how)
}

// digestOf does the same for a file with that content.
func digestOf(content string, how any) string {
	if content == "" {
		return ""
	}
	return digest(content, how)
}

// digest identifies a content by its digest, and how it is read, or was written.
func digest(content string, how any) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %+v", content, how)
	return sum(h)
}

// contentDigest identifies a file's content; empty: it cannot be read, or is a
// pipe.
func contentDigest(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return ""
	}
	return sum(h)
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// isCurrent reports whether an output already holds what would be written there:
// nothing has changed in the checkpoint since it was written, and neither has the
// file. Its content tells that, for a clock may be set, and a file copied.
func isCurrent(store batch.Checkpoint, out string, part *report.Part, o report.Options) bool {
	noted, err := store.Current(out)
	return err == nil && noted != nil && digestFile(out, howWritten(part, o)) == string(noted)
}

// setCurrent notes for isCurrent what was written to an output. One that tells
// of the runs is out of date by the next.
func setCurrent(store batch.Checkpoint, out string, part *report.Part, content string, o report.Options) error {
	if format, err := report.FormatOf(out); format.History || err != nil {
		return err
	}
	return store.SetCurrent(out, []byte(digest(content, howWritten(part, o))))
}

// howWritten returns all that decides how answers are written, beside the answers:
// the program, the options, and where we are, for times are written as there.
func howWritten(part *report.Part, o report.Options) string {
	o.Copy, o.Columns, o.Members = nil, nil, nil // the checkpoint tells the columns
	var rows []int64
	if part != nil {
		rows = part.Positions
	}
	winter, summer := time.Date(2026, 1, 1, 0, 0, 0, 0, time.Local), time.Date(2026, 7, 1, 0, 0, 0, 0, time.Local)
	return fmt.Sprintf("%s %s %s %s %v %+v", program(), winter.Format("-0700"), summer.Format("-0700"), contentDigest(o.WordTemplate), rows, o)
}

// program identifies this program. A version alone would not: those who build
// it themselves have none.
var program = sync.OnceValue(func() string {
	if path, err := os.Executable(); err == nil {
		if info, err := os.Stat(path); err == nil {
			return fmt.Sprint(info.Size(), info.ModTime().UnixNano())
		}
	}
	return fmt.Sprint(debug.ReadBuildInfo())
})
