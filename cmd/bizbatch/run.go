package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"bizbatch/batch"
	"bizbatch/batch/chat"
	"bizbatch/batch/question"
	"bizbatch/batch/report"
	"bizbatch/checkpoint"
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

type runCmd struct {
	File string `arg:"" help:"Questions: .xlsx, .csv, .tsv, .jsonl or .ndjson, the last four also with .gz; - for standard input."`

	Checkpoint string   `group:"files" placeholder:"FILE" help:"Where answers are kept while and after running (default: FILE.bizbatch, or FILE.sandbox.bizbatch with --sandbox)."`
	Out        []string `group:"files" sep:"none" placeholder:"FILE" help:"Write the answers here: ${formats}; may be repeated (default: FILE with .answers before its extension: questions.answers.csv)." example:"bizbatch run questions.csv --out answers.xlsx --out memo.md"`
	Force      bool     `group:"files" help:"Overwrite an --out file that bizbatch did not write."`
	Reuse      []string `group:"files" sep:"none" xor:"reuse" placeholder:"FILE" help:"Also take over answers to the same questions from this checkpoint, at no cost; checkpoints in the same folder need no flag; may be repeated."`
	NoReuse    bool     `group:"files" xor:"reuse" help:"Take over no answers from other checkpoints; ask and pay again."`
	CSVSafe    bool     `group:"files" name:"csv-safe" help:"Prefix formula-like cells of a CSV file, and parts of cells, with an apostrophe, so that no spreadsheet runs them."`
	CSVBOM     choice   `group:"files" name:"csv-bom" help:"Begin CSV files with a byte order mark, which tells Excel on Windows that they are UTF-8; other programs may read it as text. --csv-bom=no: without (default: with one where FILE has one, is in another encoding, or is an Excel file)."`
	Summary    string   `group:"files" placeholder:"FILE" help:"Write a summary of the run as JSON."`

	Sources     batch.SourceMode `group:"files" enum:"full,cited,none" default:"full" placeholder:"WHICH" help:"Which of an answer's sources are kept: full, cited (those that its text cites) or none; answers that are saved keep what they have (default: ${default})."`
	MetricsFile string           `group:"files" placeholder:"FILE" help:"Write metrics for Prometheus, as node_exporter's textfile collector reads them: a file in its folder whose name ends in .prom."`

	QuestionColumn string `group:"input" placeholder:"NAME" help:"Column with the questions (default: question, prompt, text or query)."`
	IDColumn       string `group:"input" name:"id-column" placeholder:"NAME" help:"Column that names the rows (default: id, question_id or custom_id, else the row number)."`
	AskModeColumn  string `group:"input" placeholder:"NAME" help:"Column that sets the ask mode of a row (default: ask_mode or mode, where there is one)."`
	HeaderRow      int    `group:"input" xor:"header" placeholder:"N" help:"Row with the names of the columns (default: the first that holds the name of a question column)."`
	NoHeader       bool   `group:"input" xor:"header" help:"The first row is a question already; columns go by letter or number: --question-column B."`
	Sheet          string `group:"input" placeholder:"NAME" help:"Sheet of an Excel file (default: the first, or the only one with a question column)."`
	Template       string `group:"input" placeholder:"TEXT" help:"Make each question from its row, as a Go text/template over the columns: 'For {{.client}}: {{.question}}'." example:"bizbatch run questions.csv --template 'For {{.client}}: {{.question}}'"`
	Format         string `group:"input" placeholder:"NAME" help:"Format of FILE, csv, jsonl or xlsx (default: by its extension). With openai-batch, .jsonl answers are those of an OpenAI Batch file."`
	Delimiter      string `group:"input" placeholder:"CHAR" help:"Delimiter of a CSV file: a character, comma, semicolon, tab or pipe (default: found from the header)."`
	Quote          string `group:"input" placeholder:"WHICH" help:"Whether fields are quoted as in CSV: csv or none (default: csv; in a file with tabs, quotes that do not pair up are text)."`
	Encoding       string `group:"input" placeholder:"NAME" help:"Encoding of FILE, such as windows-1252 (default: UTF-8, or UTF-16 with a byte order mark)."`

	AskMode  batch.AskMode `group:"asking" placeholder:"MODE" help:"How thoroughly the service looks: fast, web, deep or auto; a column ask_mode sets it for a row (default: the service's, fast)." example:"bizbatch run questions.csv --ask-mode deep"`
	Param    []string      `group:"asking" sep:"none" placeholder:"KEY=VALUE" help:"Another member of every request, as JSON or as text; may be repeated."`
	Model    string        `group:"asking" placeholder:"NAME" help:"Model (default: the one that a line of an OpenAI Batch file names, else the provider's: bizora-1.0 for Bizora)."`
	Role     string        `group:"asking" placeholder:"NAME" help:"Role of a question's message (default: human for Bizora, else user)."`
	AskAgain bool          `group:"asking" help:"Agree to pay again for questions that were answered with other settings."`

	Sandbox      bool     `group:"service" help:"Ask a pretend service on this machine: no key, no cost." example:"bizbatch run --sandbox questions.csv"`
	Provider     string   `group:"service" enum:",bizora,openai,azure,openrouter,perplexity,deepseek,groq,mistral,gemini,anthropic,ollama,vllm" default:"" placeholder:"NAME" help:"Service to ask: bizora, openai, azure, openrouter, perplexity, deepseek, groq, mistral, gemini, anthropic, ollama or vllm (default: bizora)."`
	BaseURL      string   `group:"service" name:"base-url" placeholder:"URL" help:"Address of the API (default: the environment variable BIZORA_API_URL, or the provider's own, such as OPENAI_BASE_URL; else the provider's address)."`
	APIKeyFile   string   `group:"service" name:"api-key-file" placeholder:"FILE" help:"Read the API key from here (default: the environment variable BIZORA_API_KEY, or the provider's, such as OPENAI_API_KEY)." example:"bizbatch run questions.csv --api-key-file /etc/bizbatch/key"`
	Header       []string `group:"service" sep:"none" placeholder:"'NAME: VALUE'" help:"Send this header too, for example to a gateway; with @FILE as the value, it is read from that file and never shown; may be repeated."`
	InsecureHTTP bool     `group:"service" name:"insecure-http" help:"Allow sending the key unencrypted to an http:// address on another machine."`

	Limit          int              `group:"money" placeholder:"N" help:"Ask only the first N pending questions, to try a few before paying for all." example:"bizbatch run questions.csv --limit 5"`
	DryRun         bool             `group:"money" help:"Print the plan and what it would cost; send nothing, write nothing." example:"bizbatch run questions.csv --dry-run"`
	Price          *batch.Money     `group:"money" xor:"price" placeholder:"DOLLARS" help:"What an answer costs, for estimates and totals (default: by ask mode, fast 0.24, web 0.30, deep and auto 1.50)."`
	PriceTokens    *chat.TokenPrice `group:"money" xor:"price" placeholder:"IN,OUT" help:"What a million tokens cost, in dollars, in a question and in an answer: the cost of an answer comes from its token counts."`
	MaxSpend       batch.Money      `group:"money" placeholder:"DOLLARS" help:"Spend no more than this in this run." example:"bizbatch run questions.csv --max-spend 25"`
	MaxSpendTotal  batch.Money      `group:"money" placeholder:"DOLLARS" help:"Spend no more than this on this checkpoint, over all runs."`
	WaitForCredits time.Duration    `group:"money" placeholder:"DURATION" help:"When the balance is used up, keep running and try one question at this interval." example:"bizbatch run questions.csv --wait-for-credits 15m"`
	WaitForReset   time.Duration    `group:"money" placeholder:"DURATION" help:"On a monthly limit, keep running and try one question at this interval."`
	MaxDuration    time.Duration    `group:"money" placeholder:"DURATION" help:"Send no question after this long."`
	Until          string           `group:"money" placeholder:"HH:MM" help:"Send no question after this time of day; if that time passed less than 12 hours ago, send nothing." example:"bizbatch run questions.csv --until 06:00"`

	Workers        int           `group:"pace" default:"8" help:"Maximum number of requests in flight (default: ${default})." example:"bizbatch run questions.csv --workers 32"`
	RPM            float64       `group:"pace" name:"rpm" placeholder:"N" help:"Maximum number of requests a minute (default: what the service allows)."`
	MaxAttempts    int           `group:"pace" default:"5" help:"Maximum number of attempts for one question in one run (default: ${default})."`
	AttemptTimeout time.Duration `group:"pace" default:"10m" help:"Longest time for one answer (default: ${default})."`
	IdleTimeout    time.Duration `group:"pace" default:"3m" help:"Longest silence within an answer (default: ${default})."`
	MaxAnswer      byteSize      `group:"pace" default:"32MB" help:"Largest answer, with everything that comes with it; the question of a larger one fails (default: ${default})."`
	MaxPause       time.Duration `group:"pace" default:"15m" help:"Longest wait that the service may ask for; a longer one stops the run (default: ${default})."`
	MaxOutage      time.Duration `group:"pace" default:"1m" help:"Stop the run when nothing has succeeded for this long (default: ${default})."`
	Drain          time.Duration `group:"pace" placeholder:"DURATION" help:"When the run stops, wait this long for requests in flight (default: the attempt time-out)."`
	RetryFailed    bool          `group:"pace" help:"Also ask again what the service refused; what failed for a temporary fault is always asked again." example:"bizbatch run questions.csv --retry-failed"`

	Quiet       bool          `group:"output" short:"q" help:"Print only what a person must act on." example:"bizbatch run questions.csv --quiet"`
	LogFormat   string        `group:"output" enum:"text,json" default:"text" help:"text or json, on standard error (default: ${default})."`
	LogInterval time.Duration `group:"output" default:"1m" help:"Interval of progress lines where there is no terminal (default: ${default})."`

	end  time.Time // of --until and --max-duration, the earlier; zero: none
	over bool      // the time of --until was passed before the run began

	provider chat.Provider // that of --provider
}

