package report_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	irc  = "0b3c8f1e-5a3d-4c59-9d7e-2f6a1b7c8d90"
	bill = "7d444840-9dc0-11d1-b245-5ffdce74fad2"
	lost = "ffffffff-0000-4000-8000-0123456789ab"
)

// homeOffice is an answer with everything that can arrive.
var homeOffice = &batch.Answer{
	Text: "**Yes**, if used \"regularly\" & exclusively [" + irc + "][" + bill + "].\n\n- See also [" + lost + "], [" + irc + "]",
	Sources: []batch.Source{
		{
			"node_id": json.RawMessage(`"` + bill + `"`), "tool": json.RawMessage(`"taxes_federal_bills"`),
			"metadata": json.RawMessage(`{"file_name":"H.R. 1,\n  One Big Bill","file_path":"https://example.com/hr1.pdf?a=1&b=2","page":12}`),
			"score":    json.RawMessage(`0.90`),
		},
		{"node_id": json.RawMessage(`"` + irc + `"`), "title": json.RawMessage(`"26 U.S.C. § 280A"`), "text": json.RawMessage(`"(c) <certain> uses"`)},
		{"node_id": json.RawMessage(`"00000000-0000-4000-8000-000000000000"`), "title": json.RawMessage(`"never cited"`)},
	},
	Suggestions:  []string{"What is \"regular\" use?"},
	Summary:      "The answer rests on § 280A.",
	Steps:        []json.RawMessage{json.RawMessage(`{"title": "Planning", "status": "completed"}`)},
	Usage:        json.RawMessage(`{"total_tokens": 1200}`),
	Metadata:     json.RawMessage(`{"tokens_used": 1200}`),
	Other:        []json.RawMessage{json.RawMessage(`{"type": "news"}`)},
	Model:        "bizora-1.0",
	FinishReason: "stop",
	RequestID:    "req-1",
	ThreadID:     "thread-1",
}

// outcomes are rows of every kind, without their fields.
func outcomes() []batch.Record {
	asked := time.Date(2026, 9, 1, 23, 30, 0, 123456789, time.FixedZone("UTC-5", -5*3600))
	return []batch.Record{
		{
			ID: "home", Line: 2, Status: batch.Answered, Answer: homeOffice, Attempts: 2, Seconds: 99.05123,
			Cost: 150 * batch.Cent, Started: asked, Finished: asked.Add(99051 * time.Millisecond),
		},
		{
			ID: "2", Line: 5, Status: batch.Truncated, Attempts: 1, Seconds: 4, Cost: 24 * batch.Cent,
			Answer: &batch.Answer{Text: "It depe", FinishReason: "length"},
		},
		{ID: "gift", Line: 6, Status: batch.Failed, Error: "400 invalid_request: too long\nsee the docs", Attempts: 3},
		{ID: "late", Line: 7, Status: batch.Pending},
		{ID: "5", Line: 8, Status: batch.Skipped, Error: "no question"},
	}
}

func records(fields ...string) []batch.Record {
	recs := outcomes()
	for i := range recs {
		recs[i].Fields = json.RawMessage(fields[i])
	}
	return recs
}

var (
	csvRows = records(
		`["home","Can I deduct\r\na home office?"," first, ","x"]`,
		`["","How much; and when?","\\.",""]`,
		`["gift","Is a \"gift\" taxed?","",""]`,
		`["late","When?","-",""]`,
		`["","","",""]`,
	)
	jsonlRows = records(
		`{"id":"home","question":"Can I <deduct>?","year":2.50e3,"tags":["a", {"b": null}]}`,
		`{"question":"How much\u00a7?","id":null}`,
		`{"id":"gift","question":"Is a gift taxed?"}`,
		`{"id":"late","question":"When?","Answer":"none yet"}`,
		`{}`,
	)
)

// inNewYork has the test run where clocks show 5 hours less than UTC.
func inNewYork(t *testing.T) {
	before := time.Local
	time.Local = time.FixedZone("EST", -5*60*60)
	t.Cleanup(func() { time.Local = before })
}

// TestGolden shows every file that this package writes, for every kind of row.
// Run it with -update after a change, and read the difference.
func TestGolden(t *testing.T) {
	inNewYork(t)
	fromCSV := batch.Input{Format: batch.CSV, Columns: []string{"id", "Question", "Notes", ""}}
	semicolons := fromCSV
	semicolons.Delimiter, semicolons.BOM = ";", true
	fromJSONL := batch.Input{Format: batch.JSONL, Columns: []string{"id", "question", "year", "tags", "Answer"}}
	for name, test := range map[string]struct {
		in   batch.Input
		rows []batch.Record
	}{
		"csv-to.csv":            {fromCSV, csvRows},
		"csv-to.tsv":            {fromCSV, csvRows},
		"csv-to.jsonl":          {fromCSV, csvRows},
		"semicolons-bom-to.csv": {semicolons, csvRows},
		"jsonl-to.csv":          {fromJSONL, jsonlRows},
		"jsonl-to.jsonl":        {fromJSONL, jsonlRows},
		"csv-to.md":             {fromCSV, csvRows},
		"jsonl-to.md":           {fromJSONL, jsonlRows},
		"no-rows.csv":           {fromCSV, nil},
		"no-rows.jsonl":         {fromCSV, nil},
	} {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", name)
			got := written(t, name, test.in, test.rows...)
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(read(t, golden), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", golden, diff)
			}
		})
	}
}
