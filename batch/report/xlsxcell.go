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
	days   float64
	zone   string // of a time, which days tells; the cell's format shows it
}

// richCell is a cell with an answer's Markdown.
func richCell(markdown string, look int) cell {
	runs := richText(markdown)
	c := cell{text: plainText(runs), look: look}
	if len(runs) > 1 || len(runs) == 1 && runs[0].bold {
		c.runs = runs
	}
	return c
}

// timeCell is a cell with a time where we are. Excel knows no zones.
func timeCell(t time.Time) cell {
	t = t.Local()
	_, offset := t.Zone()
	const dayOf1970 = 25_569 // in the count of days that Excel keeps
	return cell{look: dateCell, zone: t.Format("-07:00"), days: dayOf1970 + float64(t.Unix()+int64(offset))/(24*60*60)}
}

// empty reports a cell with nothing in it.
func (c cell) empty() bool { return c.text == "" && c.zone == "" }

// isNumber reports a number or a time.
func (c cell) isNumber() bool { return c.number || c.zone != "" }

// quoted reports text that Excel would read as a formula once it is edited.
func (c cell) quoted() bool { return !c.isNumber() && strings.ContainsAny(c.text[:1], "=+-@") }

// put writes a cell. The prefix is that of the sheet's elements, font that of
// the cell, as its runs repeat it.
func (c cell) put(b *strings.Builder, prefix, ref string, style int, font string) {
	switch {
	case c.zone != "":
		fmt.Fprintf(b, `<%sc r="%s" s="%d"><%[1]sv>%[4]s</%[1]sv></%[1]sc>`, prefix, ref, style, strconv.FormatFloat(c.days, 'f', 9, 64))
		return
	case c.number:
		fmt.Fprintf(b, `<%sc r="%s" s="%d"><%[1]sv>%[4]s</%[1]sv></%[1]sc>`, prefix, ref, style, c.text)
		return
	}
	fmt.Fprintf(b, `<%sc r="%s" s="%d" t="inlineStr"><%[1]sis>`, prefix, ref, style)
	text := fitCell(c.text)
	if runs := c.runs; runs != nil && len(text) == len(c.text) {
		for _, r := range runs {
			bold := ""
			if r.bold {
				bold = "<" + prefix + "b/>"
			}
			fmt.Fprintf(b, `<%[1]sr><%[1]srPr>%[2]s%[3]s</%[1]srPr>`, prefix, bold, font)
			putText(b, prefix, fitCell(r.text))
			fmt.Fprintf(b, `</%sr>`, prefix)
		}
	} else {
		putText(b, prefix, text)
	}
	fmt.Fprintf(b, `</%sis></%[1]sc>`, prefix)
}

func putText(b *strings.Builder, prefix, text string) {
	b.WriteString("<" + prefix + `t xml:space="preserve">`)
	excelText(b, text)
	b.WriteString("</" + prefix + "t>")
}
