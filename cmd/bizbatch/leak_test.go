//go:build unix

package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"bizbatch/internal/sandbox"
)

// escaped is the key with every character as a JSON escape.
var escaped = func() string {
	var b strings.Builder
	for _, c := range []byte(secret) {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}()

// leak finds the key in what was written or printed, as it is or encoded.
func leak(b []byte) error {
	plain := string(jsonEscape.ReplaceAllFunc(b, func(e []byte) []byte {
		n, _ := strconv.ParseUint(string(e[len(e)-2:]), 16, 8) // it is two digits
		return []byte{byte(n)}
	}))
	forms := map[string]string{"as it is": secret, "in hexadecimal": hex.EncodeToString([]byte(secret)), "as in a URL": url.QueryEscape(secret)}
	for before := range 3 { // bytes that share base64's characters with the key
		coded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
		forms[fmt.Sprint("in base64 after ", before)] = coded[(before*8+5)/6 : len(coded)-1]
	}
	for name, form := range forms {
		if at := strings.Index(plain, form); at >= 0 {
			return fmt.Errorf("the key %s: …%q", name, plain[max(0, at-60):at+len(form)])
		}
	}
	return nil
}

var jsonEscape = regexp.MustCompile(`\\+u00[0-9a-fA-F]{2}`) // however deep in strings in JSON

// leakIn finds the key in the files of a folder.
func leakIn(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			err = leak(b)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", path, err)
		}
		return err
	})
}

func TestALeakIsFound(t *testing.T) {
	for _, text := range []string{
		"key=" + secret, `{"a":"` + escaped + `"}`, `\u0073` + secret[1:], `"{\"a\":\"\\u0073` + secret[1:], "token " + hex.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte("Bearer " + secret)), base64.URLEncoding.EncodeToString([]byte("x " + secret + " y")), base64.StdEncoding.EncodeToString([]byte(secret)),
	} {
		if leak([]byte(text)) == nil {
			t.Errorf("not found in %s", text)
		}
	}
	if err := leak([]byte("sk_live_(the key)")); err != nil {
		t.Error(err)
	}
}

