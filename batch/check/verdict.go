package check

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns "ok", or what to look at: `2 of 7 citations have no source; not
// in the excerpts: "…", $1,160,000`. It is empty for a row without an answer.
func (v Verdict) String() string {
	var parts []string
	if v.OK {
		parts = append(parts, "ok")
	}
	var missing []string // in the excerpts
	for _, f := range v.Findings {
		switch f.Kind {
		case Quotation, Section, Form, Amount, Percentage:
			missing = append(missing, f.examples())
			continue
		}
		if missing != nil {
			parts, missing = append(parts, notInExcerpts(missing)), nil
		}
		if v.OK && (f.Kind == NotKept || f.Kind == NoExcerpt && f.Count == f.Of) {
			parts = nil // nothing was compared: that is not ok
		}
		parts = append(parts, f.text())
	}
	if missing != nil {
		parts = append(parts, notInExcerpts(missing))
	}
	return strings.Join(parts, "; ")
}

func notInExcerpts(list []string) string { return "not in the excerpts: " + strings.Join(list, ", ") }

// text returns a finding in a few words.
func (f Finding) text() string {
	switch f.Kind {
	case Empty:
		return "empty"
	case Truncated:
		return "cut at the model's length limit"
	case Refused:
		return "refused by the service's content filter"
	case Unclear:
		return "ended for an unknown reason: " + strings.Join(f.Examples, "")
	case Unfit:
		return "does not fit the schema: " + strings.Join(f.Examples, "")
	case NoCitation:
		return "cites nothing"
	case NoSource:
		return fmt.Sprintf("%d of %d citations %s no source", f.Count, f.Of, verb(f.Count, "has", "have"))
	case NoExcerpt:
		if f.Count == f.Of {
			return "not compared: its sources came without excerpts"
		}
		return fmt.Sprintf("not compared: %d of %d citations (no excerpt)", f.Count, f.Of)
	case NotKept:
		return "not compared: its sources were not kept"
	}
	return string(f.Kind)
}

// examples returns the first of what is not in the excerpts, quotations in quotes
// and shortened.
func (f Finding) examples() string {
	const most, longest = 5, 60
	var list []string
	for _, example := range f.Examples[:min(most, len(f.Examples))] {
		if short := []rune(example); len(short) > longest {
			example = strings.TrimSpace(string(short[:longest-1])) + "…"
		}
		if f.Kind == Quotation {
			example = `"` + example + `"`
		}
		list = append(list, example)
	}
	text := strings.Join(list, ", ")
	if more := f.Count - len(list); more > 0 {
		text += " and " + strconv.Itoa(more) + " more"
	}
	return text
}

// answers says of how many answers that they have findings of the kind.
func (k Kind) answers(n int) string {
	text := string(k)
	switch k {
	case Unfit:
		text = verb(n, "does", "do") + " not fit the schema"
	case NoCitation:
		text = verb(n, "cites", "cite") + " nothing"
	case NoSource:
		text = "with citations that have no source"
	case Quotation, Percentage, Form:
		text = "with a " + text + " that is not in the excerpts"
	case Section:
		text = "with a section number that is not in the excerpts"
	case Amount:
		text = "with a dollar amount that is not in the excerpts"
	}
	return strconv.Itoa(n) + " " + text
}

// Tally lists how many answers have findings of which kind: "1 cites nothing, 2
// with a quotation that is not in the excerpts".
func Tally(by map[string]int) string {
	var parts []string
	for _, kind := range kinds {
		if n := by[string(kind)]; n > 0 {
			parts = append(parts, kind.answers(n))
		}
	}
	return strings.Join(parts, ", ")
}

func verb(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
