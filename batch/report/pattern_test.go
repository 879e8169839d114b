package report

import (
	"encoding/json"
	"iter"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/checkpoint"
)

// rowsOf are rows of one column.
func rowsOf(values ...string) iter.Seq2[checkpoint.Result, error] {
	return func(yield func(checkpoint.Result, error) bool) {
		for i, v := range values {
			fields, _ := json.Marshal([]string{v}) // texts
			if !yield(checkpoint.Result{Position: int64(i + 1), Line: i + 2, Fields: fields}, nil) {
				return
			}
		}
	}
}

var oneClient = batch.Input{Format: batch.CSV, Columns: []string{"client"}}

func splitOf(t *testing.T, pattern string, values ...string) ([]*Part, error) {
	t.Helper()
	p, err := ParsePattern(pattern, oneClient)
	if err != nil {
		t.Fatal(err)
	}
	return p.Split(rowsOf(values...))
}

func TestNamesOfFiles(t *testing.T) {
	for value, want := range map[string]string{
		"Acme":                   "Acme.md",
		" Acme\n LLC ":           "Acme LLC.md",
		"":                       "no client.md",
		"\u200b":                 "_.md",
		"a/b\\c:d":               "a_b_c_d.md",
		"../../etc/passwd":       "_.._.._etc_passwd.md",
		"..":                     "_.md",
		"...":                    "_.md",
		".hidden":                "_.hidden.md",
		"Acme Inc.":              "Acme Inc_.md",
		"CON":                    "_CON.md",
		"con.tax":                "_con.tax.md",
		"com1":                   "_com1.md",
		"Conrad":                 "Conrad.md",
		"a\x00\x1b[2J\x7f":       "a__[2J_.md",
		"a\u202egpj":             "a_gpj.md",
		`<>"|?*`:                 "______.md",
		"§ 税 é":                  "§ 税 é.md",
		"{{.client}}":            "{{.client}}.md",
		strings.Repeat("é", 300): strings.Repeat("é", 50) + ".md",
	} {
		parts, err := splitOf(t, "memos/{{.client}}.md", value)
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.ToSlash(parts[0].Path); got != "memos/"+want {
			t.Errorf("%q makes %s, want memos/%s", value, got, want)
		}
	}
}

func TestNamesOfFolders(t *testing.T) {
	for value, want := range map[string]string{
		"Acme": "Acme/aux/Acme-Acme.md", "CON": "_CON/aux/CON-CON.md", ".x": "_.x/aux/_.x-.x.md", "conin$": "_conin$/aux/conin$-conin$.md",
	} {
		parts, err := splitOf(t, "{{.client}}/aux/{{.client}}-{{.client}}.md", value)
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.ToSlash(parts[0].Path); got != want {
			t.Errorf("%q makes %s, want %s", value, got, want)
		}
	}
}

func TestValuesThatAreOneFile(t *testing.T) {
	for _, values := range [][]string{{"Acme", "ACME"}, {"a/b", "a:b"}, {"", "no client"}, {"caf\u00e9", "cafe\u0301"}, {"Stra\u00dfe", "STRASSE"},
		{strings.Repeat("x", 101), strings.Repeat("x", 102)}} {
		_, err := splitOf(t, "{{.client}}.md", append([]string{"other"}, values...)...)
		if err == nil || !strings.Contains(err.Error(), " in line 3 and ") || !strings.Contains(err.Error(), " in line 4 would be one file, ") {
			t.Errorf("%q: %v", values, err)
		}
	}
	parts, err := splitOf(t, "{{.client}}.md", "b", " a", "b", "a ")
	if err != nil {
		t.Fatal(err)
	}
	var got [][]int64
	for _, p := range parts {
		got = append(got, p.Positions)
	}
	if diff := cmp.Diff([][]int64{{1, 3}, {2, 4}}, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestTooManyFiles(t *testing.T) {
	values := make([]string, MostParts+1)
	for i := range values {
		values[i] = strconv.Itoa(i)
	}
	_, err := splitOf(t, "{{.client}}.md", values...)
	if err == nil || !strings.Contains(err.Error(), "would be more than 10000 files") {
		t.Errorf("error %v", err)
	}
}
