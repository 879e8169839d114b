package report

import (
	"bufio"
	_ "embed"
	"html/template"

	"bizbatch/batch"
	"bizbatch/batch/diff"
)

//go:embed page/differences.css
var differencesCSS string

//go:embed page/differences.gohtml
var differencesText string

var differencesPage = template.Must(template.New("differences").Parse(differencesText))

// differencesPolicy lets the page run nothing, and load nothing from anywhere.
const differencesPolicy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

// compareHTML writes a page with the answers side by side, their different words marked.
func compareHTML(b *bufio.Writer, _ string, in batch.Input, all *Comparisons, _ Options) error {
	head := struct {
		Title, Policy, Summary string
		CSS                    template.CSS
		Sandbox                string
		List                   []pageComparison
	}{Title: all.title(), Policy: differencesPolicy, Summary: all.summary(), CSS: template.CSS(pageCSS + differencesCSS)}
	if all.Sandbox {
		head.Sandbox = rehearsed
	}
	rows, question := rowReader{in}, questionColumn(in)
	for i := range all.List {
		c := &all.List[i]
		asked, fields, _, err := fieldsOf(rows, question, c.Record)
		if err != nil {
			return err
		}
		p := pageComparison{
			Number: i + 1, ID: c.Record.ID, Class: c.Class, Question: asked, Line: shortened(oneLine(asked), longestLine), Fields: fields, What: c.What(),
			Sides: [2]pageSide{{Title: "before", When: clock(c.Old.Finished), Gone: true}, {Title: "now", When: clock(c.New.Finished)}},
		}
		for _, e := range c.edits(2) {
			p.Sides[0].add(e.Old, e.Equal)
			p.Sides[1].add(e.New, e.Equal)
		}
		p.Sides[0].Sources, p.Sides[1].Sources = c.Was.Sources, c.Is.Sources
		head.List = append(head.List, p)
	}
	return differencesPage.Execute(b, head)
}

// A pageComparison is a comparison as the page shows it.
type pageComparison struct {
	Number             int
	ID, Question, Line string
	Class              diff.Class
	Fields             []field
	What               []string
	Sides              [2]pageSide
}

// A pageSide is one of two answers.
type pageSide struct {
	Title, When string
	Gone        bool // what is marked is not in the newer answer
	Parts       []pagePart
	Sources     []string
}

type pagePart struct {
	Text   string
	Marked bool
}

func (s *pageSide) add(text string, equal bool) {
	if text != "" {
		s.Parts = append(s.Parts, pagePart{text, !equal})
	}
}
