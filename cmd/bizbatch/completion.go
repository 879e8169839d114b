package main

import (
	"embed"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kong"

	"bizbatch/batch"
	"bizbatch/batch/bizora"
	"bizbatch/checkpoint"
	"bizbatch/docs"
)

// The scripts ask this program, by the hidden command __complete, what may
// stand where the cursor is; where it has nothing to offer, they offer files.
//
//go:embed completions
var completions embed.FS

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

func (*completionCmd) examples() string {
	return `source <(bizbatch completion bash)   # in bash
source <(bizbatch completion zsh)    # in zsh
bizbatch completion fish | source    # in fish`
}

// Run prints the shell's script.
func (c *completionCmd) Run(e env) error {
	b, err := completions.ReadFile("completions/bizbatch." + c.Shell)
	if err == nil {
		_, err = e.stdout.Write(b)
	}
	return err
}

type completeCmd struct {
	Words []string `arg:"" optional:""` // of the command line up to the cursor, the last one begun
}

// Run prints what the last word may become, one on each line.
func (c *completeCmd) Run(ctx *kong.Context, e env) error {
	for _, word := range complete(ctx.Model, c.Words) {
		fmt.Fprintln(e.stdout, word)
	}
	return nil
}

// complete returns what the last word may become.
func complete(app *kong.Application, words []string) (found []string) {
	if len(words) == 0 {
		return nil
	}
	// bash takes --flag=value apart.
	last := words[len(words)-1]
	words = slices.DeleteFunc(slices.Clone(words[:len(words)-1]), func(w string) bool { return w == "=" })
	last = strings.TrimPrefix(last, "=")
	var offer []string
	prefix := ""
	node, given := commandIn(app, words)
	flag, value, assigned := strings.Cut(last, "=")
	switch taking := flagIn(node, before(words)); {
	case taking != nil && !taking.IsBool():
		offer = valuesOf(taking.Value)
	case assigned && flagIn(node, flag) != nil:
		offer, last, prefix = valuesOf(flagIn(node, flag).Value), value, flag+"="
	case strings.HasPrefix(last, "-"):
		offer = flagsOf(node)
	case node == app.Node:
		for _, cmd := range node.Children {
			if !cmd.Hidden {
				offer = append(offer, cmd.Name)
			}
		}
	case len(given) < len(node.Positional):
		offer = argumentsFor(node.Positional[len(given)], given, last)
	}
	for _, word := range offer {
		if strings.HasPrefix(word, last) && !strings.ContainsFunc(word, unicode.IsControl) {
			found = append(found, prefix+word)
		}
	}
	return found
}

// commandIn finds the command in the words, and the arguments that it is given.
func commandIn(app *kong.Application, words []string) (node *kong.Node, given []string) {
	node = app.Node
	for i, word := range words {
		flag := flagIn(node, before(words[:i]))
		switch {
		case strings.HasPrefix(word, "-") || flag != nil && !flag.IsBool():
		case node == app.Node:
			for _, cmd := range node.Children {
				if cmd.Name == word {
					node = cmd
				}
			}
		default:
			given = append(given, word)
		}
	}
	return node, given
}

func before(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return words[len(words)-1]
}

// flagIn returns the flag of a command that a word names, if it does.
func flagIn(node *kong.Node, word string) *kong.Flag {
	for _, flags := range node.AllFlags(true) {
		for _, f := range flags {
			if word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) {
				return f
			}
		}
	}
	return nil
}

func flagsOf(node *kong.Node) (names []string) {
	for _, flags := range node.AllFlags(true) {
		for _, f := range flags {
			names = append(names, "--"+f.Name)
		}
	}
	return names
}

// valuesOf returns the values that a flag or an argument may have, where they can
// be told.
func valuesOf(v *kong.Value) (words []string) {
	if _, ok := v.Target.Interface().(batch.AskMode); ok {
		for _, mode := range bizora.AskModes.Modes {
			words = append(words, string(mode.Name))
		}
	}
	if _, ok := v.Target.Interface().(choice); ok {
		words = []string{"yes", "no"}
	}
	if v.Enum != "" {
		words = strings.FieldsFunc(v.Enum, func(r rune) bool { return r == ',' })
	}
	return words
}

// argumentsFor returns what an argument may be: a checkpoint, the id of a question
// in the checkpoint that is given before it, or a topic of the manual.
func argumentsFor(arg *kong.Positional, given []string, last string) (words []string) {
	switch arg.Name {
	case "checkpoint":
		words, _ = filepath.Glob(escapeGlob(last) + "*.bizbatch") // none where the pattern is bad
		return words
	case "id":
		return idsIn(given[0])
	case "topic":
		return docs.Topics()
	}
	return valuesOf(arg)
}

// escapeGlob has a path stand for itself in a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// idsIn returns the first ids in a checkpoint; nobody reads more.
func idsIn(path string) (ids []string) {
	const most = 1000
	store, err := checkpoint.View(path)
	if err != nil {
		return nil
	}
	defer store.Close()
	for r, err := range store.Results() {
		if err != nil || len(ids) == most {
			break
		}
		ids = append(ids, r.ID)
	}
	return ids
}
