package job

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
)

// isOpened reports whether a file seems to be open in a spreadsheet, which keeps
// others from replacing it on Windows: Excel and LibreOffice put a file of their own
// beside it.
func isOpened(path string) bool {
	folder, name := filepath.Split(path)
	for _, beside := range []string{"~$" + name, ".~lock." + name + "#"} {
		if _, err := os.Stat(filepath.Join(folder, beside)); err == nil {
			return true
		}
	}
	return false
}

// isOpenedError reports whether by the error Windows says that another program has a
// file open: access denied (5), a sharing violation (32), a lock violation (33).
func isOpenedError(err error) bool {
	var code syscall.Errno
	return runtime.GOOS == "windows" && errors.As(err, &code) && slices.Contains([]syscall.Errno{5, 32, 33}, code)
}
