//go:build !linux

package checkpoint

// locksApart reports whether flock and SQLite's own locks on a file do not meet.
// On macOS and the BSDs they do, and Windows has but one kind.
func locksApart(string) bool { return false }
