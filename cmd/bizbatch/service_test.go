package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// --provider, its help and the providers name the same services.
func TestProviderNames(t *testing.T) {
	parser, err := kong.New(&cli{}, flagVars())
	if err != nil {
		t.Fatal(err)
	}
	run := parser.Model.Children[slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "run" })]
	flag := run.Flags[slices.IndexFunc(run.Flags, func(f *kong.Flag) bool { return f.Name == "provider" })]
	names := []string{""}
	for _, p := range providers {
		names = append(names, p.Name)
		if p.Name != "vllm" && !strings.Contains(flag.Help, " "+p.Name+",") && !strings.Contains(flag.Help, " "+p.Name+" or ") {
			t.Errorf("the help does not name %s", p.Name)
		}
	}
	if enum := strings.Split(flag.Enum, ","); !slices.Equal(enum, names) {
		t.Errorf("--provider takes %q, want %q", enum, names)
	}
}
