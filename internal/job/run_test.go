package job

import "testing"

func TestGarbageOfManyWorkers(t *testing.T) {
	for workers, want := range map[int]int{1: 300, 256: 300, 257: 100, 1_000: 100, 2_000: 20, 100_000: 20} {
		if got := gcPercent(workers); got != want {
			t.Errorf("%d workers: %d %%, want %d", workers, got, want)
		}
	}
}
