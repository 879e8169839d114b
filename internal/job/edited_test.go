package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An edited file gets a name that is free, and that a system takes, however long
// its own is.
func TestKeepFindsAName(t *testing.T) {
	dir := t.TempDir()
	now := time.Date(2026, 11, 25, 15, 30, 0, 0, time.UTC)
	long := strings.Repeat("税", 79) + ".answers.xlsx" // 250 bytes
	for _, tt := range []struct{ name, want string }{
		{"q.answers.xlsx", "q.answers.edited-2026-11-25-153000.xlsx"},
		{"q.answers.xlsx", "q.answers.edited-2026-11-25-153000-2.xlsx"},
		{"q.answers.xlsx", "q.answers.edited-2026-11-25-153000-3.xlsx"},
		{long, strings.Repeat("税", 75) + ".edited-2026-11-25-153000.xlsx"},
	} {
		path := filepath.Join(dir, tt.name)
		if err := os.WriteFile(path, []byte(tt.want), 0o600); err != nil {
			t.Fatal(err)
		}
		kept, err := keep(path, now)
		if err != nil || filepath.Base(kept) != tt.want {
			t.Errorf("%s became %s, %v, want %s", tt.name, filepath.Base(kept), err, tt.want)
			continue
		}
		if b, err := os.ReadFile(kept); string(b) != tt.want {
			t.Errorf("%s holds %q, %v", kept, b, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}
