// Package claims keeps what a run was given to ask.
package claims

import (
	"errors"
	"sync"

	"bizbatch/checkpoint/internal/keys"
)

// Claims are the requests that a run was given and that are to be answered, by
// number. The zero value holds none. Its methods are safe for concurrent use.
type Claims struct {
	mu   sync.Mutex
	keys map[int64]keys.Key
	old  map[int64]bool // those of them that have an answer, to be refreshed
}

// Sending a request that is answered or in flight would pay twice.
var (
	ErrNotPending = errors.New("the question is not pending")
	ErrNotGiven   = errors.New("the question was not given to this run")
)

// Give records a request that is given out, with its payload, and whether it has an
// answer to be refreshed. It reports false for one that was given out before and is
// still to be answered.
func (c *Claims) Give(id int64, payload []byte, refresh bool) bool {
	key := keys.Of(payload)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, given := c.keys[id]; given {
		return false
	}
	if c.keys == nil {
		c.keys, c.old = map[int64]keys.Key{}, map[int64]bool{}
	}
	c.keys[id] = key
	if refresh {
		c.old[id] = true
	}
	return true
}

// IDs returns the numbers of the requests.
func (c *Claims) IDs() []int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	ids := make([]int64, 0, len(c.keys)) // never nil, which a database takes for no list
	for id := range c.keys {
		ids = append(ids, id)
	}
	return ids
}

// Key returns the key of a request that was given out and is to be answered.
func (c *Claims) Key(id int64) (key keys.Key, given bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	key, given = c.keys[id]
	return key, given
}

// Refreshes reports whether a request that was given out has an answer to be
// refreshed.
func (c *Claims) Refreshes(id int64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.old[id]
}

// Done forgets a request that has an answer, unless it is asked again.
func (c *Claims) Done(id int64, again bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.old, id)
	if !again {
		delete(c.keys, id)
	}
}