func (*runCmd) examples() string {
	return `bizbatch run --sandbox questions.csv                      # try it, without a key and for free
bizbatch run --limit 5 questions.csv                      # ask five; they are not paid for again
bizbatch run questions.csv --out a.csv --out a.jsonl      # the answers in two forms
bizbatch run questions.csv --max-spend 25 --until 06:00   # a night's run
bizbatch run questions.csv --template 'For {{.client}}: {{.question}}' --checkpoint clients.bizbatch`
}

// Run is the whole way of a file: read, plan, ask, write, tell.
func (c *runCmd) Run(ctx *kong.Context, e env) error {
	if err := checkNumbers(ctx.Flags()); err != nil {
		return usageError(err, "see bizbatch run --help")
	}
	return c.run(e, time.Now())
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

func (c *runCmd) run(e env, now time.Time) error {
	settings, err := c.check(now)
	if err != nil {
		return err
	}
	j := &job{cmd: c, env: e, ui: newUI(c, e)}
	ctx, stop := notifySignals(j.leftAtOnce)
	defer stop()
	return j.measure(j.summarize(j.run(ctx, settings)), now)
}

// check fills in what depends on other flags and on the time, and refuses what
// cannot be.
func (c *runCmd) check(now time.Time) (batch.Settings, error) {
	if err := c.choose(); err != nil {
		return batch.Settings{}, err
	}
	s := batch.Settings{Model: c.model(), Role: c.Role, Template: c.Template, AskModes: c.askModes()}
	var err error
	if s.AskMode, err = s.AskModes.Parse(string(c.AskMode)); err != nil {
		return s, usageError(fmt.Errorf("--ask-mode: %w", err), "see bizbatch run --help")
	}
	if c.Template != "" && !strings.Contains(c.Template, "{{") {
		return s, unsent(usageError(errors.New("--template names no column, so every row would ask the same question"), "columns are written {{.question}}"))
	}
	if s.Params, err = parseParams(c.Param); err != nil {
		return s, usageError(err, "give --param as KEY=VALUE, such as --param temperature=0.2")
	}
	if c.File == "-" && (c.Checkpoint == "" || c.Format == "") {
		return s, usageError(errors.New("standard input needs --checkpoint and --format"),
			"such as bizbatch run - --format csv --checkpoint questions.bizbatch")
	}
	c.Drain = cmp.Or(c.Drain, c.AttemptTimeout)
	if c.Checkpoint == "" {
		c.Checkpoint = c.File + ".bizbatch"
		if c.Sandbox {
			c.Checkpoint = c.File + ".sandbox.bizbatch"
		}
	}
	if err := c.checkReports(); err != nil {
		return s, err
	}
	if c.end, err = parseUntil(c.Until, now); err != nil {
		return s, usageError(err, "give a time of day, such as --until 06:00")
	}
	if err := checkZone(os.Getenv("TZ"), time.Local); c.Until != "" && err != nil {
		return s, unsent(usageError(fmt.Errorf("%w, and --until %s depends on it", err, c.Until), zoneHint))
	}
	c.over = c.Until != "" && !c.end.After(now)
	if t := now.Add(c.MaxDuration); c.MaxDuration > 0 && (c.end.IsZero() || t.Before(c.end)) {
		c.end = t
	}
	return s, nil
}

// openInput opens the questions. Reading those that come through a pipe ends
// with ctx.
func (c *runCmd) openInput(ctx context.Context, e env) (*question.Reader, error) {
	if c.File == "-" {
		return question.NewReader(&awaitedReader{ctx: ctx, r: e.stdin}, "standard input", c.inputOptions())
	}
	if info, err := os.Stat(c.File); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		return question.Open(c.File, c.inputOptions())
	}
	pipe, err := os.Open(c.File)
	if err != nil {
		return nil, err
	}
	return question.NewReader(&awaitedReader{ctx: ctx, r: pipe}, c.File, c.inputOptions())
}

