// Package check finds what somebody should look at before relying on an answer.
//
// The normal case is
//
//	verdict := check.Record(rec)
//	fmt.Println(verdict) // ok, or what to look at
//
// It compares an answer with the excerpts that came with it, and with nothing
// else. An excerpt is a part of its source: what is not in the excerpts may well
// be in the source, and a verdict never says more than that. The same answer
// always gets the same verdict.
package check

import (
	"cmp"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/internal/figure"
)

// A Kind is a kind of finding.
type Kind string

// The kinds, in the order in which a verdict tells them. The first four are those
// of [batch.Answer.Status].
const (
	Empty     = Kind(batch.Empty)        // the answer has no text
	Truncated = Kind(batch.Truncated)    // it was cut at the model's length limit
	Refused   = Kind(batch.Refused)      // the service's content filter ended it
	Unclear   = Kind(batch.EndedUnclear) // it ended for a reason that is not known

	Unfit Kind = "unfit" // it does not fit the schema that it was asked to fit

	NoCitation Kind = "no_citation" // it cites nothing
	NoSource   Kind = "no_source"   // citations whose source did not arrive

	// What is not in the excerpts. A quotation is looked for in those of all
	// sources that the answer cites, the others in those that their sentence cites.
	Quotation  = Kind("quotation")
	Section    = Kind(figure.Section)
	Form       = Kind(figure.Form)
	Amount     = Kind(figure.Amount)
	Percentage = Kind(figure.Percentage)

	// Notes: what could not be compared. There is nothing to look at for that.
	NoExcerpt Kind = "no_excerpt" // cited sources that came without an excerpt
	NotKept   Kind = "not_kept"   // the run kept no sources
)

// kinds are all of them, in their order.
var kinds = []Kind{Empty, Truncated, Refused, Unclear, Unfit, NoCitation, NoSource, Quotation, Section, Form, Amount, Percentage, NoExcerpt, NotKept}

// isNote reports whether there is nothing to look at for findings of the kind.
func (k Kind) isNote() bool { return k == NoExcerpt || k == NotKept }

// A Finding is what a verdict says of one kind.
type Finding struct {
	Kind Kind `json:"kind"`
	// Count is how many there are; equal ones count once. Of is the number of all
	// citations, for the kinds that say "2 of 7 citations".
	Count int `json:"count"`
	Of    int `json:"of,omitempty"`
	// Examples are the first of them, as they stand in the answer.
	Examples []string `json:"examples,omitempty"`
}

// A Verdict is the result of checking an answer. The zero value is the verdict of a
// row without an answer.
type Verdict struct {
	// OK says that there is nothing to look at.
	OK       bool      `json:"ok"`
	Findings []Finding `json:"findings"`
}

// Kinds returns the kinds of what there is to look at.
func (v Verdict) Kinds() (list []string) {
	for _, f := range v.Findings {
		if !f.Kind.isNote() {
			list = append(list, string(f.Kind))
		}
	}
	return list
}

// Record checks the answer of a row. A row without one has the zero verdict.
func Record(rec batch.Record) Verdict {
	if rec.Answer == nil {
		return Verdict{}
	}
	return of(cmp.Or(rec.Plain, rec.Answer), batch.Asked(rec.Payload), rec.Unfit)
}

// Kinds returns the kinds of what to look at in the answer to a request, for
// [batch.Options].
func Kinds(a *batch.Answer, payload []byte) []string { return Of(a, batch.Asked(payload)).Kinds() }

// Of checks an answer. What the question says, asked, is not looked for: it is no
// claim of the answer.
func Of(a *batch.Answer, asked string) Verdict { return of(a, asked, "") }

func of(a *batch.Answer, asked, unfit string) Verdict {
	c := &checker{found: map[Kind]*Finding{}, seen: map[claim]bool{}}
	if s := a.Status(); s != batch.Answered {
		c.count(Kind(s), figure.Clean(a.FinishReason), "")
	}
	if unfit != "" {
		c.count(Unfit, figure.Clean(unfit), "")
	}
	text, cited, marks := a.Numbered()
	c.asked = newExcerpt("", asked)
	for _, s := range cited {
		c.sources = append(c.sources, read.excerpt(strings.Join(s.Names(), "\n"), s.Excerpt()))
	}
	for _, b := range blocks(text, c.citations(a, text, cited, marks)) {
		c.quotations(&b)
		c.figures(&b)
	}
	return c.verdict()
}

// A claim is what is counted once.
type claim struct {
	kind Kind
	key  string
}

// A checker collects the findings of one answer.
type checker struct {
	asked   *excerpt
	sources []*excerpt // by their numbers, less one
	mute    bool       // one of them came without an excerpt, or not at all
	found   map[Kind]*Finding
	seen    map[claim]bool
}

// examples is the maximum number of examples of a finding.
const examples = 10

// count counts what was found. What has the same key counts once.
func (c *checker) count(kind Kind, example, key string) {
	claim := claim{kind, key}
	if c.seen[claim] {
		return
	}
	c.seen[claim] = true
	f := c.found[kind]
	if f == nil {
		f = &Finding{Kind: kind}
		c.found[kind] = f
	}
	if f.Count++; example != "" && len(f.Examples) < examples {
		f.Examples = append(f.Examples, example)
	}
}

func (c *checker) verdict() Verdict {
	v := Verdict{OK: true, Findings: []Finding{}}
	for _, kind := range kinds {
		if f := c.found[kind]; f != nil {
			v.Findings = append(v.Findings, *f)
			v.OK = v.OK && kind.isNote()
		}
	}
	return v
}
