package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// A signalError is the cause of a context that a signal ended.
type signalError struct{ sig os.Signal }

func (e signalError) Error() string { return "received " + e.sig.String() }

// exitCode is the shell's convention: 128 and the signal's number.
func (e signalError) exitCode() int {
	switch e.sig {
	case syscall.SIGTERM:
		return exitTerminated
	case syscall.SIGHUP:
		return exitHangup
	}
	return exitInterrupted
}

// secondWish is how long after the first signal another one is a wish of its
// own. timeout(1) signals a command and then its whole group, a terminal that
// closes is reported by the shell and by the kernel.
const secondWish = 2 * time.Second

// heed calls first with the first signal, and last with one that arrives
// secondWish or more after it and is not a hang-up. It returns when done is
// closed.
func heed(signals <-chan os.Signal, done <-chan struct{}, first, last func(signalError)) {
	var since time.Time // the first signal
	for {
		select {
		case sig := <-signals:
			switch {
			case since.IsZero():
				since = time.Now()
				first(signalError{sig})
			case sig != syscall.SIGHUP && time.Since(since) >= secondWish:
				last(signalError{sig})
			}
		case <-done:
			return
		}
	}
}

// notifySignals returns a context that the first signal ends. A second wish
// (see heed) ends the process at once, after last; everything that was reported
// is on disk by then. A signal that the process was started to ignore (nohup)
// stays ignored.
func notifySignals(last func(signalError)) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(sig) {
			signal.Notify(signals, sig)
		}
	}
	// A reader that goes away (a run that is piped into head) must not kill
	// the run: writing to it fails, and that is all.
	signal.Ignore(syscall.SIGPIPE)
	done := make(chan struct{})
	go heed(signals, done, func(e signalError) { cancel(e) }, func(e signalError) {
		last(e)
		os.Exit(e.exitCode())
	})
	return ctx, func() {
		// A hang-up comes more than once. It stays caught: the next one must not
		// change the exit code of a run that has ended.
		signal.Reset(os.Interrupt, syscall.SIGTERM)
		close(done)
		cancel(nil)
	}
}

// await returns what read returns, or the cause of ctx once that is done: a
// pipe may have nobody who writes to it. read is then left to itself.
func await[T any](ctx context.Context, read func() (T, error)) (got T, err error) {
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

// An awaitedReader reads as await does.
type awaitedReader struct {
	ctx context.Context
	r   io.Reader
	buf [64 << 10]byte // of its own: a read that is left to itself may still fill it
}

func (a *awaitedReader) Read(p []byte) (int, error) {
	buf := a.buf[:min(len(p), len(a.buf))]
	n, err := await(a.ctx, func() (int, error) { return a.r.Read(buf) })
	return copy(p, buf[:n]), err
}
