// Command bizbatch sends files of questions to the Bizora tax-research API, or
// any other OpenAI-compatible streaming API, and brings back every answer with
// its sources. What stops it, the same command takes up again.
package main

import (
	"errors"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	_ "time/tzdata" // a container and a small Linux have no time zones of their own

	"github.com/alecthomas/kong"
)

// Exit codes. They are part of the interface: see exitCodes, the README and
// the samples for cron and systemd.
const (
	exitOK          = 0
	exitUnexpected  = 1
	exitUsage       = 2
	exitFailures    = 3
	exitMoney       = 4
	exitInUse       = 5
	exitService     = 6
	exitKey         = 7
	exitClock       = 8
	exitHangup      = 129
	exitInterrupted = 130
	exitTerminated  = 143
)

const exitCodes = `
Exit codes:
   0  everything is answered (with --limit: what was asked is)
   1  an unexpected error; what was answered is safe
   2  wrong usage or bad input; nothing was sent
   3  finished, but some questions failed
   4  stopped for money: the balance is used up, or --max-spend is reached
   5  another run is using the checkpoint
   6  stopped by the service: down, throttled, monthly limit, wrong address
   7  the API key was refused
   8  stopped by the clock: --until or --max-duration
 129, 130, 143  stopped by a signal: hang-up, Ctrl-C, SIGTERM
`

// cli is the command line.
type cli struct {
	Run     runCmd     `cmd:"" group:"ask" help:"Ask the questions of a file and write the answers. The same command again continues."`
	Sandbox sandboxCmd `cmd:"" group:"ask" help:"Serve a pretend API, to rehearse a run and everything that can go wrong."`

	Status statusCmd `cmd:"" group:"look" help:"Print how a run stands, also while it is on; without a name, a line for each run in this folder."`
	Show   showCmd   `cmd:"" group:"look" help:"Print one question with its answer and sources."`
	Export exportCmd `cmd:"" group:"look" help:"Write the answers again, without asking anything."`

	Help       helpCmd    `cmd:"" group:"help" help:"Print a page of the manual: ${topics}."`
	VersionCmd versionCmd `cmd:"" name:"version" group:"help" help:"Print the version."`

	Completion completionCmd `cmd:"" group:"shell" help:"Print a script with which the shell completes commands, flags, files and ids."`
	Complete   completeCmd   `cmd:"" hidden:"" name:"__complete"`
	Man        manCmd        `cmd:"" hidden:"" name:"__man"`

	Version kong.VersionFlag `help:"Print the version."`
}

const description = `Sends files of tax questions (Excel, CSV, JSON lines) to the Bizora API and brings
back every answer with its sources. An answer that was paid for is never lost
and never paid for twice: stop a run in any way, and the same command continues.`

func (*cli) examples() string {
	return `bizbatch run --sandbox questions.csv     # try it, without a key and for free
bizbatch run --dry-run questions.csv     # count the questions and the money
bizbatch run questions.csv               # ask; writes questions.answers.csv
bizbatch status                          # how the runs in this folder stand`
}

// env is what a command needs of its surroundings.
type env struct {
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

func main() {
	os.Exit(execute(env{os.Args[1:], os.Stdin, os.Stdout, os.Stderr}))
}

// execute runs one command line and returns its exit code.
func execute(e env) int {
	var c cli
	parser, err := kong.New(&c,
		kong.Name("bizbatch"),
		kong.Description(description),
		kong.Writers(e.stdout, e.stderr),
		helpVars(),
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
		return exitUsage
	default:
		err = usageError(plainUsage(err), helpFor(e.args))
	}
	if c.Run.Quiet && err != nil && asCmdError(err).asked {
		return asCmdError(err).code
	}
	return tell(e.stderr, err, c.Run.LogFormat == "json" || wantsJSON(e.args))
}

// wantsJSON reports a command line that asks for a log in JSON, also one that
// is wrong in other ways.
func wantsJSON(args []string) bool {
	const flag, value = "--log-format", "json"
	i := slices.Index(args, flag)
	return i >= 0 && i+1 < len(args) && args[i+1] == value || slices.Contains(args, flag+"="+value)
}

// version is the module's version, or the commit it was built from.
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
