package question

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is read at all is read as Python's csv module reads it.
func TestCSVIsReadAsPythonReadsIt(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("needs python3")
	}
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{`"`, `""`, ",", ",", " ", "a", "é", "'", ";", "\n", "\r\n", "x y", "\"b\"", ",\"", "\",", "\"\n"}
	var files []string
	for range 5_000 {
		var file strings.Builder
		file.WriteString("question,note\n")
		for range random.IntN(14) {
			file.WriteString(pieces[random.IntN(len(pieces))])
		}
		files = append(files, file.String())
	}
	in, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, "-c", `
import csv, io, json, sys
json.dump([list(csv.reader(io.StringIO(text, newline=""))) for text in json.load(sys.stdin)], sys.stdout)`)
	cmd.Stdin = bytes.NewReader(in)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var python3 [][][]string
	if err := json.Unmarshal(out, &python3); err != nil {
		t.Fatal(err)
	}
	compared := 0
	for i, file := range files {
		questions, _, err := readAll(file, "q.csv", Options{})
		if err != nil && !strings.Contains(err.Error(), "the file holds no questions") {
			continue // refused
		}
		compared++
		var got, want [][]string // without the rows that hold nothing: a line of spaces is none
		for _, q := range questions {
			var fields []string
			if err := json.Unmarshal(q.Fields, &fields); err != nil {
				t.Fatal(err)
			}
			if filled(fields) > 0 {
				got = append(got, fields)
			}
		}
		for _, row := range python3[i][1:] {
			if filled(row) > 0 {
				want = append(want, append(row, "")[:2]) // what is beyond is empty, or it was refused
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -Python +read:\n%s", file, diff)
		}
	}
	t.Logf("compared %d files of %d", compared, len(files))
}
