package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/batch/check"
	"bizbatch/batch/private"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/batch/schema"
	"bizbatch/internal/exit"
	"bizbatch/internal/job"
	"bizbatch/internal/terminal"
)

type runCmd struct {
	File string `arg:"" help:"Questions: .xlsx, .csv, .tsv, .jsonl or .ndjson, the last four also with .gz; - for standard input."`

	Checkpoint string   `group:"files" placeholder:"FILE" help:"Where answers are kept while and after running: a file, or the address of a PostgreSQL database, postgres://user@host/database (default: BIZBATCH_CHECKPOINT if it is such an address, else FILE.bizbatch, or FILE.sandbox.bizbatch with --sandbox)."`
	Batch      string   `group:"files" placeholder:"NAME" help:"What the questions are called in a database (default: FILE without its folder, and with .sandbox with --sandbox)."`
	Out        []string `group:"files" sep:"none" placeholder:"FILE" help:"Write the answers here: ${formats}; with {{.client}} in its name, a file for each value of that column; may be repeated (default: FILE with .answers before its extension: questions.answers.csv)." example:"bizbatch run questions.csv --out answers.xlsx --out memo.md"`
	Force      bool     `group:"files" help:"Overwrite an --out file that bizbatch did not write."`
	Reuse      []string `group:"files" sep:"none" xor:"reuse" placeholder:"FILE" help:"Also take over answers to the same questions from this checkpoint, at no cost; checkpoints in the same folder need no flag; may be repeated."`
	NoReuse    bool     `group:"files" xor:"reuse" help:"Take over no answers from other checkpoints; ask and pay again."`
	CSVSafe    bool     `group:"files" name:"csv-safe" help:"Prefix formula-like cells of a CSV file, and parts of cells, with an apostrophe, so that no spreadsheet runs them."`
	CSVBOM     choice   `group:"files" name:"csv-bom" help:"Begin CSV files with a byte order mark, which tells Excel on Windows that they are UTF-8; other programs may read it as text. --csv-bom=no: without (default: with one where FILE has one, is in another encoding, or is an Excel file)."`
	Review     bool     `group:"files" help:"Add the columns reviewed by, verdict and review note to the answers. What people write there, and in columns that they add to the right, is kept and comes back in every output." example:"bizbatch run questions.csv --review"`
	Notify     string   `group:"files" placeholder:"COMMAND" help:"Run this command in the shell at the end, and when the run begins to wait for credits or a limit, with the JSON of --summary on its standard input and BIZBATCH_OUTCOME and BIZBATCH_EXIT_CODE in its environment."`
	Summary    string   `group:"files" placeholder:"FILE" help:"Write a summary of the run as JSON."`

	Sources      batch.SourceMode `group:"files" enum:"${sourceNames}" default:"${sources}" placeholder:"WHICH" help:"Which of an answer's sources are kept: full, cited (those that its text cites) or none; answers that are saved keep what they have (default: ${default})."`
	DocxTemplate string           `group:"files" name:"docx-template" placeholder:"FILE" help:"Take the styles, page, header and footer of .docx answers from this Word document."`
	MetricsFile  string           `group:"files" placeholder:"FILE" help:"Write metrics for Prometheus, as node_exporter's textfile collector reads them: a file in its folder whose name ends in .prom."`

	QuestionColumn string `group:"input" placeholder:"NAME" help:"Column with the questions (default: question, prompt, text or query)."`
	IDColumn       string `group:"input" name:"id-column" placeholder:"NAME" help:"Column that names the rows (default: id, question_id or custom_id, else they are counted from 1 below the header)."`
	AskModeColumn  string `group:"input" placeholder:"NAME" help:"Column that sets the ask mode of a row (default: ask_mode or mode, where there is one)."`
	HeaderRow      int    `group:"input" xor:"header" placeholder:"N" help:"Row with the names of the columns (default: the first that holds the name of a question column)."`
	NoHeader       bool   `group:"input" xor:"header" help:"The first row is a question already; columns go by letter or number: --question-column B."`
	Sheet          string `group:"input" placeholder:"NAME" help:"Sheet of an Excel file (default: the first, or the only one with a question column)."`
	Template       string `group:"input" placeholder:"TEXT" help:"Make each question from its row, as a Go text/template over the columns: 'For {{.client}}: {{.question}}'." example:"bizbatch run questions.csv --template 'For {{.client}}: {{.question}}'"`
	Format         string `group:"input" placeholder:"NAME" help:"Format of FILE, csv, jsonl or xlsx (default: by its extension). With openai-batch, .jsonl answers are those of an OpenAI Batch file."`
	Delimiter      string `group:"input" placeholder:"CHAR" help:"Delimiter of a CSV file: a character, comma, semicolon, tab or pipe (default: found from the header)."`
	Quote          string `group:"input" placeholder:"WHICH" help:"Whether fields are quoted as in CSV: csv or none (default: csv; in a file with tabs, quotes that do not pair up are text)."`
	Encoding       string `group:"input" placeholder:"NAME" help:"Encoding of FILE, such as windows-1252 (default: UTF-8, or UTF-16 with a byte order mark)."`

	AskMode      batch.AskMode `group:"asking" placeholder:"MODE" help:"How thoroughly the service looks: ${modes}; a column ask_mode sets it for a row (default: the service's, ${mode})." example:"bizbatch run questions.csv --ask-mode deep"`
	Param        []string      `group:"asking" sep:"none" placeholder:"KEY=VALUE" help:"Another member of every request, as JSON or as text; may be repeated."`
	Schema       string        `group:"asking" placeholder:"FILE" help:"Ask for answers that fit this JSON Schema; their members become columns." example:"bizbatch run questions.csv --schema answer.json"`
	Private      string        `group:"asking" enum:"warn,mask,refuse" default:"warn" help:"Private text in the questions, such as social security numbers: warn, mask (send placeholders, and put the originals back into the answers) or refuse (default: ${default})." example:"bizbatch run questions.csv --private mask"`
	PrivateWords string        `group:"asking" placeholder:"FILE" help:"Words that are private too, such as clients' names, one on each line."`
	AskAgain     bool          `group:"asking" help:"Agree to pay again for questions that were answered with other settings."`

	serviceFlags

	Limit         int              `group:"money" placeholder:"N" help:"Ask only the first N pending questions, to try a few before paying for all." example:"bizbatch run questions.csv --limit 5"`
	DryRun        bool             `group:"money" help:"Print the plan and what it would cost; send nothing, write nothing." example:"bizbatch run questions.csv --dry-run"`
	Price         *batch.Money     `group:"money" xor:"price" placeholder:"DOLLARS" help:"What an answer costs, for estimates and totals (default: by ask mode, ${prices})."`
	PriceTokens   *chat.TokenPrice `group:"money" xor:"price" placeholder:"IN,OUT" help:"What a million tokens cost, in dollars, in a question and in an answer: the cost of an answer comes from its token counts."`
	MaxSpend      batch.Money      `group:"money" placeholder:"DOLLARS" help:"Spend no more than this in this run." example:"bizbatch run questions.csv --max-spend 25"`
	MaxSpendTotal batch.Money      `group:"money" placeholder:"DOLLARS" help:"Spend no more than this on this checkpoint, over all runs."`
	Reask         int              `group:"money" placeholder:"N" help:"Ask a question again, and pay again, at most N times over all runs, where its answer does not fit --schema (default: never)."`
	refreshFlags
	WaitForCredits time.Duration `group:"money" placeholder:"DURATION" help:"When the balance is used up, keep running and try one question at this interval." example:"bizbatch run questions.csv --wait-for-credits 15m"`
	WaitForReset   time.Duration `group:"money" placeholder:"DURATION" help:"On a monthly limit, keep running and try one question at this interval."`
	MaxDuration    time.Duration `group:"money" placeholder:"DURATION" help:"Send no question after this long."`
	Until          string        `group:"money" placeholder:"HH:MM" help:"Send no question after this time of day; if that time passed less than 12 hours ago, send nothing." example:"bizbatch run questions.csv --until 06:00"`

	Workers        int           `group:"pace" default:"${workers}" help:"Maximum number of requests in flight (default: ${default})." example:"bizbatch run questions.csv --workers 32"`
	RPM            float64       `group:"pace" name:"rpm" placeholder:"N" help:"Maximum number of requests a minute (default: what the service allows)."`
	MaxAttempts    int           `group:"pace" default:"${maxAttempts}" help:"Maximum number of attempts for one question in one run (default: ${default})."`
	AttemptTimeout time.Duration `group:"pace" default:"${attemptTimeout}" help:"Longest time for one answer (default: ${default})."`
	IdleTimeout    time.Duration `group:"pace" default:"${idleTimeout}" help:"Longest silence within an answer (default: ${default})."`
	MaxAnswer      byteSize      `group:"pace" default:"${maxAnswer}" help:"Largest answer, with everything that comes with it; the question of a larger one fails (default: ${default})."`
	MaxPause       time.Duration `group:"pace" default:"${maxPause}" help:"Longest wait that the service may ask for; a longer one stops the run (default: ${default})."`
	MaxOutage      time.Duration `group:"pace" default:"${maxOutage}" help:"Stop the run when nothing has succeeded for this long (default: ${default})."`
	Drain          time.Duration `group:"pace" placeholder:"DURATION" help:"When the run stops, wait this long for requests in flight (default: the attempt time-out)."`
	RetryFailed    bool          `group:"pace" help:"Also ask again what the service refused or twice did not answer to the end; what failed for another temporary fault is always asked again." example:"bizbatch run questions.csv --retry-failed"`

	Quiet       bool          `group:"output" short:"q" help:"Print only what a person must act on." example:"bizbatch run questions.csv --quiet"`
	LogFormat   string        `group:"output" enum:"text,json" default:"text" help:"text or json, on standard error (default: ${default})."`
	LogInterval time.Duration `group:"output" default:"1m" help:"Interval of progress lines where there is no terminal (default: ${default})."`

	schema *schema.Schema // that of --schema; nil: none
}

