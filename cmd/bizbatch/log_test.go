//go:build unix

package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bizbatch/docs"
	"bizbatch/internal/sandbox"
)

// The manual names every key of the JSON log, and none that is not there.
func TestLogKeysAreDocumented(t *testing.T) {
	documented := documentedKeys(t)
	script, err := sandbox.ParseScript([]byte(`{"rules": [
		{"match": "Question 1\\?", "times": 1, "status": 429, "retry_after": "1"}, {"match": "Question 2\\?", "status": 422},
		{"match": "Question 3\\?", "times": 1, "status": 500}, {"match": "Question 4\\?", "times": 1, "cut_after_chunks": 3}]}`))
	if err != nil {
		t.Fatal(err)
	}
	balance := 0.24 * 7
	v := served(t, sandbox.Options{Shape: sandbox.Short, Script: script, Balance: &balance})
	if err := writeRows(v.path("q.csv"), 8); err != nil {
		t.Fatal(err)
	}
	cmd := v.command("run", "--log-format", "json", "--log-interval", "10ms", "q.csv")
	var log bytes.Buffer
	cmd.Stderr = &log
	_ = cmd.Run() // it stops for money
	seen := map[string]bool{}
	for line := range strings.Lines(log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		event, _ := record["event"].(string)
		for _, key := range []string{"time", "level", "msg", "event"} {
			delete(record, key)
		}
		keys := slices.Sorted(maps.Keys(record))
		if event == "progress" { // keys that are not always there
			keys = slices.Compact(slices.Sorted(slices.Values(append(keys, "seconds_left", "note"))))
		}
		if diff := cmp.Diff(documented[event], keys); diff != "" {
			t.Errorf("event %q (-manual +log):\n%s", event, diff)
		}
		seen[event] = true
	}
	for _, event := range []string{"plan", "progress", "failed", "again", "pause", "stopping", "finished", "error"} {
		if !seen[event] {
			t.Errorf("no event %s was logged:\n%s", event, log.String())
		}
	}
}

// documentedKeys are the keys in the manual's list, by event, sorted.
func documentedKeys(t *testing.T) map[string][]string {
	t.Helper()
	page, ok := docs.Page("nightly")
	_, list, listed := strings.Cut(page, "\n- `plan`: ")
	if !ok || !listed {
		t.Fatal("the manual has no list of keys")
	}
	list, _, _ = strings.Cut("`plan`: "+list, "\n\n")
	word := regexp.MustCompile("`([a-z_]+)`")
	documented := map[string][]string{}
	for item := range strings.SplitSeq(list, "\n- ") {
		events, text, _ := strings.Cut(item, ": ")
		text, _, _ = strings.Cut(text, "; in a quiet run")
		var keys []string
		for _, m := range word.FindAllStringSubmatch(text, -1) {
			keys = append(keys, m[1])
		}
		slices.Sort(keys)
		for _, m := range word.FindAllStringSubmatch(events, -1) {
			documented[m[1]] = keys
		}
	}
	return documented
}
