// Package interrupt ends a context with the signals that stop a process, and reads
// what may never come until then.
package interrupt

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"bizbatch/internal/exit"
)

// An Error is the cause of a context that a signal ended.
type Error struct{ Signal os.Signal }

func (e Error) Error() string { return "received " + e.Signal.String() }

// ExitCode returns 128 plus the number of the signal, as a shell does.
func (e Error) ExitCode() exit.Code {
	switch e.Signal {
	case syscall.SIGTERM:
		return exit.Terminated
	case syscall.SIGHUP:
		return exit.Hangup
	case syscall.SIGQUIT:
		return exit.Quit
	}
	return exit.Interrupted
}

// secondWish is how long after the first signal another one is a wish of its
// own. timeout(1) signals a command and then its whole group, a terminal that
// closes is reported by the shell and by the kernel.
const secondWish = 2 * time.Second

// heed calls first with the first signal, and last with one that arrives
// secondWish or more after it and is not a hang-up. SIGQUIT (Ctrl-\) is for last
// at any time. It returns when done is closed.
func heed(signals <-chan os.Signal, done <-chan struct{}, first, last func(Error)) {
	var since time.Time // the first signal
	for {
		select {
		case sig := <-signals:
			switch {
			case sig == syscall.SIGQUIT:
				last(Error{sig})
			case since.IsZero():
				since = time.Now()
				first(Error{sig})
			case sig != syscall.SIGHUP && time.Since(since) >= secondWish:
				last(Error{sig})
			}
		case <-done:
			return
		}
	}
}

// Notify returns a context that the first signal ends. A second wish
// (see heed) ends the process at once, after last; everything that was reported
// is on disk by then. A signal that the process was started to ignore (nohup)
// stays ignored.
func Notify(last func(Error)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	// A reader that goes away (a run that is piped into head) must not kill
	// the run: writing to it fails, and that is all.
	signal.Ignore(syscall.SIGPIPE)
	done := make(chan struct{})
	go heed(signals, done, func(e Error) { cancel(e) }, func(e Error) {
		last(e)
		os.Exit(int(e.ExitCode()))
	})
	return ctx, func() {
		// A hang-up comes more than once. It stays caught: the next one must not
		// change the exit code of a run that has ended.
		signal.Reset(os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
		close(done)
		cancel(nil)
	}
}

// Await returns what read returns, or the cause of ctx once that is done: a
// pipe may have nobody who writes to it. read is then left to itself.
func Await[T any](ctx context.Context, read func() (T, error)) (got T, err error) {
	if ctx.Err() != nil {
		return got, context.Cause(ctx)
	}
	done := make(chan struct{})
	var later T
	var laterErr error
	go func() {
		defer close(done)
		later, laterErr = read()
	}()
	select {
	case <-done:
		return later, laterErr
	case <-ctx.Done():
		return got, context.Cause(ctx)
	}
}

// A reader reads as Await does.
type reader struct {
	ctx context.Context
	r   io.Reader
	buf [64 << 10]byte // of its own: a read that is left to itself may still fill it
}

// NewReader returns a reader of r that fails with the cause of ctx once that is done.
func NewReader(ctx context.Context, r io.Reader) io.Reader { return &reader{ctx: ctx, r: r} }

func (a *reader) Read(p []byte) (int, error) {
	buf := a.buf[:min(len(p), len(a.buf))]
	n, err := Await(a.ctx, func() (int, error) { return a.r.Read(buf) })
	return copy(p, buf[:n]), err
}