func (*runCmd) examples() string {
	return `bizbatch run --sandbox questions.csv                      # try it, without a key and for free
bizbatch run --limit 5 questions.csv                      # ask five; they are not paid for again
bizbatch run questions.csv --out a.csv --out a.jsonl      # the answers in two forms
bizbatch run questions.csv --max-spend 25 --until 06:00   # a night's run
bizbatch run questions.csv --schema answer.json --checkpoint columns.bizbatch
bizbatch run questions.csv --template 'For {{.client}}: {{.question}}' --checkpoint clients.bizbatch`
}

// Run asks the questions of the file.
func (c *runCmd) Run(ctx *kong.Context, e env) error {
	if err := checkNumbers(ctx.Flags()); err != nil {
		return exit.Usage(err, "see bizbatch run --help")
	}
	o, err := c.options(e, time.Now())
	if err != nil {
		return err
	}
	return job.Run(o)
}

// checkNumbers refuses numbers that mean nothing: of the flags that were given,
// only the price may be zero.
func checkNumbers(flags []*kong.Flag) error {
	for _, f := range flags {
		if f.Set && f.Name == "until" && f.Target.String() == "" {
			return errors.New("--until is empty")
		}
		if v := f.Target; f.Set && (v.CanInt() && v.Int() <= 0 || v.CanFloat() && !(v.Float() > 0)) {
			return fmt.Errorf("--%s must be more than 0", f.Name)
		}
	}
	return nil
}

