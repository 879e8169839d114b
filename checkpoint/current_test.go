package checkpoint

import (
	"errors"
	"testing"
)

// What SetCurrent kept is there until something changes that Results tells.
func TestCurrentUntilTheFirstChange(t *testing.T) {
	rows := []Row{ask("1", "a"), ask("2", "b"), ask("3", "c"), ask("4", "d"), skipped("5")}
	again := func(t *testing.T, s *Store, opts ImportOptions) {
		opts.Digest = "x"
		doImport(t, s, opts, rows...)
	}
	for _, tt := range []struct {
		change string
		do     func(*testing.T, *Store)
		kept   bool
	}{
		{"nothing", func(*testing.T, *Store) {}, true},
		{"the same input", func(t *testing.T, s *Store) { again(t, s, ImportOptions{}) }, true},
		{"a run that sends nothing", func(t *testing.T, s *Store) {
			again(t, s, ImportOptions{})
			end(t, first(begin(t, s, 0)))
		}, true},
		{"a note and an output", func(t *testing.T, s *Store) {
			diff(t, "error", nil, errors.Join(s.SetNote("prices", []byte("{}")), s.SetOutput("answers.csv", "digest")))
		}, true},
		{"an import that is refused", func(t *testing.T, s *Store) {
			no := errors.New("no")
			_, err := s.Import(rowsOf(rows...), ImportOptions{Confirm: func(Plan) error { return no }})
			if !errors.Is(err, no) {
				t.Error(err)
			}
		}, true},
		{"an input that is read again", func(t *testing.T, s *Store) { doImport(t, s, ImportOptions{}, rows...) }, false},
		{"another input", func(t *testing.T, s *Store) { doImport(t, s, ImportOptions{Digest: "y"}, rows[1:]...) }, false},
		{"a failed question that is pending again", func(t *testing.T, s *Store) { again(t, s, ImportOptions{RetryFailed: true}) }, false},
		{"a question that is sent", func(t *testing.T, s *Store) {
			run, page := begin(t, s, 1)
			diff(t, "error", nil, run.Start(page[0].ID, noon, 24))
		}, false},
		{"an answer", func(t *testing.T, s *Store) { answer(t, s, 1) }, false},
		{"a failure", func(t *testing.T, s *Store) { fail(t, s, 1, true) }, false},
		{"an answer that was rescued", func(t *testing.T, s *Store) {
			leaveRescued(t, s, "c")
			again(t, s, ImportOptions{})
		}, false},
	} {
		t.Run(tt.change, func(t *testing.T) {
			rescueFolders(t)
			s := open(t, temp(t), Options{Endpoint: "https://one"})
			again(t, s, ImportOptions{})
			answer(t, s, 1)
			fail(t, s, 1, false)
			diff(t, "error", nil, s.SetCurrent("answers.csv", []byte("written")))
			tt.do(t, s)
			want := ""
			if tt.kept {
				want = "written"
			}
			got, err := s.Current("answers.csv")
			diff(t, "error", nil, err)
			diff(t, "kept", want, string(got))
		})
	}
}

// A question that was in flight when its run died is told of otherwise than a
// pending one.
func TestCurrentEndsWithWhatWasInterrupted(t *testing.T) {
	path := temp(t)
	s := open(t, path, Options{})
	doImport(t, s, ImportOptions{Digest: "x"}, ask("1", "a"))
	run, page := begin(t, s, 1)
	diff(t, "error", nil, run.Start(page[0].ID, noon, 24))
	closeStore(t, s)
	s = open(t, path, Options{})
	diff(t, "error", nil, s.SetCurrent("a", []byte("written")))
	begin(t, s, 0)
	got, err := s.Current("a")
	diff(t, "error", nil, err)
	diff(t, "kept", "", string(got))
}
