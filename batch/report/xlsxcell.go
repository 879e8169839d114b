package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A cell is text, which no spreadsheet takes for a formula, a number of ours, or
// a time.
type cell struct {
	text   string
	runs   []run // the same text in more than one face; nil: it has one
	look   int
	link   string // where it leads: a URL, or a place in the workbook after #
	number bool   // text is one
	truth  bool   // text is true or false
	days   float64
	zone   string // of a time, which days tells; the cell's format shows it
}

// richCell returns a cell with an answer's Markdown.
func richCell(markdown string, look int) cell {
	runs := richText(markdown)
	c := cell{text: runsText(runs), look: look}
	if len(runs) > 1 || len(runs) == 1 && runs[0].bold {
		c.runs = runs
	}
	return c
}

// timeCell returns a cell with a time where we are. Excel knows no zones.
func timeCell(t time.Time) cell {
	t = t.Local()
	_, offset := t.Zone()
	const dayOf1970 = 25_569 // in the count of days that Excel keeps
	return cell{look: dateCell, zone: t.Format("-07:00"), days: dayOf1970 + float64(t.Unix()+int64(offset))/(24*60*60)}
}

// empty reports whether a cell has nothing in it.
func (c cell) empty() bool { return c.text == "" && c.zone == "" }

// isNumber reports whether a cell is a number or a time.
func (c cell) isNumber() bool { return c.number || c.truth || c.zone != "" }

// quoted reports whether a cell is text that Excel would read as a formula once it
// is edited.
func (c cell) quoted() bool {
	return !c.isNumber() && c.text != "" && strings.ContainsAny(c.text[:1], "=+-@")
}

// put writes a cell. Its runs repeat the cell's font.
func (c cell) put(b *strings.Builder, ref string, style int, font string) {
	switch {
	case c.zone != "":
		fmt.Fprintf(b, `<c r="%s" s="%d"><v>%s</v></c>`, ref, style, strconv.FormatFloat(c.days, 'f', 9, 64))
		return
	case c.truth:
		fmt.Fprintf(b, `<c r="%s" s="%d" t="b"><v>%d</v></c>`, ref, style, strings.Count(c.text, "true"))
		return
	case c.number:
		fmt.Fprintf(b, `<c r="%s" s="%d"><v>%s</v></c>`, ref, style, c.text)
		return
	}
	fmt.Fprintf(b, `<c r="%s" s="%d" t="inlineStr"><is>`, ref, style)
	if text := fitCell(c.text); c.runs == nil || len(text) != len(c.text) {
		putText(b, text)
	} else {
		for _, r := range c.runs {
			bold := ""
			if r.bold {
				bold = "<b/>"
			}
			b.WriteString(`<r><rPr>` + bold + font + `</rPr>`)
			putText(b, fitCell(r.text))
			b.WriteString(`</r>`)
		}
	}
	b.WriteString(`</is></c>`)
}

func putText(b *strings.Builder, text string) {
	b.WriteString(`<t xml:space="preserve">`)
	excelText(b, text)
	b.WriteString(`</t>`)
}
