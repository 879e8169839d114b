package rescue

import "io/fs"

// owned reports whether a file belongs to this user. Every file does: the temporary
// folder is their own.
func owned(fs.FileInfo) bool { return true }
