package question

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestATableIsReadAsPeopleSeeIt(t *testing.T) {
	rows := [][]any{{"Reviews"}, {"id", "question", "ask_mode", "verdict", "hours"}, {"1", "What?", "unheard of", nil, 1.5}, {"1", nil, nil, "ok", nil}}
	for name, content := range map[string]string{
		"a.csv":  "id;question;ask_mode;verdict;hours\n1;What?;unheard of;;1.5\n1;;;ok\n",
		"a.xlsx": workbook(t, rows),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		header, got, err := ReadTable(path, "verdict")
		if err != nil {
			t.Fatal(err)
		}
		want := [][]string{{"id", "question", "ask_mode", "verdict", "hours"}, {"1", "What?", "unheard of", "", "1.5"}, {"1", "", "", "ok", ""}}
		if diff := cmp.Diff(want, append([][]string{header}, got...)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, _, err := ReadTable(path, "reviewed by"); !errors.Is(err, ErrNoColumn) {
			t.Errorf("%s: a column that is not there: %v", name, err)
		}
	}
}

func TestATableMayHaveAnyTitleAndNoRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.xlsx")
	for _, rows := range [][][]any{{{"Reviewed by", "Bob"}, {"verdict", "hours"}}, {{"verdict"}}} {
		if err := os.WriteFile(path, []byte(workbook(t, rows)), 0o600); err != nil {
			t.Fatal(err)
		}
		header, got, err := ReadTable(path, "verdict")
		if err != nil || len(header) != len(rows[len(rows)-1]) || len(got) != 0 {
			t.Errorf("read %v and %v, %v", header, got, err)
		}
	}
}
