package report

import (
	"fmt"
	"strings"

	"bizbatch/batch"
)

// A citation is a source under the number that it has in the answer's text.
type citation struct {
	Number int    `json:"number"`
	Title  string `json:"title,omitempty"`
	URL    string `json:"url,omitempty"`
	Page   string `json:"page,omitempty"`
	NodeID string `json:"node_id"`
}

// citations returns the sources that an answer's text cites as [1], [2] and so on.
func citations(cited []batch.Source) []citation {
	list := make([]citation, len(cited)) // [] in JSON, never null
	for i, s := range cited {
		list[i] = citation{Number: i + 1, Title: s.Title(), URL: s.URL(), Page: s.Page(), NodeID: s.NodeID()}
	}
	return list
}

// listed returns the sources that are listed under an answer which cites them. Where
// none of its sources was kept there is nothing to tell of them, and the note,
// else empty, stands in their place.
func listed(a *batch.Answer, cited []batch.Source) (list []batch.Source, note string) {
	if a.Kept == batch.NoSources && len(cited) > 0 {
		return nil, "sources not kept"
	}
	return cited, ""
}

// String returns the citation on one line: "[1] title, URL, p. 12", without what is
// missing. A source that can be told by neither title nor URL shows its id.
func (c citation) String() string {
	var parts []string
	for _, part := range []string{c.Title, c.URL} {
		if part = oneLine(part); part != "" {
			parts = append(parts, part)
		}
	}
	if parts == nil {
		parts = append(parts, c.NodeID)
	}
	if page := oneLine(c.Page); page != "" {
		parts = append(parts, "p. "+page)
	}
	return fmt.Sprintf("[%d] %s", c.Number, strings.Join(parts, ", "))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// citationLines writes the cited sources one on each line.
func citationLines(cited []batch.Source) string {
	var lines []string
	for _, c := range citations(cited) {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}
