package batch

import (
	"errors"
	"iter"
	"testing"
)

func TestReadAheadYieldsTheSame(t *testing.T) {
	broken := errors.New("broken")
	count := func(n int, err error) iter.Seq2[int, error] {
		return func(yield func(int, error) bool) {
			for i := range n {
				if !yield(i, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
		}
	}
	for _, n := range []int{0, 1, 63, 64, 65, 1000} {
		for _, want := range []error{nil, broken} {
			for _, most := range []int{1, 64, 2000} { // the reader may leave early; goleak sees what it leaves
				got := 0
				var gotErr error
				for v, err := range readAhead(count(n, want)) {
					if gotErr = err; err != nil {
						break
					}
					if v != got {
						t.Fatalf("%d instead of %d", v, got)
					}
					if got++; got == most {
						break
					}
				}
				if wantN := min(n, most); got != wantN || got < most && gotErr != want {
					t.Errorf("%d of %d, %v; want %d, %v", got, n, gotErr, wantN, want)
				}
			}
		}
	}
}
