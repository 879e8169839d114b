package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"bizbatch/docs"
	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

type helpCmd struct {
	Topic string `arg:"" optional:"" help:"A topic (${topics}) or a command."`
}

func (*helpCmd) examples() string {
	return `bizbatch help money   # prices, budgets, what happens when the balance is used up
bizbatch help run     # the same as bizbatch run --help`
}

// Run prints the page of a topic, the help of a command, or without either the
// help of bizbatch.
func (c *helpCmd) Run(ctx *kong.Context, e env) error {
	if text, ok := docs.Page(c.Topic); ok {
		_, err := fmt.Fprint(e.stdout, text)
		return err
	}
	if c.Topic != "" && !isCommand(ctx.Model, c.Topic) {
		return exit.Usage(fmt.Errorf("there is no page about %s", terminal.Quote(c.Topic)), "the topics are: "+topics())
	}
	var command []string
	if c.Topic != "" {
		command = []string{c.Topic}
	}
	about, err := kong.Trace(ctx.Kong, command)
	if err != nil {
		return err
	}
	return about.PrintUsage(false)
}

// helpPrinter returns what prints the help of a command: kong's help, examples,
// and the exit codes where they matter. The short help has only the flags that
// have an example, where any has.
func helpPrinter(short bool) kong.HelpPrinter {
	return func(o kong.HelpOptions, ctx *kong.Context) error {
		cmd := ctx.Selected()
		if short && cmd != nil && printShortHelp(ctx, cmd) {
			return nil
		}
		if err := kong.DefaultHelpPrinter(o, ctx); err != nil {
			return err
		}
		target := ctx.Model.Target
		if cmd != nil {
			target = cmd.Target
		}
		if examples := commandExamples(target); examples != "" {
			fmt.Fprintf(ctx.Stdout, "\nExamples:\n  %s\n", strings.ReplaceAll(examples, "\n", "\n  "))
		}
		if cmd == nil || cmd.Name == "run" {
			fmt.Fprint(ctx.Stdout, "\nExit codes:\n"+exit.Table())
		}
		return nil
	}
}

// printShortHelp prints the flags of a command that have an example, and
// reports whether there are any.
func printShortHelp(ctx *kong.Context, cmd *kong.Node) bool {
	var b strings.Builder
	for _, f := range cmd.Flags {
		if example := f.Tag.Get("example"); example != "" {
			help, _, _ := strings.Cut(f.Help, " (default")
			fmt.Fprintf(&b, "\n  %s\n      %s.\n", example, strings.TrimSuffix(help, "."))
		}
	}
	if b.Len() == 0 {
		return false
	}
	fmt.Fprintf(ctx.Stdout, "Usage: %s %s\n\n%s\n%s\nAll flags: %s --help\n", ctx.Model.Name, cmd.Summary(), cmd.Help, b.String(), cmd.FullPath())
	return true
}