func (c *runCmd) inputOptions() question.Options {
	return question.Options{
		Format: c.inputFormat(), Sheet: c.Sheet, Delimiter: c.Delimiter, Quote: c.Quote, Encoding: c.Encoding,
		QuestionColumn: c.QuestionColumn, IDColumn: c.IDColumn, AskModeColumn: c.AskModeColumn,
		HeaderRow: c.HeaderRow, NoHeader: c.NoHeader, Template: c.Template,
		AskModes: c.provider.AskModes, Model: c.Model, UniqueIDs: c.Format == openAIBatch,
	}
}

// openStore opens the checkpoint. A dry run plans on a copy, so that it leaves
// nothing behind and works beside a run.
func (c *runCmd) openStore(endpoint string) (*checkpoint.Store, error) {
	opts := checkpoint.Options{Endpoint: endpoint}
	if c.DryRun {
		return checkpoint.OpenCopy(c.Checkpoint, opts)
	}
	return checkpoint.Open(c.Checkpoint, opts)
}

// outputs are the files to write.
func (c *runCmd) outputs(format batch.Format) []string {
	if len(c.Out) > 0 {
		return c.Out
	}
	base := strings.TrimSuffix(c.File, ".gz")
	ext := filepath.Ext(base)
	base = strings.TrimSuffix(base, ext)
	if c.File == "-" {
		base = strings.TrimSuffix(c.Checkpoint, ".bizbatch")
	}
	if c.Format == openAIBatch {
		format = batch.JSONL
	}
	if ext = strings.ToLower(ext); otherNames[ext] != format {
		ext = "." + string(format)
	}
	return []string{base + ".answers" + ext}
}