// options returns the options of the run. What depends on other flags and on the
// time is filled in, and what cannot be is refused.
func (c *runCmd) options(e env, now time.Time) (o job.Options, err error) {
	if err := c.choose(); err != nil {
		return o, err
	}
	if c.model() == "" && c.Format != openAIBatch {
		return o, exit.Unsent(exit.Usage(fmt.Errorf("--provider %s needs a --model", c.provider.Name), "name the model to ask"))
	}
	if c.MaxSpend+c.MaxSpendTotal > 0 && !c.priced() {
		return o, exit.Unsent(exit.Usage(errors.New("a limit on spending needs a price, which is not known of "+c.provider.Name),
			"say what an answer costs with --price, or a million tokens with --price-tokens IN,OUT"))
	}
	words, err := c.privateWords()
	if err != nil {
		return o, err
	}
	settings, err := c.settings(words)
	if err != nil {
		return o, err
	}
	checkpoint, err := c.checkpoint()
	if err != nil {
		return o, err
	}
	refresh, err := c.refresh()
	if err != nil {
		return o, err
	}
	end, reopens, err := c.window(now)
	if err != nil {
		return o, err
	}
	return job.Options{
		File: c.File, Stdin: e.stdin, Reading: c.reading(), Checkpoint: checkpoint,
		Private: c.Private, PrivateWords: words,
		Outputs: c.Out, Force: c.Force, Summary: c.Summary, MetricsFile: c.MetricsFile, Notify: c.Notify,
		Report: report.Options{CSVSafe: c.CSVSafe, CSVBOM: report.Choice(c.CSVBOM), OpenAIBatch: c.Format == openAIBatch, Review: c.Review, WordTemplate: c.DocxTemplate},
		Reuse:  c.Reuse, NoReuse: c.NoReuse, AskAgain: c.AskAgain,
		DryRun: c.DryRun, Refresh: refresh, Asking: c.asking(settings, end), Until: c.Until, Reopens: reopens,
		Connect: c.connectWith, Sandbox: c.Sandbox, KeyFile: c.APIKeyFile, KeyVariable: c.keyVariable(), AddressHint: c.addressHint(),
		Command: e.args, Printer: terminal.New(e.stdout, e.stderr, terminal.Options{Quiet: c.Quiet, Log: c.LogFormat, Interval: c.LogInterval}),
	}, nil
}

// connectWith connects to the service. Nothing is sent yet.
func (c *runCmd) connectWith(ctx context.Context) (job.Service, error) {
	return c.connect(ctx, chat.Config{IdleTimeout: c.IdleTimeout, MaxAnswer: int64(c.MaxAnswer)}, c.DryRun)
}

