package job_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/diff"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

// firstNight is when the first run of a checkpoint of nights begins.
var firstNight = time.Date(2026, 9, 1, 2, 0, 0, 0, time.Local)

// nights makes a checkpoint of questions Q1, Q2, … with what each night's run answered;
// an empty text: the question was not asked that night.
func nights(t testing.TB, answers ...[]string) *checkpoint.Store {
	t.Helper()
	return nightsWith(t, "{}", answers...)
}

// nightsWith makes one whose questions were asked with settings.
func nightsWith(t testing.TB, settings string, answers ...[]string) *checkpoint.Store {
	t.Helper()
	path := filepath.Join(t.TempDir(), "q.csv.bizbatch")
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	store, err := checkpoint.Open(path, checkpoint.Options{Endpoint: "https://api.example"})
	ok(err)
	for night := range answers[0] {
		now := firstNight.AddDate(0, 0, night)
		_, err := store.Import(func(yield func(checkpoint.Row, error) bool) {
			for i := range answers {
				payload := fmt.Sprintf(`{"messages": [{"role": "human", "content": "Question %d?"}]}`, i+1)
				yield(checkpoint.Row{ID: fmt.Sprintf("Q%d", i+1), Line: i + 2, Fields: fmt.Appendf(nil, `["Q%d", "Question %[1]d?"]`, i+1), Payload: []byte(payload), Subject: payload}, nil)
			}
		}, checkpoint.ImportOptions{AskUnfit: 100, Settings: []byte(settings), Input: func() []byte {
			in, _ := json.Marshal(batch.Input{Format: batch.CSV, Columns: []string{"id", "question"}})
			return in
		}})
		ok(err)
		run, _, err := store.Begin(now)
		ok(err)
		page, err := run.Claim(len(answers))
		ok(err)
		for _, q := range page {
			list := answers[q.Position-1]
			if list[night] == "" {
				continue
			}
			answer, err := json.Marshal(batch.Answer{Text: list[night], FinishReason: "stop"})
			ok(err)
			again := strings.Join(list[night+1:], "") != "" // there will be another
			ok(run.Start(q.ID, now, 24))
			ok(run.Complete(q.ID, checkpoint.Completion{Answer: answer, Cost: 240_000, Started: now, Finished: now.Add(time.Minute), Unfit: again}))
		}
		ok(run.End(now.Add(time.Hour), "finished", []byte("{}")))
	}
	ok(store.Close())
	view, err := checkpoint.View(path)
	ok(err)
	t.Cleanup(func() { ok(view.Close()) })
	return view
}

func TestDifferences(t *testing.T) {
	store := nights(t,
		[]string{"It is $5.", "", "It is $7."},
		[]string{"It is $5.", "It is $6.", ""},
		[]string{"It is $5.", "It is $6.", "It is $6."},
		[]string{"It is $5.", "The sum is $5.", "It comes to $5."},
		[]string{"It is $5.", "", ""},
		[]string{"", "", "It is $5."},
		[]string{"It is $5.", "It is $6.", "It is $5."},
	)
	for _, test := range []struct {
		name   string
		choice job.Choice
		of     string
		same   int
		want   []string
	}{
		{"since the last run", job.Choice{}, "by run 3 of 3 Sep 2026 02:00", 1,
			[]string{"Q1 v1 v2 changed $5 → $7", "Q7 v2 v3 changed $6 → $5", "Q4 v2 v3 reworded "}},
		{"by a run", job.Choice{Run: 2}, "by run 2 of 2 Sep 2026 02:00", 0,
			[]string{"Q2 v1 v2 changed $5 → $6", "Q3 v1 v2 changed $5 → $6", "Q7 v1 v2 changed $5 → $6", "Q4 v1 v2 reworded "}},
		{"by the first run", job.Choice{Run: 1}, "by run 1 of 1 Sep 2026 02:00", 0, nil},
		{"since a time", job.Choice{Since: firstNight.AddDate(0, 0, 1)}, "since 2 Sep 2026 02:00", 1,
			[]string{"Q1 v1 v2 changed $5 → $7", "Q2 v1 v2 changed $5 → $6", "Q3 v1 v3 changed $5 → $6", "Q4 v1 v3 reworded "}},
		{"since before there was any", job.Choice{Since: firstNight}, "since 1 Sep 2026 02:00", 1,
			[]string{"Q1 v1 v2 changed $5 → $7", "Q2 v1 v2 changed $5 → $6", "Q3 v1 v3 changed $5 → $6", "Q4 v1 v3 reworded "}},
		{"all", job.Choice{All: true}, "each answer with the next", 1,
			[]string{"Q1 v1 v2 changed $5 → $7", "Q2 v1 v2 changed $5 → $6", "Q3 v1 v2 changed $5 → $6", "Q7 v1 v2 changed $5 → $6", "Q7 v2 v3 changed $6 → $5", "Q4 v1 v2 reworded ", "Q4 v2 v3 reworded "}},
		{"of one question", job.Choice{ID: "Q2"}, "the last two answers", 0, []string{"Q2 v1 v2 changed $5 → $6"}},
		{"of one question by the last run", job.Choice{ID: "Q2", Run: 3}, "by run 3 of 3 Sep 2026 02:00", 0, nil},
		{"of one with one answer", job.Choice{ID: "Q5"}, "the last two answers", 0, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			all, err := job.Differences(store, test.choice)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range all.List {
				got = append(got, fmt.Sprintf("%s v%d v%d %s %s", c.Record.ID, c.Old.Number, c.New.Number, c.Class, c.Difference))
			}
			if d := cmp.Diff(test.want, got); d != "" || all.Of != test.of || all.Counts[diff.Same] != test.same {
				t.Errorf("%s, %d the same; want %s, %d\n(-want +got)\n%s", all.Of, all.Counts[diff.Same], test.of, test.same, d)
			}
		})
	}
	if _, err := job.Differences(store, job.Choice{Run: 7}); err == nil || !strings.Contains(err.Error(), "has no run 7") {
		t.Errorf("run 7: %v", err)
	}
}

