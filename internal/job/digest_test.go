package job

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
)

func TestDigestFileTellsWhatIsReadDifferently(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	a, same, other := write("a", "question\nx\n"), write("b", "question\nx\n"), write("c", "question\ny\n")
	digest := digestFile(a, question.Options{})
	for _, tt := range []struct {
		name string
		got  string
		same bool
	}{
		{"a copy", digestFile(same, question.Options{}), true},
		{"other content", digestFile(other, question.Options{}), false},
		{"another question column", digestFile(a, question.Options{QuestionColumn: "q"}), false},
		{"another template", digestFile(a, question.Options{Template: "{{.q}}"}), false},
	} {
		if (tt.got == digest) != tt.same {
			t.Errorf("%s: %s, the first %s", tt.name, tt.got, digest)
		}
	}
	if got := digestFile(dir, question.Options{}); got != "" {
		t.Errorf("a folder has a digest: %s", got)
	}
}

// Another build may write answers otherwise.
func TestAnotherProgramWritesTheOutputAgain(t *testing.T) {
	dir := t.TempDir()
	store, err := checkpoint.Open(filepath.Join(dir, "q.csv.bizbatch"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	out := filepath.Join(dir, "q.answers.csv")
	err = errors.Join(os.WriteFile(out, []byte("id,answer\n"), 0o600),
		store.SetCurrent(out, []byte(digestFile(out, howWritten(report.Options{})))))
	if err != nil {
		t.Fatal(err)
	}
	if !isCurrent(store, out, report.Options{}) {
		t.Error("to this program it is out of date")
	}
	defer func(mine func() string) { program = mine }(program)
	program = func() string { return "another" }
	if isCurrent(store, out, report.Options{}) {
		t.Error("to another program it is up to date")
	}
}
