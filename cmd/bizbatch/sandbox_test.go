package main

import (
	"errors"
	"flag"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bizbatch/internal/sandbox"
)

// sandbox [flags] starts a sandbox (in the place of an earlier one, and with
// -again at its address) and has BIZORA_API_URL and URL name it.
func (s *story) sandbox(ts *testscript.TestScript, args []string) error {
	var o sandbox.Options
	f := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	balance := f.Float64("balance", -1, "")
	script := f.String("script", "", "")
	law := f.String("law", "", "")
	date := f.String("date", "", "")
	held := f.Bool("held", false, "every response waits for the command answer")
	again := f.Bool("again", false, "at the address of the one before")
	f.Float64Var(&o.Rate, "rate", 0, "requests a second")
	f.IntVar(&o.Burst, "burst", 0, "")
	f.IntVar(&o.RPM, "rpm", 0, "")
	f.IntVar(&o.MonthlyLimit, "monthly-limit", 0, "")
	f.StringVar((*string)(&o.Shape), "shape", string(sandbox.Short), "")
	f.DurationVar(&o.Latency, "latency", 0, "")
	f.StringVar(&o.Key, "key", "", "")
	f.BoolVar(&o.OpenAI, "openai", false, "")
	err := f.Parse(args)
	if err == nil && *script != "" {
		o.Script, err = sandbox.ParseScript([]byte(ts.ReadFile(*script)))
	}
	if err == nil && *law != "" {
		o.Law, err = sandbox.ParseLaw([]byte(ts.ReadFile(*law)))
	}
	if err == nil && *date != "" {
		var day sandbox.Day
		err = day.UnmarshalText([]byte(*date))
		o.Date = time.Time(day)
	}
	if err != nil {
		return err
	}
	if *held {
		s.permit = make(chan struct{}, 1000)
		o.Permits = s.permit
	}
	if *balance >= 0 {
		o.Balance = balance
	}
	address := ""
	if *again {
		address = strings.TrimPrefix(s.server.URL, "http://")
	}
	if err := s.closeSandbox(); err != nil {
		return err
	}
	if err := s.listen(address, o); err != nil {
		return err
	}
	ts.Setenv("URL", s.server.URL)
	ts.Setenv("BIZORA_API_URL", s.server.URL)
	return nil
}

// listen starts a sandbox at an address, or at one that no earlier sandbox of the
// story had: to a checkpoint that would be the same service.
func (s *story) listen(address string, o sandbox.Options) (err error) {
	for {
		s.server, err = sandbox.Start(address, o)
		if err != nil || address != "" || !s.urls[s.server.URL] {
			break
		}
		defer s.server.Close() // not before another has an address of its own
	}
	if err == nil {
		s.urls[s.server.URL] = true
	}
	return err
}

// serving FILE has BIZORA_API_URL and URL name the sandbox that printed the file.
func (s *story) serving(ts *testscript.TestScript, args []string) error {
	url := regexp.MustCompile(`http://[0-9.:]+`).FindString(ts.ReadFile(args[0]))
	ts.Setenv("URL", url)
	ts.Setenv("BIZORA_API_URL", url)
	return nil
}

// closeSandbox ends the sandbox, if there is one, after comparing its ledger
// with what the story's checkpoints tell.
func (s *story) closeSandbox() (err error) {
	if s.server == nil {
		return nil
	}
	if !s.uneven {
		err = s.allBalanced()
	}
	s.uneven = false
	return errors.Join(err, s.server.Close())
}

// answer N has the sandbox, which is -held, send so many responses: those that
// are held, or the next ones.
func (s *story) answer(_ *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[0])
	for range n {
		s.permit <- struct{}{}
	}
	return err
}

// credits DOLLARS adds to the balance.
func (s *story) credits(_ *testscript.TestScript, args []string) error {
	dollars, err := strconv.ParseFloat(args[0], 64)
	if err == nil {
		_, err = s.server.AddCredits(dollars)
	}
	return err
}