// echoes are services that tell the key in all that they say.
var echoes = map[string]sandbox.Rule{
	"401":                       {Status: 401, Message: "wrong key " + secret},
	"402":                       {Status: 402, Message: "no credits for " + secret},
	"403":                       {Status: 403, Type: secret, Message: "not for you"},
	"404":                       {Status: 404, Message: "no model for " + secret},
	"404 of another service":    {Status: 404, Body: "no such page, Bearer " + secret},
	"422":                       {Status: 422, Message: "bad " + secret, Details: []byte(`{"key":"` + escaped + `"}`)},
	"429 for long":              {Status: 429, Message: "slow down, " + secret, RetryAfter: "90000"},
	"429 until then":            {Status: 429, Message: "used up by " + secret, ResetIn: sandbox.Duration(48 * time.Hour)},
	"500":                       {Status: 500, Message: secret + " broke it"},
	"500 of another form":       {Status: 500, Body: `{"oops":{"authorization":"Bearer ` + escaped + `"}}`},
	"500 in plain text":         {Status: 500, Body: "Authorization: Bearer " + secret},
	"502 with a page":           {Status: 502, Body: "<title>Bad " + secret + "</title>", ContentType: "text/html"},
	"a login page":              {Status: 200, Body: "<title>Log in, " + secret + "</title>", ContentType: "text/html"},
	"a redirect":                {Redirect: "https://" + secret + ".example/" + secret + "?key=" + secret},
	"a request id":              {Status: 500, Headers: map[string]string{"X-Request-Id": secret}},
	"no chunk":                  {RawChunks: []string{"data: {" + secret}},
	"a line that is none":       {RawChunks: []string{"<" + secret + "> " + secret}},
	"a stream that is cut":      {RawChunks: []string{`data: {"id":"` + secret + `","choices":[{"delta":{"content":"half ` + escaped + `"}}]}`}},
	"an error in the stream":    {StreamError: &sandbox.StreamError{AfterChunks: 3, Status: 500, Type: secret, Message: "for " + secret}},
	"an answer with the key":    {Text: "Your key is " + secret + ".", FinishReason: "stop"},
	"a finish reason":           {FinishReason: "for " + secret},
	"an answer with escapes":    {RawChunks: append(echoed(escaped), finish), Done: true},
	"an answer with the first":  {RawChunks: append(echoed(`\u0073`+secret[1:]), finish), Done: true},
	"an answer with it in JSON": {RawChunks: append(echoed(strings.ReplaceAll(escaped, `\`, `\\`)), finish), Done: true},
	"and in JSON in that":       {RawChunks: append(echoed(strings.ReplaceAll(escaped, `\`, `\\\\`)), finish), Done: true},
}

const finish = `data: {"choices":[{"delta":{},"finish_reason":"stop"}]}`

// echoed are chunks that hold a text in every place that is kept.
func echoed(text string) []string {
	var chunks []string
	for _, object := range []string{
		`{"type":"start","request_id":"T"}`, `{"type":"human_message","thread_id":"T"}`, `{"type":"step_message","title":"T"}`,
		`{"type":"source_message","content":[{"node_id":"T","T":"T","text":"T"}]}`, `{"type":"suggestions","suggestions":["T"]}`,
		`{"type":"enrichAnswerSources","enrichAnswerSources":"T"}`, `{"type":"ai_metadata","metadata":{"T":"T"}}`, `{"type":"T","T":["T"]}`,
	} {
		chunks = append(chunks, `data: {"custom_data":`+strings.ReplaceAll(object, "T", text)+`}`)
	}
	return append(chunks, `data: {"model":"`+text+`","usage":{"`+text+`":"`+text+`"},"choices":[{"delta":{"content":"It is `+text+`"}}]}`)
}

// Whatever the service says with the key in it, no command writes or prints it.
func TestAnEchoedKeyIsNowhere(t *testing.T) {
	for name, rule := range echoes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := served(t, sandbox.Options{Shape: sandbox.Short, Script: sandbox.Script{Rules: []sandbox.Rule{rule}}})
			if err := writeRows(v.path("q.csv"), 2); err != nil {
				t.Fatal(err)
			}
			told := v.told("run", "--max-attempts", "1", "--max-outage", "10ms", "--summary", "run.json", "--out", "a.csv", "--out", "a.jsonl", "q.csv")
			told = append(told, v.told("run", "--log-format", "json", "--retry-failed", "--max-attempts", "1", "--max-outage", "10ms", "q.csv")...)
			for _, args := range [][]string{{"status"}, {"status", "--json"}, {"status", "--check"}, {"export", "--out", "b.jsonl"}} {
				told = append(told, v.told(append(args, "q.csv.bizbatch")...)...)
			}
			if err := leak(told); err != nil {
				t.Error("printed:", err)
			}
			if err := leakIn(v.dir); err != nil {
				t.Error(err)
			}
			if v.server.Ledger().Requests == 0 {
				t.Errorf("nothing was asked: %s", told)
			}
			for _, file := range []string{"a.jsonl", "a.csv", "run.json"} {
				b, err := os.ReadFile(v.path(file))
				if err != nil {
					t.Error(err)
				}
				told = append(told, b...)
			}
			if !bytes.Contains(told, []byte("(the key)")) {
				t.Errorf("the echo did not arrive, or not where it would be seen: %s", told)
			}
		})
	}
}

// told runs a command to any end, and returns what it printed.
func (v *victim) told(args ...string) []byte {
	out, err := v.command(args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		v.t.Errorf("%v: %v", args, err)
	}
	return out
}

// No command has the key among its arguments, in its help, in its messages, or
// in what it prints when it is made to panic; a new command must be added here.
func TestNoCommandTellsTheKey(t *testing.T) {
	v := served(t, sandbox.Options{Shape: sandbox.Short, Latency: time.Hour})
	if err := writeRows(v.path("q.csv"), 2); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(v.path("two.csv"), []byte("question\n1,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	keyFile := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(keyFile, []byte(secret+"\n"+secret), 0o600); err != nil {
		t.Fatal(err)
	}
	commands := map[string][][]string{
		"run": {{"q.csv"}, {"--dry-run", "q.csv"}, {"missing.csv"}, {"two.csv"}, {"--workers", "0", "q.csv"}, {"--checkpoint", "q.csv", "q.csv"},
			{"--api-key-file", keyFile, "q.csv"}, {"--out", "missing/a.csv", "q.csv"}, {"--base-url", "http://example.com", "q.csv"}},
		"ctl":     {{"q.csv.bizbatch", "workers", "0"}, {"missing.bizbatch", "pause"}, {"q.csv.bizbatch", "resume"}},
		"status":  {{}, {"missing.bizbatch"}, {"q.csv.bizbatch"}},
		"show":    {{"q.csv.bizbatch", "Q1"}, {"q.csv.bizbatch", "none"}, {"missing.bizbatch", "Q1"}},
		"export":  {{"q.csv.bizbatch", "--out", "x.csv"}, {"q.csv.bizbatch", "--out", "x.docx"}},
		"diff":    {{"q.csv.bizbatch"}, {"q.csv.bizbatch", "--all", "--json"}, {"q.csv.bizbatch", "--out", "d.html"}, {"missing.bizbatch"}},
		"review":  {{"q.csv.bizbatch", "q.answers.csv"}, {"q.csv.bizbatch", "q.csv"}, {"missing.bizbatch", "q.csv"}},
		"prune":   {{"q.csv.bizbatch", "--keep", "1"}, {"q.csv.bizbatch", "--keep", "1", "--yes"}, {"missing.bizbatch", "--keep", "1"}},
		"copy":    {{"q.csv.bizbatch", "copy.bizbatch"}, {"q.csv.bizbatch", "copy.bizbatch"}, {"missing.bizbatch", "other.bizbatch"}},
		"work":    {{}, {"--checkpoint", "postgres://nobody@127.0.0.1:1/answers"}},
		"sandbox": {{"--listen", "127.0.0.1:0"}, {"--listen", "nowhere:x"}},

		"help":       {{}, {"money"}, {"run"}, {"none"}},
		"version":    {{}},
		"completion": {{"bash"}, {"zsh"}, {"fish"}, {"csh"}},
		"__complete": {{"bizbatch", "show", "q.csv.bizbatch", ""}},
		"__man":      {{}},
	}
	parser, err := kong.New(&cli{}, flagVars(), kong.ExplicitGroups(groups))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range parser.Model.Children {
		if len(commands[command.Name]) == 0 {
			t.Errorf("the command %s is not tried", command.Name)
		}
		for _, args := range append(commands[command.Name], []string{"--help"}) {
			v.args = append([]string{command.Name}, args...)
			if err := leak(v.dumped()); err != nil {
				t.Errorf("%v: %v", v.args, err)
			}
		}
	}
	if err := leakIn(v.dir); err != nil {
		t.Error(err)
	}
	if v.server.Ledger().Requests == 0 {
		t.Error("no run asked anything")
	}
}

// dumped starts a command and returns how the process list shows it and what it
// printed: where it waits for the service or serves, a dump of its goroutines.
func (v *victim) dumped() []byte {
	v.t.Helper()
	told, err := os.Create(v.path("told"))
	if err != nil {
		v.t.Fatal(err)
	}
	defer told.Close()
	cmd := v.command(v.args...)
	cmd.Stdout, cmd.Stderr = told, told
	asked := v.server.Ledger().Requests
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	listed, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", cmd.Process.Pid)) // where there is such a file
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = cmd.Wait() // any end is one
	}()
	printed := func() []byte {
		b, err := os.ReadFile(told.Name())
		if err != nil {
			v.t.Fatal(err)
		}
		return b
	}
	deadline := time.After(patience)
	poll := time.NewTicker(5 * time.Millisecond)
	defer poll.Stop()
	for v.server.Ledger().Requests < asked+2 && !bytes.Contains(printed(), []byte("listening")) {
		select {
		case <-done:
			return append(listed, printed()...)
		case <-poll.C:
		case <-deadline:
			v.t.Fatalf("%v neither ends nor asks nor serves", v.args)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGABRT) // where it has not ended by itself
	<-done
	if !bytes.Contains(printed(), []byte("goroutine ")) {
		v.t.Errorf("%v: no goroutines in %s", v.args, printed())
	}
	return append(listed, printed()...)
}
