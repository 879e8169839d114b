// Package keys tells requests apart.
package keys

import (
	"crypto/sha256"
	"hash/fnv"
)

// A Key identifies a request: it is the SHA-256 of its payload.
type Key [sha256.Size]byte

// Of returns the key of a payload.
func Of(payload []byte) Key { return sha256.Sum256(payload) }

// Is reports whether a key is the one that was kept.
func (k Key) Is(kept []byte) bool { return string(k[:]) == string(kept) }

// Subject returns what is kept of a subject. Two subjects for which it is the same
// could at worst ask for a confirmation too many.
func Subject(subject string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(subject))
	return int64(h.Sum64())
}
