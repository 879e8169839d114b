package report_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/batch"
	"bizbatch/batch/report"
)

// openAI writes rows as OpenAI's Batch API does.
func openAI(t *testing.T, status batch.Status, recs ...batch.Record) []string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.jsonl")
	write(t, path, oneColumn, report.Options{OpenAIBatch: true, Status: status}, recs...)
	return strings.Split(strings.TrimSuffix(read(t, path), "\n"), "\n")
}

func TestOpenAIBatchFile(t *testing.T) {
	recs := records(`["a"]`, `["b"]`, `["c"]`, `["d"]`, `["e"]`)
	want := []string{
		`{"id":"batch_req_2","custom_id":"home","response":{"status_code":200,"request_id":"req-1","body":{"id":"chatcmpl-req-1","object":"chat.completion","created":1788323499,"model":"bizora-1.0","choices":[{"index":0,"message":{"role":"assistant","content":"**Yes**, if used \"regularly\" & exclusively [1][2].\n\n- See also [3], [1]","refusal":null,"annotations":[` +
			`{"type":"url_citation","url_citation":{"start_index":43,"end_index":46,"url":"","title":"26 U.S.C. § 280A"}},` +
			`{"type":"url_citation","url_citation":{"start_index":46,"end_index":49,"url":"https://example.com/hr1.pdf?a=1&b=2","title":"H.R. 1,\n  One Big Bill"}},` +
			`{"type":"url_citation","url_citation":{"start_index":63,"end_index":66,"url":"","title":""}},` +
			`{"type":"url_citation","url_citation":{"start_index":68,"end_index":71,"url":"","title":"26 U.S.C. § 280A"}}` +
			`]},"logprobs":null,"finish_reason":"stop"}],"usage":{"total_tokens":1200}}},"error":null}`,
		`{"id":"batch_req_5","custom_id":"2","response":{"status_code":200,"request_id":"","body":{"id":"chatcmpl-","object":"chat.completion","created":0,"model":"","choices":[{"index":0,"message":{"role":"assistant","content":"It depe","refusal":null,"annotations":[]},"logprobs":null,"finish_reason":"length"}],"usage":null}},"error":null}`,
	}
	if diff := cmp.Diff(want, openAI(t, "", recs...)); diff != "" {
		t.Errorf("output file (-want +got):\n%s", diff)
	}
	want = []string{`{"id":"batch_req_6","custom_id":"gift","response":null,"error":{"code":"failed","message":"400 invalid_request: too long\nsee the docs"}}`}
	if diff := cmp.Diff(want, openAI(t, batch.Failed, recs...)); diff != "" {
		t.Errorf("error file (-want +got):\n%s", diff)
	}
}

// TestAnnotationsSayWhereInCharacters has a character of two UTF-16 units and
// four bytes before the citation: OpenAI's indexes count it once.
func TestAnnotationsSayWhereInCharacters(t *testing.T) {
	rec := asked("q", "\U0001F4B0 not [1] or [7] but ["+irc+"]")
	var line struct {
		Response struct {
			Body struct {
				Choices []struct {
					Message struct {
						Content     string
						Annotations []struct {
							URLCitation struct {
								Start int `json:"start_index"`
								End   int `json:"end_index"`
							} `json:"url_citation"`
						}
					}
				}
			}
		}
	}
	if err := json.Unmarshal([]byte(openAI(t, "", rec)[0]), &line); err != nil {
		t.Fatal(err)
	}
	m := line.Response.Body.Choices[0].Message
	if len(m.Annotations) != 1 {
		t.Fatalf("%d annotations", len(m.Annotations))
	}
	at := m.Annotations[0].URLCitation
	if got := string([]rune(m.Content)[at.Start:at.End]); got != "[1]" {
		t.Errorf("the annotation is about %q", got)
	}
}

func TestOnlySomeRowsAreKept(t *testing.T) {
	recs := records(`["a"]`, `["b"]`, `["c"]`, `["d"]`, `["e"]`)
	recs[2].Finished = recs[0].Finished.Add(1)
	for name, test := range map[string]struct {
		o    report.Options
		want string
	}{
		"all":      {report.Options{}, "abcde"},
		"answered": {report.Options{Status: batch.Answered}, "ab"},
		"failed":   {report.Options{Status: batch.Failed}, "c"},
		"pending":  {report.Options{Status: batch.Pending}, "d"},
		"since":    {report.Options{Since: recs[0].Finished}, "ac"},
		"both":     {report.Options{Since: recs[2].Finished, Status: batch.Answered}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.tsv")
			write(t, path, oneColumn, test.o, recs...)
			got := ""
			for _, q := range "abcde" {
				if strings.Contains(read(t, path), "\n"+string(q)+"\t") {
					got += string(q)
				}
			}
			if got != test.want {
				t.Errorf("kept %s, want %s", got, test.want)
			}
		})
	}
}