// askModes returns the ask modes of the provider, without their prices if tokens
// are paid for.
func (c *runCmd) askModes() batch.AskModes {
	modes := c.provider.AskModes
	if c.PriceTokens != nil {
		modes.Modes = slices.Clone(modes.Modes)
		for i := range modes.Modes {
			modes.Modes[i].Price = 0
		}
	}
	return modes
}

// priced reports whether it is known what an answer costs.
func (c *runCmd) priced() bool {
	return c.Price != nil || c.PriceTokens != nil || len(c.provider.AskModes.Modes) > 0 || c.provider.Name == ""
}

// settings returns what is asked beside the questions.
func (c *runCmd) settings(words []string) (s batch.Settings, err error) {
	s = batch.Settings{Model: c.model(), Role: c.Role, Template: c.Template, AskModes: c.askModes()}
	if c.Private == job.MaskPrivate {
		s.Masked = private.Masks(words)
	}
	if s.AskMode, err = s.AskModes.Parse(string(c.AskMode)); err != nil {
		return s, exit.Usage(fmt.Errorf("--ask-mode: %w", err), "see bizbatch run --help")
	}
	if c.Template != "" && !strings.Contains(c.Template, "{{") {
		return s, exit.Unsent(exit.Usage(errors.New("--template names no column, so every row would ask the same question"), "columns are written {{.question}}"))
	}
	if s.Params, err = parseParams(c.Param); err != nil {
		return s, exit.Usage(err, "give --param as KEY=VALUE, such as --param temperature=0.2")
	}
	if err := c.checkPrivateParams(s.Params, words); err != nil {
		return s, err
	}
	if err := c.readSchema(); err != nil || c.schema == nil {
		return s, err
	}
	if s.Params["response_format"] != nil {
		return s, exit.Unsent(exit.Usage(errors.New("--schema and --param response_format exclude each other"), "leave one of them out"))
	}
	s.Schema, s.SchemaInMessage = c.schema.Source(), c.provider.SchemaInMessage
	return s, nil
}

// window returns when the run ends, by --until and --max-duration, and when the
// time of --until comes again if it had passed.
func (c *runCmd) window(now time.Time) (end, reopens time.Time, err error) {
	if end, err = parseUntil(c.Until, now); err != nil {
		return end, reopens, exit.Usage(fmt.Errorf("--until %w", err), "give a time of day, such as --until 06:00")
	}
	if err := checkZone(os.Getenv("TZ"), time.Local); c.Until != "" && err != nil {
		return end, reopens, exit.Unsent(exit.Usage(fmt.Errorf("%w, and --until %s depends on it", err, c.Until), zoneHint))
	}
	if c.Until != "" && !end.After(now) {
		reopens = end.Add(closed)
	}
	if t := now.Add(c.MaxDuration); c.MaxDuration > 0 && (end.IsZero() || t.Before(end)) {
		end = t
	}
	return end, reopens, nil
}

// reading returns how the file is read.
func (c *runCmd) reading() question.Options {
	return question.Options{
		Format: c.inputFormat(), Sheet: c.Sheet, Delimiter: c.Delimiter, Quote: c.Quote, Encoding: c.Encoding,
		QuestionColumn: c.QuestionColumn, IDColumn: c.IDColumn, AskModeColumn: c.AskModeColumn,
		HeaderRow: c.HeaderRow, NoHeader: c.NoHeader, Template: c.Template,
		AskModes: c.provider.AskModes, Model: c.Model, UniqueIDs: c.Format == openAIBatch,
	}
}

// openAIBatch is the --format of OpenAI's Batch files: questions are JSON
// lines, unless the file's extension says otherwise, and so are answers.
const openAIBatch = "openai-batch"

// inputFormat returns what --format says about FILE; empty: its extension tells.
func (c *runCmd) inputFormat() batch.Format {
	switch {
	case c.Format != openAIBatch:
		return batch.Format(c.Format)
	case c.File == "-":
		return batch.JSONL
	}
	return ""
}

// asking returns how the questions are asked.
func (c *runCmd) asking(settings batch.Settings, end time.Time) batch.Options {
	o := batch.Options{
		Workers: c.Workers, MaxAttempts: c.MaxAttempts, RPM: c.RPM, AttemptTimeout: c.AttemptTimeout, Drain: c.Drain,
		MaxPause: c.MaxPause, MaxOutage: c.MaxOutage, RetryFailed: c.RetryFailed, Limit: c.Limit, Price: c.Price,
		MaxSpend: c.MaxSpend, MaxSpendTotal: c.MaxSpendTotal, Until: end,
		WaitForCredits: c.WaitForCredits, WaitForReset: c.WaitForReset, Sources: c.Sources, Check: check.Kinds, Settings: settings,
	}
	if c.PriceTokens != nil {
		o.CostOf = c.PriceTokens.Cost
	}
	if c.schema != nil {
		o.Fits, o.Reask, o.Check = c.schema.Why, c.Reask, c.schema.Check
	}
	return o
}
