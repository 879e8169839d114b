package main

import (
	"cmp"
	"errors"

	"bizbatch/checkpoint/postgres"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
)

// checkpoint returns the name of the checkpoint: a file, or the address of a batch in
// a database.
func (c *runCmd) checkpoint() (string, error) {
	name := cmp.Or(c.Checkpoint, job.Database())
	if postgres.Is(name) {
		if c.File == "-" && (c.Format == "" || c.Batch == "") {
			return "", exit.Usage(errors.New("standard input needs --batch and --format"), "such as bizbatch run - --format csv --batch questions")
		}
		return job.InDatabase(name, cmp.Or(c.Batch, postgres.Batch(name), job.BatchOf(c.File, c.Sandbox)))
	}
	switch {
	case c.Batch != "":
		return "", exit.Unsent(exit.Usage(errors.New("--batch names questions in a database, and the checkpoint is a file"), "name a file with --checkpoint, or a database: --checkpoint postgres://user@host/database"))
	case c.File == "-" && (name == "" || c.Format == ""):
		return "", exit.Usage(errors.New("standard input needs --checkpoint and --format"),
			"such as bizbatch run - --format csv --checkpoint questions.bizbatch")
	case c.Sandbox:
		return cmp.Or(name, c.File+".sandbox.bizbatch"), nil
	}
	return cmp.Or(name, c.File+".bizbatch"), nil
}