// otherNames are the extensions that the answers keep, beside those that are
// called as their formats: questions.csv and questions.tsv have answers each.
var otherNames = map[string]batch.Format{".tsv": batch.CSV, ".txt": batch.CSV, ".ndjson": batch.JSONL}

// openAIBatch is the --format of OpenAI's Batch files: questions are JSON
// lines, unless the file's extension says otherwise, and so are answers.
const openAIBatch = "openai-batch"

// inputFormat is what --format says about FILE; empty: its extension tells.
func (c *runCmd) inputFormat() batch.Format {
	switch {
	case c.Format != openAIBatch:
		return batch.Format(c.Format)
	case c.File == "-":
		return batch.JSONL
	}
	return ""
}

// report is how the answers are written.
func (c *runCmd) report() report.Options {
	return report.Options{CSVSafe: c.CSVSafe, CSVBOM: report.Choice(c.CSVBOM), OpenAIBatch: c.Format == openAIBatch}
}

// options are the runner's.
func (c *runCmd) options(settings batch.Settings, onEvent func(batch.Event)) batch.Options {
	var costOf func(*batch.Answer) (batch.Money, bool)
	if c.PriceTokens != nil {
		costOf = c.PriceTokens.Cost
	}
	return batch.Options{
		CostOf:  costOf,
		Workers: c.Workers, MaxAttempts: c.MaxAttempts, RPM: c.RPM, AttemptTimeout: c.AttemptTimeout, Drain: c.Drain,
		MaxPause: c.MaxPause, MaxOutage: c.MaxOutage, Limit: c.Limit, Price: c.Price,
		MaxSpend: c.MaxSpend, MaxSpendTotal: c.MaxSpendTotal, Until: c.end,
		WaitForCredits: c.WaitForCredits, WaitForReset: c.WaitForReset, Sources: c.Sources, Settings: settings, OnEvent: onEvent,
	}
}
