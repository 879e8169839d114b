package main

import (
	"io"
	"reflect"
)

// env is what a command needs of its surroundings.
type env struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// commandExamples returns the examples of a command, a line each; empty: it has none.
func commandExamples(command reflect.Value) string {
	if c, ok := command.Addr().Interface().(interface{ examples() string }); ok {
		return c.examples()
	}
	return ""
}
