package checkpoint

import (
	"encoding/binary"
	"fmt"
	"testing"

	"bizbatch/checkpoint/internal/keys"
)

// A table of keys finds what a map would, also where many belong in one slot,
// the last one, and where ids are missing.
func TestKeyTableIsAMap(t *testing.T) {
	hashed := func(i uint32) (key shortKey) {
		k := keys.Of(fmt.Append(nil, i))
		return shortKey(k[:])
	}
	crowded := func(i uint32) (key shortKey) {
		for b := range key {
			key[b] = 0xff
		}
		binary.LittleEndian.PutUint32(key[8:], i)
		return key
	}
	for _, tt := range []struct {
		name  string
		key   func(uint32) shortKey
		count uint32
		step  uint32
	}{{"many", hashed, 100_000, 1}, {"one slot", crowded, 1000, 1}, {"ids that are missing", hashed, 50_000, 7}} {
		t.Run(tt.name, func(t *testing.T) {
			table, want := newKeyTable(), map[shortKey]uint32{}
			for i := range tt.count {
				key, id := tt.key(i), i*tt.step+1
				if got := table.find(key); got != 0 {
					t.Fatalf("key %d is there before it was put in, as %d", i, got)
				}
				table.add(key, id)
				want[key] = id
			}
			for key, id := range want {
				if got := table.find(key); got != id {
					t.Fatalf("got id %d, want %d", got, id)
				}
			}
		})
	}
}
