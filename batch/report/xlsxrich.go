package report

import (
	"regexp"
	"strings"
)

// A run is a part of a cell's text in one face.
type run struct {
	text string
	bold bool
}

var (
	mdHeading = regexp.MustCompile(`^#{1,6}[ \t]+`)
	mdItem    = regexp.MustCompile(`^([ \t]*)[-*+][ \t]+`)
	mdBold    = regexp.MustCompile(`\*\*([^\s*](?:[^*]*[^\s*])?)\*\*`)
)

// richText returns an answer's Markdown as a cell shows it: headings and strong
// words are bold, items have a bullet. What else Markdown has reads well as it is.
func richText(markdown string) (runs []run) {
	add := func(text string, bold bool) {
		switch last := len(runs) - 1; {
		case text == "":
		case last >= 0 && runs[last].bold == bold:
			runs[last].text += text
		default:
			runs = append(runs, run{text, bold})
		}
	}
	code := false
	for line := range strings.SplitAfterSeq(markdown, "\n") {
		if fenced := strings.HasPrefix(strings.TrimSpace(line), "```"); fenced || code {
			code = code != fenced
			add(line, false)
			continue
		}
		if mark := mdHeading.FindString(line); mark != "" {
			add(mdBold.ReplaceAllString(line[len(mark):], "$1"), true)
			continue
		}
		line = mdItem.ReplaceAllString(line, "$1• ")
		done := 0
		for _, m := range mdBold.FindAllStringSubmatchIndex(line, -1) {
			add(line[done:m[0]], false)
			add(line[m[2]:m[3]], true)
			done = m[1]
		}
		add(line[done:], false)
	}
	return runs
}

// runsText returns what the runs say.
func runsText(runs []run) string {
	var b strings.Builder
	for _, r := range runs {
		b.WriteString(r.text)
	}
	return b.String()
}
