package main

import (
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// env is what a command needs of its surroundings.
type env struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// isCommand reports whether a command that is told of has the name.
func isCommand(app *kong.Application, name string) bool {
	return slices.ContainsFunc(app.Children, func(n *kong.Node) bool { return n.Name == name && !n.Hidden })
}

// commandExamples returns the examples of a command, a line each; empty: it has none.
func commandExamples(command reflect.Value) string {
	if c, ok := command.Addr().Interface().(interface{ examples() string }); ok {
		return c.examples()
	}
	return ""
}

type versionCmd struct{}

// Run prints the version, as --version does.
func (*versionCmd) Run(e env) error {
	_, err := fmt.Fprintln(e.stdout, version())
	return err
}

// version returns the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (v == "" || v == "(devel)") {
			v = s.Value
		}
	}
	return strings.TrimSpace("bizbatch " + v)
}
