package exit

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tables of the documentation have every code with its meaning.
func TestDocumentedCodes(t *testing.T) {
	row := regexp.MustCompile(`(?m)^\| (\d+) \| (.*?) \|`)
	var want []string
	for line := range strings.Lines(Table()) {
		want = append(want, strings.TrimSpace(line))
	}
	for _, page := range []string{"README.md", "docs/nightly.md"} {
		text, err := os.ReadFile("../../" + page)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range row.FindAllStringSubmatch(string(text), -1) {
			got = append(got, m[1]+"  "+strings.ReplaceAll(m[2], "`", ""))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", page, diff)
		}
	}
}
