//go:build unix

package main

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"bizbatch/internal/prose"
	"bizbatch/internal/sandbox"
)

// obeyed holds what makes a terminal show text in red, twice: the second time
// with the one character that stands for the escape and the bracket. The last
// character has the text after it run backwards.
const obeyed = "\x1b[31mred\u009b31m\u202e"

// harmless fails for a character that a terminal would obey.
func harmless(t *testing.T, printed string) {
	t.Helper()
	for line := range strings.Lines(printed) {
		if line = strings.TrimSuffix(line, "\n"); prose.Clean(line) != line {
			t.Errorf("a terminal would obey a part of %q", line)
		}
	}
}

// Whatever files are called, ids hold and the service says, a terminal shows it
// and obeys none of it.
func TestNoCommandPrintsWhatATerminalObeys(t *testing.T) {
	v := served(t, sandbox.Options{Shape: sandbox.Short, Script: sandbox.Script{Rules: []sandbox.Rule{
		{Match: "refused", Status: 422, Type: obeyed, Message: obeyed, Headers: map[string]string{"X-Request-Id": "id\u202e"}},
		{Match: "cut", Times: 1, CutAfterChunks: new(8)},
		{Text: obeyed},
	}}})
	questions := "id," + obeyed + ",question\n" + obeyed + "1,x,refused " + obeyed + "\n" + obeyed + "2,x,cut\n" + obeyed + "3," + obeyed + ",answered\n"
	file, store := obeyed+".csv", obeyed+".csv.bizbatch"
	if err := os.WriteFile(v.path(file), []byte(questions), 0o600); err != nil {
		t.Fatal(err)
	}
	silent := []string{"completion of a checkpoint", "completion of an id"} // where the text is left out
	for _, tt := range []struct {
		name string
		args []string
	}{
		{"a dry run", []string{"run", "--dry-run", file}},
		{"a run and its log", []string{"run", "--max-attempts", "1", file}},
		{"the log in JSON", []string{"run", "--max-attempts", "1", "--retry-failed", "--log-format", "json", file}},
		{"the checkpoints of a folder", []string{"status"}},
		{"a checkpoint", []string{"status", store}},
		{"an answer", []string{"show", store, obeyed + "3"}},
		{"a failed question", []string{"show", store, obeyed + "1"}},
		{"a question that is not there", []string{"show", store, obeyed}},
		{"the story of an answer", []string{"show", store, "--history", obeyed + "3"}},
		{"an export", []string{"export", store, "--out", obeyed + ".md"}},
		{"an export that is refused", []string{"export", store, "--out", file}},
		{"ids that are not there", []string{"run", "--refresh-ids", obeyed, file}},
		{"a refresh", []string{"run", "--max-attempts", "1", "--refresh-citing", obeyed, file}},
		{"older answers that are removed", []string{"prune", store, "--keep", "1", "--yes"}},
		{"a file that is not there", []string{"run", "no" + file}},
		{"completion of a checkpoint", []string{"__complete", "status", ""}},
		{"completion of an id", []string{"__complete", "show", store, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			printed := string(v.told(tt.args...))
			harmless(t, printed)
			if shown := strings.Contains(printed, "[31mred"); shown == slices.Contains(silent, tt.name) {
				t.Errorf("the text is printed: %v; all that is printed: %s", shown, printed)
			}
		})
	}
}

// What is escaped in the JSON log reads as it was.
func TestAnIDInTheJSONLogIsWhole(t *testing.T) {
	v := served(t, sandbox.Options{Shape: sandbox.Short, Script: sandbox.Script{Rules: []sandbox.Rule{{Status: 422}}}})
	if err := os.WriteFile(v.path("q.csv"), []byte("id,question\n"+obeyed+",one\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(v.told("run", "--log-format", "json", "q.csv"))) {
		var record struct{ Event, Question string }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if record.Event == "failed" && record.Question != obeyed {
			t.Errorf("the id is %q, want %q", record.Question, obeyed)
		}
	}
}
