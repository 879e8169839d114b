package main

import (
	"fmt"

	"bizbatch/internal/job"
	"bizbatch/internal/prose"
)

type copyCmd struct {
	From string `arg:"" help:"The question file of a run, or its checkpoint: a file or an address."`
	To   string `arg:"" help:"The new checkpoint: a file, or the address of a database, postgres://user@host/database."`
}

func (*copyCmd) examples() string {
	return `bizbatch copy questions.csv.bizbatch 'postgres://bizbatch@db.example/answers?sslmode=verify-full'
bizbatch copy questions.csv saved.bizbatch   # from the database in BIZBATCH_CHECKPOINT to a file`
}

// Run copies all that the checkpoint holds.
func (c *copyCmd) Run(e env) error {
	if err := job.Copy(&c.From, &c.To); err != nil {
		return err
	}
	_, err := fmt.Fprintf(e.stdout, "copied %s to %s\n", prose.Clean(c.From), prose.Clean(c.To))
	return err
}
