package job

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

func TestWhatIsToldBesidesTheVerdict(t *testing.T) {
	unwritten := errors.New("write a.csv: disk full")
	for _, tt := range []struct {
		name    string
		verdict error
		stop    *batch.StopError
		code    exit.Code
		want    string
	}{
		{"a run that went well", nil, nil, 1,
			"error: write a.csv: disk full\n       every answer is safe in q.bizbatch: bizbatch export q.bizbatch --out FILE writes them\n" +
				"hint:  free some space or repair the folder, then run the same command again: it asks nothing that is answered\n"},
		{"a run that was stopped keeps its exit code", &exit.Error{Code: 4, Err: errors.New("no money"), Hint: "add some"}, &batch.StopError{}, 4,
			"error: no money\n       write a.csv: disk full\n       every answer is safe in q.bizbatch: bizbatch export q.bizbatch --out FILE writes them\nhint:  add some\n"},
		{"answers that went elsewhere are not called safe", &exit.Error{Code: 1, Err: errors.New("cannot save")}, &batch.StopError{Unsaved: &checkpoint.UnsavedError{Answers: 1, Printed: 1}}, 1,
			"error: cannot save\n       write a.csv: disk full\n"},
	} {
		var printed strings.Builder
		if code := terminal.Tell(&printed, outputError(tt.verdict, unwritten, tt.stop, "q.bizbatch", nil), false); code != tt.code {
			t.Errorf("%s: exit code %d, want %d", tt.name, code, tt.code)
		}
		if diff := cmp.Diff(tt.want, printed.String()); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
}

// A file that a spreadsheet has open is to be closed, not repaired.
func TestAnOutputThatIsOpenElsewhere(t *testing.T) {
	for _, beside := range []string{"~$q.answers.xlsx", ".~lock.q.answers.xlsx#"} {
		out := filepath.Join(t.TempDir(), "q.answers.xlsx")
		if err := os.WriteFile(filepath.Join(filepath.Dir(out), beside), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		e := exit.As(outputError(nil, errors.New("cannot be replaced"), nil, "q.bizbatch", []string{"other.csv", out}))
		if want := "close " + out + " in Excel or LibreOffice, then run the same command again: it asks nothing that is answered"; e.Hint != want {
			t.Errorf("hint %q, want %q", e.Hint, want)
		}
	}
}
