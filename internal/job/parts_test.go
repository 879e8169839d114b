package job

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bizbatch/batch"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/internal/terminal"
)

// marked is an answer with a mark in everything that can arrive.
func marked(mark string) []byte {
	raw := func() json.RawMessage { return json.RawMessage(fmt.Sprintf("%q", mark)) }
	const id = "0b3c8f1e-5a3d-4c59-9d7e-2f6a1b7c8d90"
	b, err := json.Marshal(batch.Answer{
		Text: "# " + mark + "\n\n```" + mark + "\n" + mark + "\n```\n\n[" + mark + "](https://x.example/" + mark + ") <!-- " + mark + " [" + id + "]",
		Sources: []batch.Source{{"node_id": json.RawMessage(`"` + id + `"`), "title": raw(), "url": json.RawMessage(`"https://x.example/` + mark + `"`),
			"text": raw(), "tool": raw(), "page_label": raw(), "metadata": json.RawMessage(`{"m":` + string(raw()) + `}`)}},
		Suggestions: []string{mark}, Summary: mark, Steps: []json.RawMessage{raw()}, Usage: raw(), Metadata: raw(), Other: []json.RawMessage{raw()},
		Extra: map[string][]json.RawMessage{mark: {raw()}}, Reasoning: mark, Model: mark, FinishReason: "stop", RequestID: mark, ThreadID: mark,
	})
	if err != nil {
		panic(err)
	}
	return b
}

// clients is a checkpoint with rows of two clients: an answer and a failure of
// each.
func clients(t *testing.T, format batch.Format) (*checkpoint.Store, batch.Input) {
	t.Helper()
	store, err := checkpoint.Open(filepath.Join(t.TempDir(), "q.bizbatch"), checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	in := batch.Input{Format: format, Columns: []string{"id", "client", "question", "note"}}
	var questions []batch.Question
	marks := []string{"markofacme", "markofbaker", "markofacme", "markofbaker"}
	for i, mark := range marks {
		fields := fmt.Sprintf(`["%s%d",%q,"%s %d",%q]`, mark, i, mark, mark, i, mark)
		if format == batch.JSONL {
			fields = fmt.Sprintf(`{"id":"%s%d","client":%q,"question":"%s %d",%q:%q}`, mark, i, mark, mark, i, "only "+mark, mark)
		}
		questions = append(questions, batch.Question{ID: fmt.Sprint(mark, i), Line: i + 2, Text: fmt.Sprint(mark, " ", i), Fields: json.RawMessage(fields)})
	}
	if format == batch.JSONL {
		in.Columns = []string{"id", "client", "question", "only markofacme", "only markofbaker"}
	}
	all := func(yield func(batch.Question, error) bool) {
		for _, q := range questions {
			if !yield(q, nil) {
				return
			}
		}
	}
	if _, err := batch.Import(store, iter.Seq2[batch.Question, error](all), batch.ImportOptions{Input: func() batch.Input { return in }}); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
	run, _, err := store.Begin(now)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := run.Claim(len(marks))
	if err != nil || len(requests) != len(marks) {
		t.Fatal(requests, err)
	}
	for i, r := range requests {
		if err := run.Start(r.ID, now, 24); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			err = run.Complete(r.ID, checkpoint.Completion{Answer: marked(marks[i]), Attempts: 1, Cost: int64(24 * batch.Cent), Started: now, Finished: now.Add(time.Minute)})
		} else {
			err = run.Fail(r.ID, checkpoint.Fault{Reason: marks[i], Message: marks[i], Attempts: 1, Started: now, Finished: now.Add(time.Minute)})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := run.End(now, "finished", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	return store, in
}

// TestAClientsFileHoldsNothingOfAnothers looks for marks of one client in all
// that is in the files of the other.
func TestAClientsFileHoldsNothingOfAnothers(t *testing.T) {
	for _, format := range []batch.Format{batch.CSV, batch.JSONL} {
		store, in := clients(t, format)
		folder := t.TempDir()
		var outs []string
		for _, f := range report.Formats {
			outs = append(outs, filepath.Join(folder, "{{.client}}"+f.Extensions[0]))
		}
		if err := Export(store, in, outs, report.Options{}, false, terminal.New(io.Discard, io.Discard, terminal.Options{})); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(folder)
		if err != nil || len(files) != 2*len(report.Formats) {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			mine, other := "markofacme", "markofbaker"
			if strings.HasPrefix(f.Name(), other) {
				mine, other = other, mine
			}
			info, err := f.Info()
			if err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%s: mode %v, %v", f.Name(), info.Mode(), err)
			}
			found := 0
			for name, content := range contents(t, filepath.Join(folder, f.Name())) {
				found += strings.Count(content, mine)
				if at := strings.Index(content, other); at >= 0 {
					t.Errorf("%s from %s: %s tells of the other: %.200s", f.Name(), format, name, content[max(0, at-100):])
				}
			}
			if found < 6 {
				t.Errorf("%s from %s: it holds %d marks of its own", f.Name(), format, found)
			}
		}
	}
}

// contents are those of a file, or of the parts of one that is a ZIP file.
func contents(t *testing.T, path string) map[string]string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return map[string]string{"it": string(b)}
	}
	defer z.Close()
	parts := map[string]string{"the comment": z.Comment}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		parts[f.Name] = f.Name + f.Comment + string(b)
	}
	return parts
}

// The figures of a part, and of the groups beside the whole, are those of its
// rows.
func TestFiguresOfAPart(t *testing.T) {
	store, in := clients(t, batch.CSV)
	outs, of, err := split(store, in, []string{"all.xlsx", "{{.client}}.md"})
	if err != nil {
		t.Fatal(err)
	}
	groups, err := groupsOf(store, outs, of)
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(groups)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"output":"markofacme.md","values":[{"column":"client","value":"markofacme"}],"rows":2,"answered":1,"failed":1,"pending":0,"spent":0.24},` +
		`{"output":"markofbaker.md","values":[{"column":"client","value":"markofbaker"}],"rows":2,"answered":1,"failed":1,"pending":0,"spent":0.24}]`
	if string(got) != want {
		t.Errorf("groups are %s, want %s", got, want)
	}
	path := filepath.Join(t.TempDir(), "all.xlsx")
	if err := Export(store, in, []string{path, filepath.Join(filepath.Dir(path), "{{.client}}.md")}, report.Options{}, false, terminal.New(io.Discard, io.Discard, terminal.Options{})); err != nil {
		t.Fatal(err)
	}
	run := contents(t, path)["xl/worksheets/sheet3.xml"]
	if !strings.Contains(run, "Answers by client") || strings.Count(run, "markofacme.md") != 1 {
		t.Errorf("the sheet Run is %s", run)
	}
}
