//go:build unix

package main

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"bizbatch/internal/exit"
	"bizbatch/internal/sandbox"
)

// On a terminal the bar keeps to one line, however narrow, also once the
// terminal has become narrower, and what failed stands above it.
func TestBarOnATerminal(t *testing.T) {
	s := newScreen(t, 100)
	s.start("run", "--workers", "4", "q.csv")
	s.await(`0% \[\.+\] \(0/12\) \d+s elapsed · \$0\.00, \$2\.88 to come · 4 in flight`)
	s.answer(6)
	s.await(`(?m)^failed Q3: 422 invalid_request_error: too vague$`)
	s.await(`50% \[=+>\.+\] \(6/12\) \d+s left · \d+s elapsed · \$1\.20, \$1\.44 to come · 4 in flight · 1 failed`)
	s.fits(100)
	s.resize(40)
	s.await(`50% \[[=>.]*\] \(6/12\) \$1\.20 · 1 failed *$`)
	s.fits(40)
	s.resize(10)
	s.await(` \(6/12\) *$`)
	s.answer(6)
	s.finish(exit.Failures)
	s.from = 0
	all := s.text()
	if n := strings.Count(all, "failed Q3:"); n != 1 || !strings.Contains(all, "answered 11 of 12 · 1 failed") {
		t.Errorf("the failure is told %d times:\n%s", n, all)
	}
}

// Where a terminal breaks the bar into several lines as its window becomes narrower,
// all of them are cleared; where it does not, nothing above the bar is.
func TestANarrowerWindowLeavesNothingOfTheBar(t *testing.T) {
	for _, test := range []struct{ variable, clears string }{
		{"TMUX=/tmp/tmux-0/default,1,0", "\x1b[1A\r\x1b[J"},
		{"TERM=xterm", ""},
	} {
		s := newScreen(t, 100)
		s.start("run", "--workers", "4", "q.csv", test.variable)
		s.await(`0% \[\.+\] \(0/12\) \d+s elapsed · \$0\.00, \$2\.88 to come · 4 in flight`)
		s.resize(60)
		s.await(`0% \[\.+\] \(0/12\) \d+s elapsed · \$0\.00, \$2\.88 to come *$`)
		if cleared := strings.Count(s.raw(), "\x1b[J"); (cleared == 1) != (test.clears != "") || !strings.Contains(s.raw(), test.clears) {
			t.Errorf("with %s, cleared %d times:\n%q", test.variable, cleared, s.raw())
		}
		s.answer(12)
		s.finish(exit.Failures)
	}
}

// A resumed run knows at once how long it will take, from the run before.
func TestTimeLeftRightAfterAResume(t *testing.T) {
	s := newScreen(t, 100)
	s.answer(5)
	s.start("run", "--limit", "5", "q.csv")
	s.finish(exit.Failures)
	s.start("run", "q.csv")
	s.await(`0% \[\.+\] \(0/7\) \S+ left · \d+s elapsed · \$0\.00, \$1\.68 to come · 7 in flight`)
	s.answer(7)
	s.finish(exit.Failures)
}

// The plan of every run on a terminal shows what was understood of the file, also
// where it is not read again.
func TestPlanOnATerminal(t *testing.T) {
	s := newScreen(t, 72)
	s.answer(12)
	for range 2 {
		s.start("run", "q.csv")
		s.await(`(?m)^question: question · id: id · ask mode: none · first: "Question 1\?"\s*^12 questions · `)
		s.finish(exit.Failures)
	}
}

// A terminal that cannot redraw a line gets the log.
func TestDumbTerminal(t *testing.T) {
	s := newScreen(t, 100)
	s.answer(12)
	s.start("run", "q.csv", "TERM=dumb")
	s.finish(exit.Failures)
	if all := s.raw(); strings.ContainsAny(all, "\x1b\r") || !strings.Contains(all, "level=INFO msg=plan ") {
		t.Errorf("printed:\n%q", all)
	}
}

// A screen is a bizbatch on a pseudo-terminal, before a service that answers
// only when it is told to.
type screen struct {
	t       *testing.T
	victim  *victim
	permits chan struct{}

	size     pty.Winsize
	terminal *os.File
	cmd      *exec.Cmd
	ended    chan struct{} // closed when all that the process printed is read

	mu  sync.Mutex
	out []byte // by this process

	from int // where what await and fits look at begins
}

