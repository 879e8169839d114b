// Package terminal is what people see of bizbatch: messages and errors, the log,
// the progress of a run, pages of text. Whatever it prints holds no character
// that a terminal obeys.
package terminal

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"bizbatch/internal/exit"
	"bizbatch/internal/prose"
)

// A Printer tells what happens: results on standard output, what goes on meanwhile
// on standard error.
type Printer struct {
	out, err io.Writer
	redraws  bool         // standard error is a terminal that can redraw a line
	log      *slog.Logger // see Record
	Options
}

// Options say how much is told, and how.
type Options struct {
	Quiet    bool          // only what a person must act on
	Log      string        // text or json, which is all that is printed then; empty: no log
	Interval time.Duration // of the lines of progress in the log
}

// New returns a printer. There is no log where standard error is a terminal that
// shows the progress instead.
func New(out, err io.Writer, o Options) *Printer {
	p := &Printer{out: out, err: err, log: slog.New(slog.DiscardHandler), Options: o}
	p.redraws = IsTerminal(err) && !p.JSON()
	switch {
	case p.Quiet || p.redraws:
	case p.JSON():
		p.log = jsonLog(err)
	case o.Log != "":
		p.log = slog.New(slog.NewTextHandler(err, nil))
	}
	return p
}

// JSON reports whether everything is a record of a log in JSON.
func (p *Printer) JSON() bool { return p.Log == "json" }

// Redraws reports whether a progress line is drawn.
func (p *Printer) Redraws() bool { return p.redraws }

// Columns returns how many columns there are for results; 100 where they go to no
// terminal.
func (p *Printer) Columns() int { return cmp.Or(columns(p.out), 100) }

// columns returns how many columns a terminal has; 0: w is none.
func columns(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil {
			return n
		}
	}
	return 0
}

// Say prints a line of the results.
func (p *Printer) Say(format string, args ...any) {
	if !p.Quiet && !p.JSON() {
		fmt.Fprintf(p.out, "%s\n", prose.Clean(fmt.Sprintf(format, args...)))
	}
}

// Record logs what happens, where there is no terminal that shows it. In JSON
// the key event names the kind of record.
func (p *Printer) Record(level slog.Level, event, text string, args ...any) {
	if p.JSON() {
		args = append([]any{"event", event}, args...)
	}
	p.log.Log(context.Background(), level, text, args...)
}

// Notice tells what a person should know also of a quiet run.
func (p *Printer) Notice(event, text string, args ...any) {
	switch {
	case p.JSON():
		jsonLog(p.err).Warn(prose.Clean(text), append([]any{"event", event}, args...)...)
	case p.Quiet:
		fmt.Fprintln(p.err, prose.Clean(text))
	default:
		p.Say("%s", text)
		p.Record(slog.LevelWarn, event, text, args...)
	}
}

// Leave tells the error of a process that ends while progress is drawn.
func (p *Printer) Leave(err error) {
	if p.redraws && !p.Quiet {
		fmt.Fprintln(p.err) // the bar stands in the line
	}
	Tell(p.err, err, p.JSON())
}

// Tell prints an error, as lines for people or as a record of a JSON log, and
// returns the exit code that goes with it.
func Tell(w io.Writer, err error, json bool) exit.Code {
	if err == nil {
		return exit.OK
	}
	e := exit.As(err)
	if json {
		jsonLog(w).Error(prose.Clean(e.Error()), "event", "error", "detail", cleanAll(e.Detail), "hint", prose.Clean(e.Hint), "exit_code", int(e.Code))
		return e.Code
	}
	fmt.Fprintf(w, "error: %s\n", prose.Clean(e.Error()))
	tellMore(w, e)
	return e.Code
}

// cleanAll cleans each line.
func cleanAll(lines []string) (clean []string) {
	for _, line := range lines {
		clean = append(clean, prose.Clean(line))
	}
	return clean
}

// tellMore prints what an error says beside what happened.
func tellMore(w io.Writer, e *exit.Error) {
	for _, line := range e.Detail {
		fmt.Fprintf(w, "       %s\n", prose.Clean(line))
	}
	if e.Hint != "" {
		fmt.Fprintf(w, "hint:  %s\n", prose.Clean(e.Hint))
	}
}

// A jsonWriter escapes in JSON the characters that a terminal obeys, as far as
// JSON itself leaves them as they are. To programs it says the same.
type jsonWriter struct{ w io.Writer }

func (j jsonWriter) Write(p []byte) (int, error) {
	b := make([]byte, 0, len(p))
	for _, r := range string(p) {
		if r > '~' && prose.Obeyed(r) {
			b = fmt.Appendf(b, `\u%04x`, r)
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	if _, err := j.w.Write(b); err != nil {
		return 0, err
	}
	return len(p), nil
}

// jsonLog logs in JSON.
func jsonLog(w io.Writer) *slog.Logger { return slog.New(slog.NewJSONHandler(jsonWriter{w}, nil)) }
