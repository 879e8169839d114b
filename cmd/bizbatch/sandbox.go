package main

import (
	"fmt"
	"os"
	"time"

	"bizbatch/internal/exit"
	"bizbatch/internal/interrupt"
	"bizbatch/internal/sandbox"
)

type sandboxCmd struct {
	Listen       string        `default:"127.0.0.1:8099" placeholder:"ADDR" help:"Address to listen on (default: ${default})."`
	Balance      *float64      `placeholder:"DOLLARS" help:"Credits of the account (default: unlimited). Add more with POST /sandbox/credits {\"dollars\": 5}."`
	RPM          int           `name:"rpm" placeholder:"N" help:"Requests a minute that are accepted; more are answered 429 (default: unlimited)."`
	Burst        int           `default:"1" help:"Requests accepted at once (default: ${default})."`
	MonthlyLimit int           `placeholder:"N" help:"Answers until the monthly limit is reached (default: unlimited)."`
	Latency      time.Duration `default:"2s" help:"About how long an answer takes (default: ${default})."`
	Key          string        `placeholder:"KEY" help:"The only API key that is accepted (default: any)."`
	OpenAI       bool          `name:"openai" help:"Behave as a plain OpenAI-compatible service: roles system, user and assistant, any model."`
	Script       string        `placeholder:"FILE" help:"Rules in JSON for what goes wrong: see bizbatch help rehearsing."`
	Law          string        `placeholder:"FILE" help:"Answers in JSON lines that differ by date: see bizbatch help rehearsing."`
	Date         string        `placeholder:"DAY" help:"The day on which --law is read, such as 2026-01-31 (default: today)."`
}

func (*sandboxCmd) examples() string {
	return `bizbatch sandbox --balance 5.00 --latency 2s &   # an account that runs out of money
BIZORA_API_KEY=any bizbatch run --base-url http://127.0.0.1:8099 questions.csv --checkpoint rehearsal.bizbatch --out rehearsal.answers.csv`
}

// Run serves until it is stopped.
func (c *sandboxCmd) Run(e env) error {
	o := sandbox.Options{
		Balance: c.Balance, RPM: c.RPM, Burst: c.Burst, MonthlyLimit: c.MonthlyLimit,
		Latency: c.Latency, Key: c.Key, OpenAI: c.OpenAI,
	}
	if c.Script != "" {
		b, err := os.ReadFile(c.Script)
		if err != nil {
			return exit.Usage(fmt.Errorf("read the script: %w", err), "bizbatch help rehearsing shows one")
		}
		if o.Script, err = sandbox.ParseScript(b); err != nil {
			return exit.Usage(fmt.Errorf("%s: %w", c.Script, err), "bizbatch help rehearsing shows a script")
		}
	}
	if err := c.readLaw(&o); err != nil {
		return err
	}
	server, err := sandbox.Start(c.Listen, o)
	if err != nil {
		return exit.Usage(err, "choose another address with --listen")
	}
	ctx, stop := interrupt.Notify(func(interrupt.Error) {})
	defer stop()
	fmt.Fprintf(e.stdout, "sandbox listening on %s (ledger: %s/sandbox/ledger)\n", server.URL, server.URL)
	fmt.Fprintf(e.stdout, "try: BIZORA_API_KEY=any bizbatch run --base-url %s --checkpoint questions.rehearsal.bizbatch questions.csv\n", server.URL)
	<-ctx.Done()
	return server.Close()
}

// readLaw reads the law, and the day on which it is asked.
func (c *sandboxCmd) readLaw(o *sandbox.Options) error {
	var day sandbox.Day
	if c.Date != "" {
		if err := day.UnmarshalText([]byte(c.Date)); err != nil {
			return exit.Usage(fmt.Errorf("--date: %w", err), "bizbatch help rehearsing shows one")
		}
		o.Date = time.Time(day)
	}
	if c.Law == "" {
		return nil
	}
	b, err := os.ReadFile(c.Law)
	if err != nil {
		return exit.Usage(fmt.Errorf("read the law: %w", err), "bizbatch help rehearsing shows one")
	}
	if o.Law, err = sandbox.ParseLaw(b); err != nil {
		return exit.Usage(fmt.Errorf("%s: %w", c.Law, err), "bizbatch help rehearsing shows one")
	}
	return nil
}
