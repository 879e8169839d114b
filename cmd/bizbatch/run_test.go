package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The earlier of --until and --max-duration ends a run.
func TestTheEarlierEndCounts(t *testing.T) {
	now := time.Date(2026, 11, 24, 22, 0, 0, 0, time.Local)
	six := time.Date(2026, 11, 25, 6, 0, 0, 0, time.Local)
	for _, tt := range []struct {
		name string
		cmd  runCmd
		end  time.Time
		over bool
	}{
		{"neither", runCmd{}, time.Time{}, false},
		{"a time of day", runCmd{Until: "06:00"}, six, false},
		{"a duration", runCmd{MaxDuration: time.Hour}, now.Add(time.Hour), false},
		{"a duration that ends earlier", runCmd{Until: "06:00", MaxDuration: time.Hour}, now.Add(time.Hour), false},
		{"a duration that ends later", runCmd{Until: "06:00", MaxDuration: 10 * time.Hour}, six, false},
		{"a time of day that is over", runCmd{Until: "20:00", MaxDuration: time.Hour}, now.Add(-2 * time.Hour), true},
		{"the shortest duration", runCmd{MaxDuration: 1}, now.Add(1), false},
	} {
		if end, reopens, err := tt.cmd.window(now); err != nil || !end.Equal(tt.end) || reopens.IsZero() == tt.over {
			t.Errorf("%s: until %v, again %v, %v; want %v, %v", tt.name, end, reopens, err, tt.end, tt.over)
		}
	}
}

func TestPrivateWords(t *testing.T) {
	for content, want := range map[string]string{
		"\ufeffMiller & Sons\r\n\n# a comment\n  Smith  ": `["Miller & Sons" "Smith"]`,
		"":          `[]`,
		"M\xfcller": "is not UTF-8; nothing was sent",
	} {
		c := runCmd{PrivateWords: filepath.Join(t.TempDir(), "words.txt")}
		if err := os.WriteFile(c.PrivateWords, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		words, err := c.privateWords()
		got := fmt.Sprintf("%q", words)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasSuffix(got, want) {
			t.Errorf("%q: %s, want %s", content, got, want)
		}
	}
}
