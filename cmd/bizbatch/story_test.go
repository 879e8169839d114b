package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"bizbatch/internal/sandbox"
)

// A story is one script as it runs. Its methods are the script's commands.
type story struct {
	env    *testscript.Env
	server *sandbox.Server
	urls   map[string]bool // of its sandboxes
	permit chan struct{}   // see answer
	procs  map[string]*proc
	locked *sql.DB // see lock
	uneven bool    // the accounts of the sandbox are not compared, see unbalanced
}

type storyKey struct{}

// inStory makes a method a command of the script. None can be negated.
func inStory(run func(*story, *testscript.TestScript, []string) error) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		ts.Check(run(ts.Value(storyKey{}).(*story), ts, args))
	}
}

// end stops what the story left running.
func (s *story) end() error {
	for _, p := range s.procs {
		_ = p.cmd.Process.Kill() // where it has not ended by itself
		<-p.done
	}
	if s.locked != nil {
		_ = s.locked.Close() // the story failed before
	}
	return s.closeSandbox()
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

// sandbox [flags] starts a sandbox (in the place of an earlier one, and with
// -again at its address) and has BIZORA_API_URL and URL name it.
func (s *story) sandbox(ts *testscript.TestScript, args []string) error {
	var o sandbox.Options
	f := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	balance := f.Float64("balance", -1, "")
	script := f.String("script", "", "")
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

// get PATH, and post PATH BODY, send a request to the sandbox and print what
// it answers.
func (s *story) get(ts *testscript.TestScript, args []string) error {
	return printResponse(ts)(http.Get(ts.Getenv("URL") + args[0]))
}

func (s *story) post(ts *testscript.TestScript, args []string) error {
	return printResponse(ts)(http.Post(ts.Getenv("URL")+args[0], "application/json", strings.NewReader(args[1])))
}

func printResponse(ts *testscript.TestScript) func(*http.Response, error) error {
	return func(r *http.Response, err error) error {
		if err != nil {
			return err
		}
		defer r.Body.Close()
		defer http.DefaultClient.CloseIdleConnections()
		if r.StatusCode != http.StatusOK {
			return fmt.Errorf("answered %s", r.Status)
		}
		_, err = io.Copy(ts.Stdout(), r.Body)
		return err
	}
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

// questions N FILE writes a CSV file of N questions.
func (s *story) questions(ts *testscript.TestScript, args []string) error {
	n, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	return writeRows(ts.MkAbs(args[1]), n)
}

func writeRows(path string, n int) error {
	var b bytes.Buffer
	b.WriteString("id,question\n")
	for i := range n {
		fmt.Fprintf(&b, "Q%d,Question %d?\n", i+1, i+1)
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

// clock NAME DURATION sets a variable to the time of day, in UTC, so long from now.
func (s *story) clock(ts *testscript.TestScript, args []string) error {
	d, err := time.ParseDuration(args[1])
	ts.Setenv(args[0], time.Now().UTC().Add(d).Format("15:04"))
	return err
}

// exits CODE ARGS… runs bizbatch to its end and checks the exit code.
func (s *story) exits(ts *testscript.TestScript, args []string) error {
	err := ts.Exec("bizbatch", args[1:]...)
	code := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		return err
	}
	if strconv.Itoa(code) != args[0] {
		return fmt.Errorf("exit code %d, want %s", code, args[0])
	}
	if strings.Contains(ts.ReadFile("stdout")+ts.ReadFile("stderr"), secret) {
		return errors.New("the API key was printed")
	}
	return nil
}

// patience is how long a story waits for what must come.
const patience = 30 * time.Second

// await answered|requests|in-flight|idle N waits until the sandbox has sent so
// many answers, has seen so many requests, or has so many open, or no more than
// so many. await rescued N waits until so many answers are in rescue files, await
// FILE REGEXP until the file holds it.
func (s *story) await(ts *testscript.TestScript, args []string) error {
	var have func() (bool, error)
	switch n, err := strconv.Atoi(args[1]); args[0] {
	case "idle":
		have = func() (bool, error) { return s.server.Ledger().InFlight <= n, err }
	case "answered":
		have = func() (bool, error) { return s.server.Ledger().Answered >= n, err }
	case "requests":
		have = func() (bool, error) { return s.server.Ledger().Requests >= n, err }
	case "rescued":
		have = func() (bool, error) { return s.rescued() == n, err }
	case "in-flight":
		have = func() (bool, error) { return s.server.Ledger().InFlight >= n, err }
	default:
		pattern, err := regexp.Compile(args[1])
		have = func() (bool, error) { return err == nil && pattern.MatchString(ts.ReadFile(args[0])), err }
	}
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for {
		if ok, err := have(); ok || err != nil {
			return err
		}
		select {
		case <-poll.C:
		case <-deadline.C:
			return fmt.Errorf("waited in vain for %s", strings.Join(args, " "))
		}
	}
}

// rescued is how many answers are in rescue files of the story.
func (s *story) rescued() (lines int) {
	files, _ := filepath.Glob(filepath.Join(s.env.WorkDir, "bizbatch-rescue-*.jsonl")) // the pattern is right
	for _, f := range files {
		b, _ := os.ReadFile(f) // it may be gone by now
		lines += bytes.Count(b, []byte("\n"))
	}
	return lines
}

// json FILE checks that every line of the file is an object of JSON.
func (s *story) json(ts *testscript.TestScript, args []string) error {
	lines := bufio.NewScanner(strings.NewReader(ts.ReadFile(args[0])))
	for lines.Scan() {
		if !json.Valid(lines.Bytes()) || !strings.HasPrefix(lines.Text(), "{") {
			return fmt.Errorf("%s: not an object of JSON: %s", args[0], lines.Text())
		}
	}
	return lines.Err()
}

// mode MODE FILE… checks the files' permissions.
func (s *story) mode(ts *testscript.TestScript, args []string) error {
	for _, name := range args[1:] {
		info, err := os.Stat(ts.MkAbs(name))
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%04o", info.Mode().Perm()); got != args[0] {
			return fmt.Errorf("%s has mode %s, want %s", name, got, args[0])
		}
	}
	return nil
}
