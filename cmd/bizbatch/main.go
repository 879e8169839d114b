// Command bizbatch sends files of questions to the Bizora tax-research API, or
// any other OpenAI-compatible streaming API, and brings back every answer with
// its sources. What stops it, the same command takes up again.
package main

import (
	"errors"
	"os"
	"slices"
	_ "time/tzdata" // a container and a small Linux have no time zones of their own

	"github.com/alecthomas/kong"

	"bizbatch/internal/exit"
	"bizbatch/internal/terminal"
)

// groups are the headings of the help: for commands, and for the flags of run.
var groups = []kong.Group{
	{Key: "ask", Title: "Asking:"},
	{Key: "look", Title: "Looking:"},
	{Key: "help", Title: "Help:"},
	{Key: "shell", Title: "The shell:"},
	{Key: "files", Title: "Files:"},
	{Key: "input", Title: "Reading the questions:"},
	{Key: "asking", Title: "What is asked:"},
	{Key: "service", Title: "The service:"},
	{Key: "money", Title: "Money and time:"},
	{Key: "pace", Title: "Pace and patience:"},
	{Key: "output", Title: "What is printed:"},
}

// cli is the command line.
type cli struct {
	Run     runCmd     `cmd:"" group:"ask" help:"Ask the questions of a file and write the answers. The same command again continues."`
	Work    workCmd    `cmd:"" group:"ask" help:"Help with the runs of other machines on the questions in a database, until none is on."`
	Ctl     ctlCmd     `cmd:"" group:"ask" help:"Steer a run that is on, from another terminal: pause, resume, workers, rpm, max-spend, until, skip, stop."`
	Sandbox sandboxCmd `cmd:"" group:"ask" help:"Serve a pretend API, to rehearse a run and everything that can go wrong."`

	Status statusCmd `cmd:"" group:"look" help:"Print how a run stands, also while it is on; without a name, a line for each run in this folder."`
	Show   showCmd   `cmd:"" group:"look" help:"Print one question with its answer and sources."`
	Export exportCmd `cmd:"" group:"look" help:"Write the answers again, without asking anything."`
	Diff   diffCmd   `cmd:"" group:"look" help:"Print what is different in the answers of questions that were answered anew."`
	Review reviewCmd `cmd:"" group:"look" help:"Take in the reviews of a file of answers that came back, such as by mail."`
	Copy   copyCmd   `cmd:"" group:"look" help:"Copy a checkpoint to a new one, from a file to a database or back."`
	Prune  pruneCmd  `cmd:"" group:"look" help:"Remove the older answers of questions that were asked again."`

	Help       helpCmd    `cmd:"" group:"help" help:"Print a page of the manual: ${topics}."`
	VersionCmd versionCmd `cmd:"" name:"version" group:"help" help:"Print the version."`

	Completion completionCmd `cmd:"" group:"shell" help:"Print a script with which the shell completes commands, flags, files and ids."`
	Complete   completeCmd   `cmd:"" hidden:"" name:"__complete"`
	Man        manCmd        `cmd:"" hidden:"" name:"__man"`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Sends files of tax questions (Excel, CSV, JSON lines) to the Bizora API and brings
back every answer with its sources. No saved answer is lost or paid for again: stop
a run in any way, and the same command continues.`

func (*cli) examples() string {
	return `bizbatch run --sandbox questions.csv     # try it, without a key and for free
bizbatch run --dry-run questions.csv     # count the questions and the money
bizbatch run questions.csv               # ask; writes questions.answers.csv
bizbatch status                          # how the runs in this folder stand`
}

func main() {
	os.Exit(int(execute(env{os.Args[1:], os.Stdin, os.Stdout, os.Stderr})))
}

// execute runs one command line and returns its exit code.
func execute(e env) exit.Code {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("bizbatch"),
		kong.Description(description),
		kong.Writers(e.stdout, e.stderr),
		flagVars(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
		kong.Help(helpPrinter(slices.Contains(e.args, "-h"))),
		kong.ExplicitGroups(groups),
	)
	if err != nil {
		panic(err) // a mistake in the definition above
	}
	parser.Model.HelpFlag.Help = "Print help; for run, -h prints the common flags and --help all of them."
	parsed, err := parser.Parse(e.args)
	var wrong *kong.ParseError
	switch {
	case err == nil:
		err = parsed.Run(e)
	case len(e.args) == 0 && errors.As(err, &wrong):
		_ = wrong.Context.PrintUsage(false) // there is nowhere to tell that it failed
		return exit.BadUsage
	default:
		err = exit.Usage(plainUsage(err), helpFor(parser.Model, e.args))
	}
	if err != nil && exit.As(err).Asked && (c.Run.Quiet || exit.As(err).Code == exit.Changed) {
		return exit.As(err).Code // which says what was asked for
	}
	return terminal.Tell(e.stderr, err, c.Run.LogFormat == "json" || wantsJSON(e.args))
}

// wantsJSON reports whether a command line asks for a log in JSON, also one that is
// wrong in other ways.
func wantsJSON(args []string) bool {
	const flag, value = "--log-format", "json"
	i := slices.Index(args, flag)
	return i >= 0 && i+1 < len(args) && args[i+1] == value || slices.Contains(args, flag+"="+value)
}
