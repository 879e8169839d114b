// Package diff says what is different between two answers to the same question.
//
// The normal case is
//
//	d := diff.Compare(diff.Of(old), diff.Of(new))
//	fmt.Println(d.Class, d) // changed $1,160,000 → $1,250,000
//
// What counts are the facts that an answer states: figures, dates, section numbers,
// forms, authorities and negations, each however it is spelled. How an answer is
// worded, and in which order, does not count. A change that lies in other words
// alone, such as "fully" for "partly", is not seen: it is called reworded. The same
// two answers always get the same result.
package diff

import (
	"cmp"
	"strings"

	"bizbatch/batch"
	"bizbatch/batch/internal/figure"
)

// A Class says how much is different.
type Class string

// The classes. A list of sources that is another one is never Same, since it is to be
// seen, and never Changed on its own: which excerpts a search finds varies from day
// to day, and the answer says what it said.
const (
	Same     Class = "same"     // the text but for white space, punctuation and case
	Reworded Class = "reworded" // the same facts
	Changed  Class = "changed"  // some fact is another one
)

// An Answer is what is compared of an answer.
type Answer struct {
	Text    string // Markdown, without citations
	Status  batch.Status
	Sources []string // the names of those that it cites; nil: not known
	Fields  []Field  // its members, if it was asked for by a schema; then Text is not compared
}

// A Field is a member of an answer.
type Field struct{ Name, Value string }

// Of returns what is compared of an answer.
func Of(a *batch.Answer) Answer {
	text, cited, marks := a.Numbered()
	var b strings.Builder
	done := 0
	for _, m := range marks {
		b.WriteString(strings.TrimRight(text[done:m.Begin], " "))
		done = m.End
	}
	b.WriteString(text[done:])
	of := Answer{Text: b.String(), Status: a.Status()}
	if a.Kept != batch.NoSources {
		of.Sources = []string{}
		for _, s := range cited {
			of.Sources = append(of.Sources, cmp.Or(s.Title(), s.URL(), s.NodeID()))
		}
	}
	return of
}

// A Kind is what a change is about.
type Kind string

// The kinds.
const (
	Section    = Kind(figure.Section)
	Form       = Kind(figure.Form)
	Amount     = Kind(figure.Amount)
	Percentage = Kind(figure.Percentage)
	Number     = Kind("number")
	Date       = Kind("date")
	Authority  = Kind("authority")
	Negation   = Kind("negation")
	Value      = Kind("field")  // of a field that is no prose
	Status     = Kind("status") // how the answer ended
	Source     = Kind("source") // alone it changes nothing
)

// A Change is one fact that is another one, that is new or gone.
type Change struct {
	Kind  Kind   `json:"kind"`
	Field string `json:"field,omitempty"`
	Old   string `json:"old,omitempty"` // as it stands in the answer; empty: there is none
	New   string `json:"new,omitempty"`
}

// String returns the change as people read it: "$1,160,000 → $1,250,000".
func (c Change) String() string {
	text := c.Old + " → " + c.New
	what := ""
	if c.Kind == Authority || c.Kind == Source {
		what = " " + string(c.Kind)
	}
	switch {
	case c.Kind == Negation && c.New == "":
		text = `no longer says "` + c.Old + `"`
	case c.Kind == Negation:
		text = `now says "` + c.New + `"`
	case c.Kind == Value && c.Old == "":
		text = "now " + c.New
	case c.Kind == Value && c.New == "":
		text = "now empty, was " + c.Old
	case c.Old == "":
		text = "new" + what + ": " + c.New
	case c.New == "" && c.Kind == Source:
		text = "gone source: " + c.Old
	case c.New == "":
		text = "gone: " + c.Old
	}
	if c.Field != "" {
		return c.Field + ": " + text
	}
	return text
}

// A Difference is what is different between two answers.
type Difference struct {
	Class   Class    `json:"class"`
	Changes []Change `json:"changes"`
}

// What returns the changes as people read them.
func (d Difference) What() (list []string) {
	for _, c := range d.Changes {
		list = append(list, c.String())
	}
	return list
}

// String returns the changes in a line; empty: there are none.
func (d Difference) String() string { return strings.Join(d.What(), "; ") }

// Compare returns what is different in the newer of two answers.
func Compare(old, new Answer) Difference {
	d := Difference{Class: Same, Changes: []Change{}}
	if old.Status != new.Status {
		d.add(Changed, Change{Kind: Status, Old: string(old.Status), New: string(new.Status)})
	}
	if old.Fields != nil && new.Fields != nil {
		d.fields(old.Fields, new.Fields)
	} else {
		d.prose("", old.Text, new.Text)
	}
	if old.Sources != nil && new.Sources != nil {
		for _, c := range sources(old.Sources, new.Sources) {
			d.add(Reworded, c)
		}
	}
	return d
}

// add adds changes, and what they make of the answer.
func (d *Difference) add(class Class, changes ...Change) {
	d.Changes = append(d.Changes, changes...)
	if d.Class != Changed && class != Same {
		d.Class = class
	}
}

// prose compares two texts.
func (d *Difference) prose(field, old, new string) {
	if old == new {
		return
	}
	changes := facts(old, new)
	for i := range changes {
		changes[i].Field = field
	}
	switch {
	case len(changes) > 0:
		d.add(Changed, changes...)
	case figure.Squeeze(figure.Clean(old)) != figure.Squeeze(figure.Clean(new)):
		d.add(Reworded)
	}
}

// sources compares the lists of sources.
func sources(old, new []string) (changes []Change) {
	for _, name := range missing(old, new) {
		changes = append(changes, Change{Kind: Source, Old: name})
	}
	for _, name := range missing(new, old) {
		changes = append(changes, Change{Kind: Source, New: name})
	}
	return changes
}

// missing returns the names that are in the list and not in the other, each once.
func missing(list, other []string) (names []string) {
	seen := map[string]bool{}
	for _, name := range other {
		seen[figure.Squeeze(name)] = true
	}
	for _, name := range list {
		if key := figure.Squeeze(name); !seen[key] {
			seen[key] = true
			names = append(names, name)
		}
	}
	return names
}

// longestValue is how many words a field has that is a value. One with more is prose,
// which may be reworded.
const longestValue = 5

// fields compares the members of two answers by their names, in the order of the newer.
func (d *Difference) fields(old, new []Field) {
	was := map[string]string{}
	for _, f := range old {
		was[f.Name] = f.Value
	}
	for _, f := range new {
		before := was[f.Name]
		delete(was, f.Name)
		d.field(f.Name, before, f.Value)
	}
	for _, f := range old {
		if value, ok := was[f.Name]; ok {
			d.field(f.Name, value, "")
		}
	}
}

func (d *Difference) field(name, old, new string) {
	if old != "" && new != "" && max(len(strings.Fields(old)), len(strings.Fields(new))) > longestValue {
		d.prose(name, old, new)
		return
	}
	switch {
	case old == new:
	case len(facts(old, new)) == 0 && figure.Squeeze(figure.Clean(old)) == figure.Squeeze(figure.Clean(new)) && old != "" && new != "":
	default:
		d.add(Changed, Change{Kind: Value, Field: name, Old: old, New: new})
	}
}
