package main

import (
	"fmt"
	"slices"
	"time"

	"bizbatch/batch"
	"bizbatch/checkpoint"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

// An episode is a part of a question's story, and when it was.
type episode struct {
	when  time.Time
	title string
	lines []string
}

// showHistory prints all answers that a question has had, what each of them changed,
// and the attempts without an answer that may have been charged.
func (c *showCmd) showHistory(e env, store batch.Checkpoint) error {
	stories, err := job.History(store, c.ID)
	if err != nil {
		return err
	}
	if len(stories) == 0 && !hasQuestion(store, c.ID) {
		return unknown(store, c.Checkpoint, c.ID)
	}
	flights, err := store.Flights()
	if err != nil {
		return err
	}
	p := terminal.NewPage(e.stdout)
	if len(stories) == 0 {
		p.Line("no answer yet")
	}
	for i, s := range stories {
		if i > 0 {
			p.Line("")
		}
		p.Heading(fmt.Sprintf("question %s · %s", s.Record.ID, prose.OneLine(s.Record.Question)))
		for _, e := range episodesOf(s, flights.Uncertain) {
			p.Line("")
			p.Heading(e.title)
			for _, line := range e.lines {
				p.Text("  " + line)
			}
		}
	}
	return p.Err()
}

// episodesOf returns the parts of a story in the order in which they were.
func episodesOf(s job.Story, uncertain []checkpoint.Flight) (list []episode) {
	for i, v := range s.Versions {
		e := episode{v.Finished, fmt.Sprintf("answer %d · %s%s", v.Number, atTime(v.Finished), paidFor(v)), nil}
		switch {
		case v.Answer == nil:
			e.lines = []string{"damaged"}
		case s.Differences[i] != nil:
			e.title += " · " + string(s.Differences[i].Class)
			e.lines = s.Differences[i].What()
		}
		list = append(list, e)
	}
	for _, u := range uncertain {
		if u.RowID == s.Record.ID {
			list = append(list, episode{u.Started, fmt.Sprintf("no answer · %s · run %d · %s, perhaps charged %s", atTime(u.Started), u.Run, u.Reason, batch.Money(u.Cost)), nil})
		}
	}
	slices.SortStableFunc(list, func(a, b episode) int { return a.when.Compare(b.when) })
	return list
}

func atTime(t time.Time) string { return t.Local().Format("2 Jan 2006 15:04:05") }

// paidFor says which run or other checkpoint paid for an answer, and how much.
func paidFor(v batch.Version) string {
	switch {
	case v.Reused != "":
		return " · taken over from " + v.Reused
	case v.Run == 0:
		return " · " + v.Cost.String()
	}
	return fmt.Sprintf(" · run %d · %s", v.Run, v.Cost)
}
