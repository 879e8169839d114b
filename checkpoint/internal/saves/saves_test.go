package saves

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
)

var (
	errAlone = errors.New("it cannot be applied")
	errStore = errors.New("the disk is full")
)

// A store takes changes that add their number to a transaction.
type store struct {
	commits [][]int64 // what each transaction changed
	full    int       // the transactions from this one fail; 0: none
	tries   int
}

func (s *store) write(group Group[*[]int64]) error {
	var tx []int64
	if s.tries++; s.full > 0 && s.tries >= s.full {
		return errStore
	}
	if err := group.Apply(&tx); err != nil {
		return err
	}
	if !slices.Equal(tx, group.IDs()) {
		return errors.New("the changes are not those of the group")
	}
	s.commits = append(s.commits, tx)
	return nil
}

// saveTogether saves n changes that come while another one is written, and returns
// their errors.
func (s *store) saveTogether(n int64, bad ...int64) []error {
	q := New(s.write, func(err error) bool { return errors.Is(err, errAlone) })
	defer q.Close()
	errs := make([]error, n+1)
	free := make(chan struct{})
	var wg sync.WaitGroup
	for id := range n + 1 {
		wg.Go(func() {
			errs[id] = q.Save(id, nil, func(tx *[]int64) error {
				if id == 0 {
					<-free
				}
				if slices.Contains(bad, id) {
					return errAlone
				}
				*tx = append(*tx, id)
				return nil
			})
		})
		synctest.Wait()
	}
	close(free)
	wg.Wait()
	return errs[1:]
}

func TestChangesThatComeTogetherShareACommit(t *testing.T) {
	for _, tc := range []struct {
		name    string
		n       int64
		bad     []int64
		full    int
		commits [][]int64
		errs    []error
	}{
		{"all can be applied", 3, nil, 0, [][]int64{{0}, {1, 2, 3}}, []error{nil, nil, nil}},
		{"one cannot be applied: it takes no other with it", 3, []int64{2}, 0, [][]int64{{0}, {1}, {3}}, []error{nil, errAlone, nil}},
		{"the store fails: none is tried alone", 3, nil, 2, [][]int64{{0}}, []error{errStore, errStore, errStore}},
		{"the store fails while each is tried alone: the rest is not", 4, []int64{2}, 4, [][]int64{{0}, {1}}, []error{nil, errStore, errStore, errStore}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &store{full: tc.full}
				errs := s.saveTogether(tc.n, tc.bad...)
				if !slices.Equal(errs, tc.errs) {
					t.Errorf("errors %v, want %v", errs, tc.errs)
				}
				if !slices.EqualFunc(s.commits, tc.commits, slices.Equal) {
					t.Errorf("commits %v, want %v", s.commits, tc.commits)
				}
				if want := tc.full; want > 0 && s.tries != want {
					t.Errorf("%d transactions were tried, want %d", s.tries, want)
				}
			})
		})
	}
}

func TestALateSaveIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := New(func(g Group[int]) error { return g.Apply(0) }, func(error) bool { return false })
		defer q.Close()
		free, late := make(chan struct{}), false
		err := q.Save(1, func() { late = true; close(free) }, func(int) error { <-free; return nil })
		if err != nil || !late {
			t.Errorf("late: %v, %v", late, err)
		}
		if err := q.Save(2, func() { t.Error("this was not late") }, func(int) error { return nil }); err != nil {
			t.Error(err)
		}
		if saves, commits := q.Saves(); saves != 2 || commits != 2 {
			t.Errorf("%d saves, %d commits", saves, commits)
		}
	})
}
