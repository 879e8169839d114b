package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bizbatch/batch/schema"
	"bizbatch/internal/exit"
)

// readSchema reads --schema.
func (c *runCmd) readSchema() error {
	if c.Schema == "" {
		if c.Reask > 0 {
			return exit.Unsent(exit.Usage(errors.New("--reask needs --schema, which says what does not fit"), "name the JSON Schema with --schema FILE"))
		}
		return nil
	}
	content, err := os.ReadFile(c.Schema)
	if err == nil {
		c.schema, err = schema.Parse(content)
	}
	if err != nil {
		err = fmt.Errorf("--schema %s: %w", c.Schema, pathless(err))
		return exit.Unsent(exit.Usage(err, "bizbatch help formats tells what a schema may hold"))
	}
	return nil
}

// pathless returns an error without the name of its file.
func pathless(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
