package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
	"bizbatch/internal/terminal"
)

type statusCmd struct {
	Checkpoint string `arg:"" optional:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch (default: a line for each checkpoint in this folder)."`
	JSON       bool   `name:"json" help:"Print everything as JSON, for programs."`
	Watch      bool   `xor:"watch" help:"Paint the status again each second until no run is on; Ctrl-C ends it."`
	Check      bool   `xor:"watch" help:"Check that the checkpoint is not damaged."`
}

func (*statusCmd) examples() string {
	return `bizbatch status                                 # a line for each checkpoint in this folder
bizbatch status questions.csv                   # one of them in full
bizbatch status --watch questions.csv           # while a run is on
bizbatch status --json questions.csv            # for programs
bizbatch status --check questions.csv           # is the checkpoint damaged?`
}

// Run reads the checkpoint beside whatever run is on.
func (c *statusCmd) Run(e env) error {
	if c.Checkpoint == "" || postgres.Is(c.Checkpoint) && postgres.Batch(c.Checkpoint) == "" {
		return c.list(e)
	}
	if c.Watch && terminal.IsTerminal(e.stdout) { // elsewhere once is enough
		return c.watch(e)
	}
	store, err := job.View(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer store.Close()
	s, err := readStatus(store)
	if err != nil {
		return err
	}
	if c.Check {
		if s.Problems, err = store.Check(); err != nil {
			return err
		}
	}
	if c.JSON {
		err = printJSON(e.stdout, s)
	} else {
		err = printAll(e.stdout, func(w io.Writer) { s.print(w, c.Check) })
	}
	if err != nil {
		return err
	}
	if len(s.Problems) > 0 {
		return &exit.Error{Code: exit.Unexpected, Err: fmt.Errorf("%s is damaged", c.Checkpoint), Detail: s.Problems,
			Hint: "restore the file from a backup"}
	}
	return nil
}

// watch paints the status again and again, until no run is on.
func (c *statusCmd) watch(e env) error {
	for {
		store, err := job.View(&c.Checkpoint)
		if err != nil {
			return err
		}
		s, err := readStatus(store)
		if err = errors.Join(err, store.Close()); err != nil {
			return err
		}
		var text strings.Builder
		s.print(&text, false)
		terminal.Repaint(e.stdout, text.String())
		if !s.Active {
			return nil
		}
		time.Sleep(time.Second)
	}
}

// printAll prints what text writes, at once, and returns the error of that.
func printAll(w io.Writer, text func(io.Writer)) error {
	var b bytes.Buffer
	text(&b)
	_, err := b.WriteTo(w)
	return err
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// list tells of the checkpoints in this folder, one on each line.
func (c *statusCmd) list(e env) error {
	if c.Check {
		return exit.Usage(errors.New("--check needs a checkpoint"), "such as bizbatch status --check questions.csv.bizbatch")
	}
	paths, err := job.Checkpoints(c.Checkpoint)
	if err != nil {
		return err
	}
	all, broken := []*status{}, []string{} // never null in JSON
	for _, path := range paths {
		s, err := statusAt(path)
		if err != nil {
			broken = append(broken, err.Error())
			continue
		}
		all = append(all, s)
	}
	switch {
	case c.JSON:
		err = printJSON(e.stdout, all)
	case len(paths) == 0:
		_, err = fmt.Fprintln(e.stdout, noCheckpoint(c.Checkpoint))
	case len(all) > 0:
		err = table(e.stdout, all)
	}
	if err == nil && !c.JSON {
		err = c.look(e)
	}
	if err == nil && len(broken) > 0 {
		err = &exit.Error{Code: exit.Unexpected, Err: fmt.Errorf("%s cannot be read", prose.Count(len(broken), "checkpoint")), Detail: broken,
			Hint: "bizbatch status CHECKPOINT tells what to do about it"}
	}
	return err
}

// look tells what is on in a database, if there is one.
func (c *statusCmd) look(e env) error {
	lines, err := job.Look(c.Checkpoint)
	if err != nil {
		return err
	}
	return printAll(e.stdout, func(w io.Writer) {
		for _, line := range lines {
			fmt.Fprintln(w, prose.Clean(line))
		}
	})
}

// noCheckpoint says that there is no checkpoint.
func noCheckpoint(address string) string {
	if cmp.Or(address, job.Database()) != "" {
		return "no batch in the database; bizbatch run FILE makes one"
	}
	return "no checkpoint in this folder; bizbatch run FILE makes FILE.bizbatch"
}

// table prints a line for each checkpoint.
func table(w io.Writer, all []*status) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHECKPOINT\tANSWERED\tPENDING\tFAILED\tSPENT\tTO COME\tLAST RUN")
	for _, s := range all {
		last := "none"
		if n := len(s.Runs); n > 0 {
			r := s.Runs[n-1]
			last = r.Started.Local().Format("2006-01-02 15:04") + ", " + r.Outcome
		}
		fmt.Fprintln(t, prose.Clean(s.name)+
			fmt.Sprintf("\t%d of %d\t%d\t%d\t%s\t%s\t%s", s.Answered, s.Questions, s.Pending, s.Failed, s.SpentTotal, s.LeftCost, last))
	}
	return t.Flush()
}
