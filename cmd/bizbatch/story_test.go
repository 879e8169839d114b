package main

import (
	"bufio"
	"bytes"
	"database/sql"
	"encoding/json"
	"errors"
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

	database string       // see database; empty: checkpoints are files
	drop     func() error // removes it
	uneven   bool         // the accounts of the sandbox are not compared, see unbalanced
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
	err := s.closeSandbox()
	if s.drop != nil {
		err = errors.Join(err, s.drop())
	}
	return err
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

// patience is how long a story waits for what must come, also on a busy machine.
const patience = 2 * time.Minute

// await answered|requests|in-flight|idle N waits until the sandbox has sent so
// many answers, has seen so many requests, or has so many open, or no more than
// so many. await rescued N waits until so many answers are in rescue files, await
// FILE REGEXP until the file holds it, await status FILE REGEXP until bizbatch
// status prints it.
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
	case "status":
		pattern, err := regexp.Compile(args[2])
		have = func() (bool, error) { return err == nil && pattern.MatchString(s.status(ts, args[1])), err }
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

// status is what bizbatch status prints of a file.
func (s *story) status(ts *testscript.TestScript, file string) string {
	if s.database != "" {
		file = s.checkpoint(ts, file)
	}
	cmd := exec.Command("bizbatch", "status", file)
	cmd.Dir = ts.MkAbs(".")
	out, _ := cmd.Output() // it may not be there yet
	return string(out)
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
