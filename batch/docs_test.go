package batch_test

import (
	"os"
	"strings"
	"testing"
)

// TestDocsShowTheAsker compares docs/go.md with the example that is run.
func TestDocsShowTheAsker(t *testing.T) {
	source, err := os.ReadFile("example_asker_test.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/go.md")
	if err != nil {
		t.Fatal(err)
	}
	_, asker, _ := strings.Cut(string(source), "// A service answers")
	asker, _, _ = strings.Cut(asker, "// This Asker")
	if asker = strings.TrimSpace(asker); asker == "" || !strings.Contains(string(page), asker) {
		t.Errorf("docs/go.md does not show:\n%s", asker)
	}
}
