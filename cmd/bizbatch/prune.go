package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/prose"
)

type pruneCmd struct {
	Checkpoint string `arg:"" help:"The question file of a run, or its checkpoint, such as questions.csv.bizbatch."`
	Keep       int    `required:"" placeholder:"N" help:"Keep the N newest answers to each question; 1 keeps only the one that outputs have."`
	Yes        bool   `short:"y" help:"Do not ask."`
}

func (*pruneCmd) examples() string {
	return `bizbatch prune questions.csv --keep 3         # asks first
bizbatch prune questions.csv --keep 1 --yes`
}

// Run removes older answers, if the user agrees.
func (c *pruneCmd) Run(e env) (err error) {
	if c.Keep < 1 {
		return exit.Usage(errors.New("--keep must be more than 0: the answer that outputs have stays"), "see bizbatch prune --help")
	}
	store, err := job.OpenPrunable(&c.Checkpoint)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	old, err := store.Prunable(c.Keep)
	if err != nil {
		return err
	}
	if old.Answers == 0 {
		fmt.Fprintf(e.stdout, "nothing to remove: no question has more than %s\n", prose.Count(c.Keep, "answer"))
		return nil
	}
	if agreed, err := c.agreed(e, fmt.Sprintf("%s, %s", prose.Count(old.Answers, "older answer"), humanize.Bytes(uint64(old.Bytes)))); err != nil || !agreed {
		return err
	}
	old, freed, err := store.Prune(c.Keep)
	if old.Answers > 0 {
		fmt.Fprintf(e.stdout, "removed %s: %s is %s smaller, and what they cost stays in the counts\n",
			prose.Count(old.Answers, "older answer"), prose.Clean(c.Checkpoint), humanize.Bytes(uint64(max(0, freed))))
	}
	return err
}

// agreed asks the user on the terminal.
func (c *pruneCmd) agreed(e env, what string) (bool, error) {
	if c.Yes {
		return true, nil
	}
	if in, ok := e.stdin.(*os.File); !ok || !term.IsTerminal(int(in.Fd())) {
		return false, exit.Usage(fmt.Errorf("%s would be removed, and there is no terminal to ask on; nothing was", what), "to agree, add --yes")
	}
	fmt.Fprintf(e.stdout, "remove %s, from %s for good? [y/N] ", what, prose.Clean(c.Checkpoint))
	line, err := bufio.NewReader(e.stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "y", "yes":
		return true, nil
	}
	fmt.Fprintln(e.stdout, "nothing was removed")
	return false, nil
}