// untilAnswered matches a row up to the column answered.
var untilAnswered = regexp.MustCompile(`^.*(T[0-9:]{8}[-+][0-9:]{5}|,answered)`)

// Each row of a question that was answered several times has since when its answer is
// another one, and how many there were. Without such a question there are no columns.
func TestChangedColumns(t *testing.T) {
	columns := func(store *checkpoint.Store, out string) string {
		t.Helper()
		in, err := batch.ReadInput(store)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), out)
		if err := job.Export(store, in, []string{path}, report.Options{}, false, terminal.New(io.Discard, io.Discard, terminal.Options{})); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var rows []string
		for line := range strings.Lines(string(b)) {
			rows = append(rows, untilAnswered.ReplaceAllString(strings.TrimSpace(line), ""))
		}
		return strings.Join(rows, "\n")
	}
	store := nights(t, []string{"It is $5.", "It is $7."}, []string{"It is $5.", "It comes to $5."}, []string{"It is $5.", ""})
	const want = `,changed,versions
,since 2026-09-02: $5 → $7,2
,,2
,,1`
	if got := columns(store, "a.csv"); got != want {
		t.Errorf("the last columns are %s; want %s", got, want)
	}
	if got := columns(nights(t, []string{"It is $5."}), "a.csv"); got != "\n" {
		t.Errorf("without another answer the last columns are %q", got)
	}
}

// Of structured answers the members are compared, and named; an answer that does not
// fit is compared as it is.
func TestDifferencesOfStructuredAnswers(t *testing.T) {
	store := nightsWith(t, `{"schema": {"properties": {"limit": {"type": "number"}, "allowed": {"type": "boolean"}, "why": {"type": "string"}}}}`,
		[]string{`{"limit": 1160000, "allowed": true, "why": "Section 179 allows up to $1,160,000 a year."}`, `{"allowed": false, "limit": 1250000, "why": "Under § 179 you may deduct $1,250,000 each year."}`},
		[]string{`{"limit": 5, "allowed": true, "why": "It is so."}`, "```json\n" + `{"allowed": true, "limit": 5, "why": "It is so"}` + "\n```"},
		[]string{"It is $5.", `{"limit": 7, "allowed": true, "why": "It is so."}`},
	)
	all, err := job.Differences(store, job.Choice{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range all.List {
		got = append(got, fmt.Sprintf("%s %s %s", c.Record.ID, c.Class, c.Difference))
	}
	want := []string{
		"Q1 changed limit: 1160000 → 1250000; allowed: true → false; why: $1,160,000 → $1,250,000",
		"Q3 changed gone: $5; new: 7",
	}
	if d := cmp.Diff(want, got); d != "" || all.Counts[diff.Same] != 1 {
		t.Errorf("%d the same; want 1\n(-want +got)\n%s", all.Counts[diff.Same], d)
	}
}