func newScreen(t *testing.T, columns uint16) *screen {
	script, err := sandbox.ParseScript([]byte(`{"rules": [{"match": "Question 3", "status": 422, "message": "too vague"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	permits := make(chan struct{}, 100)
	v := served(t, sandbox.Options{Shape: sandbox.Short, Script: script, Permits: permits})
	if err := writeRows(v.path("q.csv"), 12); err != nil {
		t.Fatal(err)
	}
	return &screen{t: t, size: pty.Winsize{Rows: 24, Cols: columns}, victim: v, permits: permits}
}

// answer has the service answer so many requests.
func (s *screen) answer(n int) {
	for range n {
		s.permits <- struct{}{}
	}
}

// start starts bizbatch, with variables of the environment among its arguments.
func (s *screen) start(args ...string) {
	s.t.Helper()
	var vars []string
	for len(args) > 0 && strings.Contains(args[len(args)-1], "=") {
		vars, args = append(vars, args[len(args)-1]), args[:len(args)-1]
	}
	s.cmd = s.victim.command(args...)
	s.cmd.Env = append(s.cmd.Env, vars...)
	s.spawn()
}

// spawn starts the command on a terminal of its own.
func (s *screen) spawn() {
	s.t.Helper()
	s.cmd.Env = slices.Insert(s.cmd.Env, len(os.Environ()), "TERM=xterm") // the command may override it
	terminal, err := pty.StartWithSize(s.cmd, &s.size)
	if err != nil {
		s.t.Fatal(err)
	}
	s.terminal, s.out, s.from, s.ended = terminal, nil, 0, make(chan struct{})
	s.t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // where it has not ended by itself
	go func() {
		defer close(s.ended)
		defer terminal.Close()
		buf := make([]byte, 4096)
		for {
			n, err := terminal.Read(buf)
			s.mu.Lock()
			s.out = append(s.out, buf[:n]...)
			s.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
}

// raw is what was printed so far.
func (s *screen) raw() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.ReplaceAll(string(s.out), "\r\n", "\n") // the terminal's doing
}

var escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// text is what was printed since the last resize, each state of the bar on a
// line of its own.
func (s *screen) text() string {
	return strings.ReplaceAll(escapes.ReplaceAllString(s.raw()[s.from:], ""), "\r", "\n")
}

// until waits for something to be on the screen.
func (s *screen) until(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	poll := time.NewTicker(2 * time.Millisecond)
	defer poll.Stop()
	for !ok() {
		select {
		case <-poll.C:
		case <-deadline.C:
			s.t.Fatalf("waited in vain for %s; printed:\n%s", what, s.text())
		}
	}
}

func (s *screen) await(pattern string) {
	s.t.Helper()
	re := regexp.MustCompile("(?m)" + pattern)
	s.until(pattern, func() bool { return re.MatchString(s.text()) })
}

// resize makes the terminal wider or narrower, and forgets what was printed
// until the bar knows.
func (s *screen) resize(columns uint16) {
	s.t.Helper()
	s.size.Cols = columns
	if err := pty.Setsize(s.terminal, &s.size); err != nil {
		s.t.Fatal(err)
	}
	before := len(s.raw())
	s.until("the bar to be drawn twice", func() bool { return strings.Count(s.raw()[before:], "\r") > 1 })
	s.from = before + strings.Index(s.raw()[before:], "\r") + 1
}

// fits checks that no state of the bar is longer than a line.
func (s *screen) fits(columns int) {
	s.t.Helper()
	for _, line := range strings.Split(s.text(), "\n") {
		if n := utf8.RuneCountInString(line); strings.Contains(line, "% [") && n > columns {
			s.t.Errorf("%d characters on %d columns: %q", n, columns, line)
		}
	}
}

func (s *screen) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// finish waits for the end of the process.
func (s *screen) finish(code exit.Code) {
	s.t.Helper()
	s.until("its end", s.over)
	_ = s.cmd.Wait() // its exit code tells
	if got := s.cmd.ProcessState.ExitCode(); exit.Code(got) != code {
		s.t.Errorf("exit code %d, want %d; printed:\n%s", got, code, s.text())
	}
}
