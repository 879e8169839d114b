package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"bizbatch/checkpoint"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// list tells of the checkpoints in this folder, one on each line.
func (c *statusCmd) list(e env) error {
	if c.Check {
		return exit.Usage(errors.New("--check needs a checkpoint"), "such as bizbatch status --check questions.csv.bizbatch")
	}
	paths, err := filepath.Glob("*.bizbatch")
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
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		err = enc.Encode(all)
	case len(paths) == 0:
		fmt.Fprintln(e.stdout, "no checkpoint in this folder; bizbatch run FILE makes FILE.bizbatch")
	case len(all) > 0:
		err = table(e.stdout, all)
	}
	if err == nil && len(broken) > 0 {
		err = &exit.Error{Code: exit.Unexpected, Err: fmt.Errorf("%s cannot be read", terminal.Count(len(broken), "checkpoint")), Detail: broken,
			Hint: "bizbatch status CHECKPOINT tells what to do about it"}
	}
	return err
}

// statusAt reads the status of a checkpoint.
func statusAt(path string) (*status, error) {
	store, err := checkpoint.View(path)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	return readStatus(store)
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
		fmt.Fprintln(t, terminal.Clean(filepath.Base(s.Checkpoint))+
			fmt.Sprintf("\t%d of %d\t%d\t%d\t%s\t%s\t%s", s.Answered, s.Questions, s.Pending, s.Failed, s.SpentTotal, s.LeftCost, last))
	}
	return t.Flush()
}
