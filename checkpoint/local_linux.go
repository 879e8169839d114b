package checkpoint

import "syscall"

// The types of file systems (statfs(2)) on which flock is carried out with the
// locks that SQLite uses, and would lock it out.
const (
	nfs  = 0x6969
	smb  = 0x517B
	cifs = 0xFF534D42
	smb2 = 0xFE534D42
)

// locksApart reports whether flock and SQLite's own locks on a file do not meet.
func locksApart(path string) bool {
	var st syscall.Statfs_t
	if err := syscall.Statfs(path, &st); err != nil {
		return false
	}
	switch uint32(st.Type) {
	case nfs, smb, cifs, smb2:
		return false
	}
	return true
}
