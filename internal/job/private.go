package job

import (
	"errors"
	"fmt"

	"bizbatch/batch"
	"bizbatch/batch/private"
	"bizbatch/batch/question"
	"bizbatch/internal/exit"
)

// What a run does with private text in the questions.
const (
	WarnPrivate   = "warn"   // tell, and send it
	MaskPrivate   = "mask"   // send placeholders
	RefusePrivate = "refuse" // send nothing
)

// readingPlan is how a file is read and what is made of its private text: where it
// changes, the rows are read again.
type readingPlan struct {
	reading any
	private string
	words   []string
	version int
}

func (o *Options) readingPlan() readingPlan {
	return readingPlan{o.Reading, o.Private, o.PrivateWords, private.Version}
}

// screen returns what looks for private text in the questions.
func (o *Options) screen() *private.Screen {
	return &private.Screen{
		Finder: private.NewFinder(o.PrivateWords), Mask: o.Private == MaskPrivate, Refuse: o.Private == RefusePrivate,
	}
}

// masked returns what was understood as it is sent: the plan and the log show it.
func (j *job) masked(u question.Understood) question.Understood {
	if j.Private == MaskPrivate {
		m := private.Mask{Finder: private.NewFinder(j.PrivateWords)}
		u.First = m.Text(u.First)
	}
	return u
}

// tellPrivate says which questions hold private text.
func (j *job) tellPrivate(found []batch.PrivateCount) {
	for _, c := range found {
		line := private.Describe(c)
		if j.Private == MaskPrivate {
			line += fmt.Sprintf(" · sent as [%s-1]", c.Kind)
		}
		j.Printer.Say("%s", line)
	}
}

// privateKeys returns the counts for the log.
func privateKeys(found []batch.PrivateCount) map[string]int {
	counts := map[string]int{}
	for _, c := range found {
		counts[c.Kind] = c.Questions
	}
	return counts
}

// privateError refuses a file whose questions hold private text.
func privateError(err error) error {
	var refused *private.RefusedError
	if !errors.As(err, &refused) {
		return nil
	}
	e := &exit.Error{
		Code: exit.BadUsage,
		Err:  errors.New("the questions hold private text, and --private refuse sends none; nothing was sent"),
		Hint: "--private mask sends placeholders and puts the originals back into the answers; --private warn sends the text as it is",
	}
	for _, c := range refused.Found {
		e.Detail = append(e.Detail, private.Describe(c))
	}
	return e
}
