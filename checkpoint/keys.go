package checkpoint

import "encoding/binary"

// A shortKey is the beginning of a key, long enough that no two of a billion
// requests share it.
type shortKey [12]byte

// A keyTable finds the ids of requests by their keys. A map would do, but it is
// what an import of many rows needs most memory for, and takes twice as much. A
// key is a hash already: it says in which slot its id belongs; where that is
// taken, the next free one has it.
type keyTable struct {
	keys  [][]shortKey // by id, in parts of keysPart: to grow, none is copied
	slots []uint32     // ids; 0: free. Their number is a power of two
}

const keysPart = 1 << 12

func newKeyTable() *keyTable { return &keyTable{slots: make([]uint32, keysPart)} }

// find returns the id of a key; 0: it is not there.
func (t *keyTable) find(key shortKey) uint32 { return *t.slot(key) }

// add puts in a key with its id, which is larger than any there.
func (t *keyTable) add(key shortKey, id uint32) {
	for int(id) >= len(t.keys)*keysPart {
		t.keys = append(t.keys, make([]shortKey, keysPart))
	}
	for int(id) > len(t.slots)/4*3 {
		t.grow()
	}
	*t.key(id) = key
	*t.slot(key) = id
}

func (t *keyTable) grow() {
	old := t.slots
	t.slots = make([]uint32, 2*len(old))
	for _, id := range old {
		if id != 0 {
			*t.slot(*t.key(id)) = id
		}
	}
}

func (t *keyTable) key(id uint32) *shortKey { return &t.keys[id/keysPart][id%keysPart] }

// slot returns where the id of a key stands, or would.
func (t *keyTable) slot(key shortKey) *uint32 {
	last := uint64(len(t.slots) - 1)
	for i := binary.LittleEndian.Uint64(key[:]); ; i++ {
		if s := &t.slots[i&last]; *s == 0 || *t.key(*s) == key {
			return s
		}
	}
}
