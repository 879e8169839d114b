package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"

	"bizbatch/internal/exit"
)

type manCmd struct{}

// Run prints the manual page, from the same definitions as --help.
func (*manCmd) Run(ctx *kong.Context, e env) error {
	app := ctx.Model
	m := manPage{e.stdout}
	fmt.Fprintf(m.w, ".TH BIZBATCH 1 \"\" %q\n", version())
	m.section("NAME")
	m.text("bizbatch - send files of questions to the Bizora API and bring back every answer")
	m.section("SYNOPSIS")
	m.text("bizbatch COMMAND [FLAGS] [ARGUMENTS]")
	m.section("DESCRIPTION")
	m.text(app.Help)
	for _, cmd := range app.Children {
		if !cmd.Hidden {
			m.command(cmd)
		}
	}
	m.section("EXIT STATUS")
	m.verbatim(exit.Table())
	m.section("FILES")
	m.text("FILE.bizbatch, beside the questions, is the checkpoint: an SQLite database with every answer that was paid for.")
	return nil
}

// A manPage is written in roff, with the macros of man(7).
type manPage struct{ w io.Writer }

func (m manPage) section(title string) { fmt.Fprintf(m.w, ".SH %s\n", title) }

func (m manPage) text(s string) { fmt.Fprintln(m.w, roff(s)) }

func (m manPage) verbatim(s string) {
	fmt.Fprintf(m.w, ".nf\n%s\n.fi\n", roff(strings.TrimRight(s, "\n")))
}

// term describes a flag or an argument.
func (m manPage) term(name, help string) {
	fmt.Fprintf(m.w, ".TP\n\\fB%s\\fR\n%s\n", roff(name), roff(help))
}

func (m manPage) command(cmd *kong.Node) {
	m.section(strings.ToUpper("bizbatch " + cmd.Name))
	m.text("bizbatch " + cmd.Summary())
	fmt.Fprintln(m.w, ".PP")
	m.text(cmd.Help)
	for _, arg := range cmd.Positional {
		m.term(arg.Summary(), arg.Help)
	}
	group := ""
	for _, f := range cmd.Flags {
		if f.Hidden {
			continue
		}
		if f.Group != nil && f.Group.Title != group {
			group = f.Group.Title
			fmt.Fprintf(m.w, ".SS %s\n", roff(strings.TrimSuffix(group, ":")))
		}
		m.term(f.String(), kong.DefaultHelpValueFormatter(f.Value))
	}
	if examples := commandExamples(cmd.Target); examples != "" {
		fmt.Fprintln(m.w, ".SS Examples")
		m.verbatim(examples)
	}
}

// roff escapes a text: no line of it is a request, and its hyphens can be
// copied to a shell.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
